"""The TypeScript sample: types from the contract and the cookbook, compiled, and run against a live server; `make frontend`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
import world
from sqlalchemy import Engine

from api.app import make_app
from api.cli.serve import listening
from api.commands.snapshot import today
from api.settings import settings

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here: install Node.js 20 or newer")


def npm(*command: str) -> None:
    """Run npm in this folder; its output is shown when it fails."""
    ended = subprocess.run(["npm", *command], cwd=HERE, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def compiled() -> Path:
    """The sample, compiled anew from the contract as it is now."""
    npm("ci", "--no-audit", "--no-fund", "--ignore-scripts")
    for folder in ("src/generated", "dist"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    npm("run", "generate")
    npm("run", "compile")
    return HERE / "dist" / "main.js"


@pytest.fixture
def served(engine: Engine, tmp_path: Path) -> Iterator[tuple[world.World, str]]:
    """A graded world behind a real server with its worker."""
    made = world.build(engine, tmp_path, 5)
    with listening("127.0.0.1", 0) as listener:
        configuration = uvicorn.Config(make_app(engine, tmp_path), log_level="warning", access_log=False)
        server = uvicorn.Server(configuration)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield made, f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join()


def test_a_typed_client_reads_writes_is_refused_and_follows_a_run(
    compiled: Path, served: tuple[world.World, str]
) -> None:
    made, url = served
    expected = made.data("{ customers { totalCount nodes { number grade { tier } contacts(first: 1) { mobile } } } }")
    day = str(today(settings().zone))
    keys = [world.key(made, who) for who in ("sales", "analyst")]
    ended = subprocess.run(
        ["node", str(compiled), url, *keys, world.POLICY, day],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)
    rows = expected["customers"]["nodes"]
    assert told["numbers"] == [row["number"] for row in rows]
    assert told["tiers"] == [row["grade"] and row["grade"]["tier"] for row in rows]
    assert told["mobiles"] == [row["contacts"][0]["mobile"] if row["contacts"] else None for row in rows]
    assert told["total"] == expected["customers"]["totalCount"] == len(rows)
    assert told["created"] == "created: 类型客户有限公司, 12"
    assert told["refused"] == "refused: invalid"
    assert told["states"][-1] == "DONE"
