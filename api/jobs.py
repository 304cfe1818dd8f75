"""Durable work in the application's own database: enqueue, handler, worker.

A job is written in the transaction that causes it.  A worker leases it with a fencing token; the handler's last
transaction marks the job done under that token, so that the effects of a killed or stale worker never count.
``enqueue`` and ``handler`` are the only interface: another queue can be put behind them.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, and_, insert, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.commands.bulk.forgetting import forget_changes
from api.database import reading, writing
from api.events import announce
from api.observation import JOB_SECONDS, JOBS
from policies.refusal import Refusal
from schema.tables import Job, JobEvent
from schema.tables.base import now

LEASE = timedelta(seconds=30)
STOPPED = "It was cancelled."
LOG = logging.getLogger("fenji.jobs")
JOB_GRACE_SECONDS = 5.0
TIDY_SECONDS = 600.0
Report = Callable[[int, int, str], None]
Claimed = tuple[int, str, str, dict[str, Any]]  # id, kind, token, payload


class Lost(Exception):
    """The lease was lost: another worker holds the job, so nothing of this one may be committed."""


@dataclass(frozen=True)
class Work:
    """A leased job as its handler sees it."""

    engine: Engine
    home: Path
    job_id: int
    token: str
    payload: dict[str, Any]
    listener: Report | None = None

    def cancelled(self) -> bool:
        """Say whether somebody asked to stop the job."""
        with reading(self.engine) as connection:
            return connection.scalar(select(Job.cancelled_at).where(Job.id == self.job_id)) is not None

    def report(self, done: int, total: int, message: str) -> None:
        """Keep one step of progress in a transaction of its own; not to be called while the handler holds one."""
        with writing(self.engine) as session:
            session.execute(
                insert(JobEvent).values(job_id=self.job_id, done=done, total=total, message=message, at=now())
            )
            announce(session, "job", [self.job_id])
        if self.listener:
            self.listener(done, total, message)

    @contextmanager
    def finishing(self, message: str = "done", total: int = 1) -> Iterator[Session]:
        """Open the handler's last transaction, which also marks the job done; Lost when the lease is gone."""
        with writing(self.engine) as session:
            yield session
            _settle(session, self.job_id, self.token, state="done", done_at=now(), error=None)
            session.add(JobEvent(job_id=self.job_id, done=total, total=total, message=message))
            announce(session, "job", [self.job_id])
        if self.listener:
            self.listener(total, total, message)


Handler = Callable[[Work], None]
HANDLERS: dict[str, Handler] = {}
FAILURES: dict[str, Callable[[Session, dict[str, Any], str], None]] = {}


def handler(kind: str, failed: Callable[[Session, dict[str, Any], str], None]) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job, and what to write when it has failed for good."""

    def register(function: Handler) -> Handler:
        HANDLERS[kind], FAILURES[kind] = function, failed
        return function

    return register


def enqueue(session: Session, kind: str, payload: dict[str, Any]) -> int:
    """Add a job in the caller's transaction and return its id."""
    job = Job(kind=kind, payload=payload)
    session.add(job)
    session.flush()
    return job.id


def cancel(session: Session, job_id: int) -> None:
    """Ask to stop a job: one that waits ends at once and for good, one that runs when its handler sees it."""
    waiting = update(Job).where(Job.id == job_id, Job.state == "ready")
    ended = session.execute(waiting.values(state="dead", error=STOPPED, done_at=now(), cancelled_at=now()))
    if ended.rowcount == 1:  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult
        job = session.get_one(Job, job_id, populate_existing=True)
        FAILURES[job.kind](session, job.payload, STOPPED)
        session.add(JobEvent(job_id=job_id, done=0, total=0, message=f"failed: {STOPPED}"))
        announce(session, "job", [job_id])
    else:
        session.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(cancelled_at=now()))


def _settle(session: Session, job_id: int, token: str, **values: Any) -> None:
    settled = session.execute(
        update(Job).where(Job.id == job_id, Job.lease == token, Job.state == "running").values(lease=None, **values)
    )
    if settled.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult
        raise Lost(f"job {job_id} is held by another worker")


def claim(engine: Engine, job_id: int | None = None) -> Claimed | None:
    """Lease the next ready job, or the given one; return (id, kind, token, payload), or None when there is none.

    A job whose workers died as often as it may be tried ends for good: what kills its worker would kill the next one.
    """
    while (found := _claim(engine, job_id)) is not None:
        job, token = found
        if job.cancelled_at is None and job.attempts <= job.max_attempts:
            return job.id, job.kind, token, job.payload
        error = (
            STOPPED
            if job.cancelled_at
            else f"The worker of job {job.id} ended {job.max_attempts} times without a word; is there enough memory?"
        )
        _fail(engine, job.id, token, job.kind, job.payload, error, for_good=True)
    return None


