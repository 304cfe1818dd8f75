"""The inputs of a backtest: both documents, the snapshot of each date, and what was ordered after it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, Executable, func, select

from api import jobs
from api.commands import snapshot as snapshots
from api.commands.backtest_people import write_people
from api.database import reading
from api.settings import settings
from policies.backtest.metrics import canonical
from policies.backtest.parameters import BacktestParameters
from policies.backtest.replay import CANDIDATE, CHAMPION, DESCRIPTION, OUTCOMES, SNAPSHOTS
from policies.lifetime import HISTORIES
from policies.refusal import Refusal
from schema.histories import histories_statement
from schema.lookahead import lookahead
from schema.outcomes import outcomes_statement
from schema.tables import Order, PolicyVersion


def gather(
    engine: Engine, home: Path, inputs: Path, parameters: BacktestParameters, candidate: PolicyVersion,
    champion: PolicyVersion | None, report: jobs.Report,
) -> dict[str, Any]:  # fmt: skip
    """Write the folder of inputs that policies.backtest.replay.Replay describes; return what identifies them."""
    _require_no_lookahead(engine, parameters)
    fingerprints: dict[str, str] = {}
    (inputs / SNAPSHOTS).mkdir()
    (inputs / OUTCOMES).mkdir()
    (inputs / HISTORIES).mkdir()
    for done, day in enumerate(parameters.dates):
        report(done, len(parameters.dates), f"快照 snapshot {day}")
        taken = snapshots.take(engine, home, day, settings().zone)
        assert taken.parquet is not None  # a snapshot that was taken has its file
        shutil.copyfile(home / taken.parquet, inputs / SNAPSHOTS / f"{day}.parquet")
        fingerprints[day.isoformat()] = taken.fingerprint
        _write(engine, outcomes_statement(day, parameters.horizon_months), inputs / OUTCOMES / f"{day}.parquet")
        _write(engine, histories_statement(day, settings().zone), inputs / HISTORIES / f"{day}.parquet")
    write_people(engine, inputs, parameters, candidate.policy_id)
    (inputs / CANDIDATE).write_text(candidate.document, encoding="utf-8")
    if champion is not None:
        (inputs / CHAMPION).write_text(champion.document, encoding="utf-8")
    with reading(engine) as connection:
        currency = connection.execute(select(func.min(Order.currency))).scalar()
    description = {
        "horizon_months": parameters.horizon_months,
        "snapshots": fingerprints,
        "currency": currency or "CNY",
        "candidate": _called(candidate),
        "champion": _called(champion) if champion else None,
    }
    (inputs / DESCRIPTION).write_bytes(canonical(description))
    return {
        "candidate": candidate.semantic_hash,
        "champion": champion.semantic_hash if champion else None,
        "snapshots": fingerprints,
    }


def _require_no_lookahead(engine: Engine, parameters: BacktestParameters) -> None:
    """Raise Refusal when facts of the first date change as soon as what came after it is taken away."""
    day = parameters.dates[0]
    with reading(engine) as connection:
        changed = lookahead(connection, day, settings().zone)
    if changed:
        named = ", ".join(f"{name} ({customers} customers)" for name, customers in changed.items())
        raise Refusal(
            f"Facts of {day} come from after it: {named}. A backtest on them would foretell what it has already seen; "
            "check known_at of what was imported, and report it when that is right.",
            code="invalid",
        )


def _called(version: PolicyVersion) -> str:
    name = (
        f"第 {version.number} 版 version {version.number}"
        if version.number
        else f"版本 version {version.id}, {version.state}"
    )
    return f"{name} · {version.semantic_hash[:19]}…"


def _write(engine: Engine, statement: Executable, path: Path) -> None:
    """Write the rows of a statement, all of whose columns are int64, as Parquet."""
    with reading(engine) as connection:
        found = connection.execute(statement)
        names, rows = list(found.keys()), found.all()
    columns = [pa.array([row[i] for row in rows], pa.int64()) for i in range(len(names))]
    pq.write_table(pa.table(columns, names=names), path, compression="zstd")
