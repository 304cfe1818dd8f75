"""Jobs: leased, fenced, tried again; a killed or stale worker commits nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from api import jobs
from api.database import writing
from policies.refusal import Refusal
from schema.tables import Audit, Job, JobEvent
from schema.tables.base import now


def failed(session: Session, payload: dict[str, Any], error: str) -> None:
    session.add(Audit(action="failed", noun="test", noun_id=str(payload["n"]), detail={"error": error[-80:]}))


@jobs.handler("test_effect", failed)
def effect(work: jobs.Work) -> None:
    if work.payload.get("refuse"):
        raise Refusal("not today")
    if work.payload.get("crash"):
        raise RuntimeError("broken")
    with work.finishing() as session:
        session.add(Audit(action="effect", noun="test", noun_id=str(work.payload["n"]), detail={}))


def enqueue(engine: Engine, **payload: Any) -> int:
    with writing(engine) as session:
        return jobs.enqueue(session, "test_effect", payload)


def effects(engine: Engine, action: str = "effect") -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).where(Audit.action == action)) or 0


def test_a_rolled_back_cause_leaves_no_job(engine: Engine, tmp_path: Path) -> None:
    def cause() -> None:
        with writing(engine) as session:
            jobs.enqueue(session, "test_effect", {"n": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cause()
    assert jobs.run(engine, tmp_path) is None


def test_to_look_for_a_job_where_there_is_none_writes_nothing(engine: Engine) -> None:
    """Each commit of a process makes it look up anew who signs in, and on SQLite holds up who writes."""
    commits = []
    event.listen(engine, "commit", commits.append)
    assert jobs.claim(engine) is None
    assert commits == []


def test_many_workers_do_each_job_once(engine: Engine, tmp_path: Path) -> None:
    for n in range(24):
        enqueue(engine, n=n)

    def drain() -> None:
        while jobs.run(engine, tmp_path) is not None:
            pass

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(engine) == 24
    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(Job.state == "done")) == 24


def test_a_stale_worker_commits_nothing_and_the_job_is_done_once(engine: Engine, tmp_path: Path) -> None:
    enqueue(engine, n=1)
    claimed = jobs.claim(engine)
    assert claimed is not None
    with writing(engine) as session:  # the worker stopped renewing its lease
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
    assert jobs.run(engine, tmp_path) == claimed[0]
    stale = jobs.Work(engine, tmp_path, claimed[0], claimed[2], {"n": 1})
    with pytest.raises(jobs.Lost):
        effect(stale)
    assert effects(engine) == 1


def test_a_refusal_ends_a_job_and_is_written_down(engine: Engine, tmp_path: Path) -> None:
    enqueue(engine, n=1, refuse=True)
    with pytest.raises(Refusal):
        jobs.run(engine, tmp_path)
    assert effects(engine, "failed") == 1
    assert jobs.run(engine, tmp_path) is None


def test_a_crash_is_tried_again_later_until_the_attempts_are_used(engine: Engine, tmp_path: Path) -> None:
    job_id = enqueue(engine, n=1, crash=True)
    for attempt in (1, 2, 3):
        with pytest.raises(RuntimeError):
            jobs.run(engine, tmp_path, job_id)
        with writing(engine) as session:
            job = session.get_one(Job, job_id)
            assert (job.state, job.attempts) == ("dead" if attempt == 3 else "ready", attempt)
            if attempt < 3:
                assert job.run_at > now()
                job.run_at = now()
    assert effects(engine, "failed") == 1


def test_a_job_that_kills_its_workers_ends_for_good(engine: Engine, tmp_path: Path) -> None:
    job_id = enqueue(engine, n=1)
    for _ in range(3):
        assert jobs.claim(engine) is not None
        with writing(engine) as session:  # the worker died
            session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
    other = enqueue(engine, n=2)
    assert jobs.run(engine, tmp_path) == other
    with Session(engine) as session:
        job = session.get_one(Job, job_id)
        assert job.state == "dead"
        assert "ended 3 times" in str(job.error)
    assert effects(engine, "failed") == 1


def test_a_defect_is_told_without_its_trace(engine: Engine, tmp_path: Path) -> None:
    job_id = enqueue(engine, n=1, crash=True)
    with writing(engine) as session:
        session.execute(update(Job).values(attempts=2))
    with pytest.raises(RuntimeError):
        jobs.run(engine, tmp_path, job_id)
    with Session(engine) as session:
        told = session.scalar(select(JobEvent.message).where(JobEvent.job_id == job_id))
        detail = session.scalar(select(Audit.detail).where(Audit.action == "failed"))
        assert told == f"failed: Internal error in job {job_id}; the server's log has it."
        assert detail == {"error": f"Internal error in job {job_id}; the server's log has it."}
        assert "RuntimeError: broken" in str(session.get_one(Job, job_id).error)


def test_a_worker_thread_goes_on_after_a_failure(engine: Engine, tmp_path: Path) -> None:
    enqueue(engine, n=1, crash=True)
    enqueue(engine, n=2)
    worker = jobs.Worker(engine, tmp_path, poll_seconds=0.01)
    worker.start()
    for _ in range(500):
        if effects(engine):
            break
        threading.Event().wait(0.02)
    worker.stop()
    assert effects(engine) == 1


def test_a_worker_that_stops_gives_its_job_back_as_if_it_had_not_begun(engine: Engine, tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def waits(work: jobs.Work) -> None:
        entered.set()
        leave.wait(30)
        effect(work)

    jobs.HANDLERS["test_waits"], jobs.FAILURES["test_waits"] = waits, failed
    with writing(engine) as session:
        job_id = jobs.enqueue(session, "test_waits", {"n": 1})
    worker = jobs.Worker(engine, tmp_path, poll_seconds=0.01)
    worker.start()
    assert entered.wait(30)
    worker.stop(0.1)
    with Session(engine) as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts, job.lease) == ("ready", 0, None)
    leave.set()
    worker.thread.join(30)
    assert effects(engine) == 0
    assert jobs.run(engine, tmp_path) == job_id
    assert effects(engine) == 1
    del jobs.HANDLERS["test_waits"], jobs.FAILURES["test_waits"]
