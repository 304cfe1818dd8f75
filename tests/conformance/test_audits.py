"""The audits of npm graphql-http, run by node against our own server: every one passes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import serving
import world
from sqlalchemy import Engine

from api.app import make_app

HERE = Path(__file__).parent
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node here: install Node 20 or newer to run the audits"),
    pytest.mark.skipif(
        not (HERE / "node_modules").is_dir(), reason="run `make conformance` once: it installs the audits"
    ),
]


def test_all_audits_of_graphql_over_http_pass(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    with serving.served(make_app(made.engine, made.home, worker=False)) as port:
        command = [str(NODE), str(HERE / "audit.mjs"), f"http://127.0.0.1:{port}/graphql"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    results = json.loads(run.stdout)
    assert [audit for audit in results if audit["status"] != "ok"] == []
    assert len({audit["id"] for audit in results}) == len(results) == 61
