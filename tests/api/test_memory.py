"""A serving process sets the start's objects aside and gives them back."""

from __future__ import annotations

import gc
from pathlib import Path

from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.memory import THRESHOLD


def test_the_collector_is_settled_while_the_application_runs(sqlite_engine: Engine, tmp_path: Path) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)):
        assert gc.get_threshold() == THRESHOLD
        assert gc.get_freeze_count() > 100_000
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
