"""A serving process sets the start's objects aside and gives them back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.memory import THRESHOLD, settled

USUAL = (700, 10, 10)


@pytest.fixture
def _unsettled() -> Iterator[None]:
    """Take back for one test that the process of the tests is settled."""
    before = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(*USUAL)
    yield
    gc.set_threshold(*before)
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("_unsettled")
def test_the_collector_is_settled_while_the_application_runs(sqlite_engine: Engine, tmp_path: Path) -> None:
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)):
        assert gc.get_threshold() == THRESHOLD
        assert gc.get_freeze_count() > 100_000
    assert (gc.get_threshold(), gc.get_freeze_count()) == (USUAL, 0)


@pytest.mark.usefixtures("_unsettled")
def test_what_a_process_has_set_aside_stays_so_when_an_application_in_it_ends(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    with settled():
        aside = gc.get_freeze_count()
        with TestClient(make_app(sqlite_engine, tmp_path, worker=False)):
            assert gc.get_freeze_count() == aside
        assert (gc.get_threshold(), gc.get_freeze_count()) == (THRESHOLD, aside)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (USUAL, 0)