def _claim(engine: Engine, job_id: int | None) -> tuple[Any, str] | None:
    instant, token = now(), str(uuid4())
    ready = or_(
        and_(Job.state == "ready", Job.run_at <= instant), and_(Job.state == "running", Job.lease_until < instant)
    )
    chosen = select(Job.id).where(ready, Job.id == job_id if job_id else Job.kind.in_(HANDLERS))
    with reading(engine) as connection:  # a look holds no writer up
        if connection.execute(chosen.limit(1)).first() is None:
            return None
    chosen = chosen.order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    with writing(engine) as session:
        found = session.execute(
            update(Job)
            .where(Job.id == chosen.scalar_subquery())
            .values(state="running", lease=token, lease_until=instant + LEASE, attempts=Job.attempts + 1)
            .returning(Job.id, Job.kind, Job.payload, Job.attempts, Job.max_attempts, Job.cancelled_at)
            .execution_options(synchronize_session=False)
        ).first()
    return None if found is None else (found, token)


def run(engine: Engine, home: Path, job_id: int | None = None, listener: Report | None = None) -> int | None:
    """Run one job to its end in this thread; return its id, or None when there was none to run.

    A Refusal ends the job for good and is raised again; any other failure is tried again until its attempts are used.
    """
    claimed = claim(engine, job_id)
    return None if claimed is None else _perform(engine, home, claimed, listener)


def _perform(engine: Engine, home: Path, claimed: Claimed, listener: Report | None = None) -> int:
    """Run a leased job to its end in this thread."""
    found, kind, token, payload = claimed
    outcome, began = "failed", time.monotonic()
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(engine, found, token, stop), daemon=True)
    heart.start()
    try:
        HANDLERS[kind](Work(engine, home, found, token, payload, listener))
        outcome = "done"
    except Lost:
        outcome = "lost"
        LOG.warning("job %s was lost to another worker", found)
    except Refusal as refusal:
        outcome = "refused"
        _fail(engine, found, token, kind, payload, refusal.message, for_good=True)
        raise
    except Exception:
        _fail(engine, found, token, kind, payload, traceback.format_exc()[-4000:], for_good=False)
        raise
    finally:
        JOBS.labels(kind, outcome).inc()
        JOB_SECONDS.labels(kind).observe(time.monotonic() - began)
        stop.set()
        heart.join()
    return found


def release(engine: Engine, claimed: Claimed) -> None:
    """Give a leased job back, to be run elsewhere as if it had not begun; what its handler still does does not count."""
    with writing(engine) as session:
        held = update(Job).where(Job.id == claimed[0], Job.lease == claimed[2], Job.state == "running")
        session.execute(held.values(state="ready", lease=None, attempts=Job.attempts - 1, run_at=now()))
        announce(session, "job", [claimed[0]])


def _fail(
    engine: Engine, job_id: int, token: str, kind: str, payload: dict[str, Any], error: str, for_good: bool
) -> None:
    with writing(engine) as session:
        job = session.get_one(Job, job_id)
        if for_good or job.attempts >= job.max_attempts:
            _settle(session, job_id, token, state="dead", error=error, done_at=now())
            # A defect's trace may hold values: it stays with the job, for whoever runs the server.
            said = error if for_good else f"Internal error in job {job_id}; the server's log has it."
            FAILURES[kind](session, payload, said)
            session.add(JobEvent(job_id=job_id, done=0, total=0, message=f"failed: {said.strip().splitlines()[-1]}"))
            announce(session, "job", [job_id])
        else:
            again = now() + timedelta(seconds=2**job.attempts)
            _settle(session, job_id, token, state="ready", error=error, run_at=again)


def _beat(engine: Engine, job_id: int, token: str, stop: threading.Event) -> None:
    """Renew the lease of a running job; a renewal that meets a busy database is tried again at the next beat."""
    while not stop.wait(LEASE.total_seconds() / 3):
        try:
            with writing(engine) as session:
                session.execute(
                    update(Job).where(Job.id == job_id, Job.lease == token).values(lease_until=now() + LEASE)
                )
        except OperationalError as error:
            LOG.warning("lease of job %s not renewed: %s", job_id, error)


class Worker:
    """A thread that runs jobs until it is stopped."""

    def __init__(self, engine: Engine, home: Path, poll_seconds: float = 0.3) -> None:
        self.engine, self.home, self.poll = engine, home, poll_seconds
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._loop, name="fenji-jobs", daemon=True)
        self.held: Claimed | None = None
        self.tidied = -TIDY_SECONDS

    def start(self) -> None:
        """Begin to run jobs."""
        self.thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Stop after the job at hand; one that is not done after some seconds is given back, for another worker."""
        self.stopping.set()
        self.thread.join(seconds)
        if self.thread.is_alive() and self.held is not None:
            LOG.warning("job %s is given back", self.held[0])
            release(self.engine, self.held)

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self._tidy()
                self.held = claim(self.engine)
                if self.held is not None:
                    _perform(self.engine, self.home, self.held)
            except Exception:  # the job has recorded its failure; the worker goes on with the next
                LOG.exception("a job failed")
            if self.held is None:
                self.stopping.wait(self.poll)

    def _tidy(self) -> None:
        """Forget now and then what is over, so that it goes on a quiet day as well."""
        if time.monotonic() - self.tidied >= TIDY_SECONDS:
            self.tidied = time.monotonic()
            with writing(self.engine) as session:
                forget_changes(session)
