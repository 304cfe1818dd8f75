"""`fenji job`: what a killed process left is done by the next one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import world
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api import jobs
from api.commands import run
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema.tables import Job, Run
from schema.tables.base import now


def test_a_run_whose_worker_died_is_finished_by_hand(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = world.build(sqlite_engine, tmp_path / "home")
    assert "No job waits" in fenji("job", "list")[1]
    with writing(sqlite_engine) as session:
        started = run.start(session, made.people["analyst"], world.POLICY, today(settings().zone))
    assert jobs.claim(sqlite_engine, started.job_id) is not None  # and the worker dies here
    code, out, _ = fenji("job", "run")
    assert code == 0
    assert "0 finished, 0 refused. 1 held by a worker" in out
    assert "running" in fenji("job", "list")[1]
    with writing(sqlite_engine) as session:
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
    assert "1 finished, 0 refused." in fenji("job", "run")[1]
    with Session(sqlite_engine) as session:
        assert session.scalar(select(Run.state).where(Run.id == started.id)) == "finished"
