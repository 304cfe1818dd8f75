"""A small backtest notebook from the command to its report, and where the time goes.

    .venv/bin/python tests/benchmarks/notebook.py

Thirty customers, two dates, a candidate beside a champion: `fenji backtest run` as a process of its own, the second time, when
the index of fonts is there.  Wanted: under 15 s on two cores that do nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from order_history import history
from people import finished_backtest, person
from study_inputs import CANDIDATE, POLICY

from api.commands import policy
from api.commands.database import upgrade_database
from api.commands.snapshot import today
from api.database import make_engine, writing
from api.settings import settings

MOST = 15.0


def prepare(home: Path) -> None:
    """Make a database with a history, a version in force and a draft."""
    engine = make_engine(f"sqlite:///{home / 'fenji.db'}")
    upgrade_database(engine)
    history(engine)
    analyst, strategist = person(engine, "chen", "analyst"), person(engine, "lin", "strategy")
    with writing(engine) as session:
        champion = policy.save_draft(session, analyst, POLICY)
        finished_backtest(session, champion, analyst)
        policy.submit(session, analyst, champion.id)
        policy.approve(session, strategist, champion.id, "ok")
        policy.put_in_force(session, strategist, champion.id, today(settings().zone))
        policy.save_draft(session, analyst, CANDIDATE)
    engine.dispose()


def main() -> None:
    """Run the notebook twice and show the second time."""
    fenji = [
        sys.executable,
        "-m",
        "api",
        "backtest",
        "run",
        "small",
        "--date",
        "2025-06-30",
        "--date",
        "2026-03-31",
        "--as",
        "chen",
    ]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        environment = {**os.environ, "FENJI_HOME": folder, "FENJI_DATABASE_URL": ""}
        for _ in range(2):
            begun = time.perf_counter()
            subprocess.run(fenji, env=environment, check=True, capture_output=True)
            took = time.perf_counter() - begun
        newest = max((home / "backtests").iterdir(), key=lambda path: int(path.name))
        events = [json.loads(line) for line in (newest / "events.jsonl").read_text(encoding="utf-8").splitlines()]
        level = json.loads((newest / "manifest.json").read_text(encoding="utf-8"))["confinement"]["level"]
    cells = [event for event in events if event["event"] == "cell"]
    started, loaded, ran, page = (events[0], cells[2], cells[-1], events[-1])
    parts = {
        "until the first cell (child, kernel)": started["milliseconds"],
        "the workbench's imports and the first figures": loaded["milliseconds"] - started["milliseconds"],
        f"{len(cells) - 3} further cells": ran["milliseconds"] - loaded["milliseconds"],
        "until the page begins": page["milliseconds"] - ran["milliseconds"],
    }
    for name, milliseconds in parts.items():
        print(f"{milliseconds / 1000:6.2f} s  {name}")
    print(f"{took - page['milliseconds'] / 1000:6.2f} s  the command, inputs, page, figures computed again, evidence")
    print(
        f"{took:6.2f} s  from command to report, confined by {level}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores (wanted: under {MOST:.0f})"
    )
    if took > MOST:
        sys.exit(1)


if __name__ == "__main__":
    main()
