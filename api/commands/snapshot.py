"""Snapshots: the facts of a day kept as rows, fingerprinted, and exported as Parquet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Engine, delete, func, insert, literal, select
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.database import reading, writing
from api.errors import Invalid
from api.jobs import Report
from policies.refusal import Refusal
from policies.vocabulary import WORDS
from schema.facts import facts_statement
from schema.tables import Order, Snapshot, facts
from schema.tables.base import now
from schema.windows import end_of_day

BATCH = 20_000
FIRST_YEAR = 1900
COLUMNS = [facts.c.customer_id, *(facts.c[word.name] for word in WORDS)]
ARROW = pa.schema(
    [
        ("customer_id", pa.int64()),
        *((word.name, pa.string() if word.type == "category" else pa.int64()) for word in WORDS),
    ]
)


def today(zone: str) -> date:
    """Return the present day in the zone."""
    return datetime.now(ZoneInfo(zone)).date()


def check_day(as_of: date, zone: str) -> None:
    """Raise Invalid for a day of which there can be no facts: one still to come, or before 1900."""
    if as_of > today(zone):
        raise Invalid(f"{as_of} is still to come in {zone}; choose a day up to {today(zone)}.")
    if as_of.year < FIRST_YEAR:
        raise Invalid(f"{as_of} lies before {FIRST_YEAR}, where no date is kept; choose a later day.")


def one_currency(session: Session, *which: ColumnElement[bool]) -> None:
    """Raise Refusal (mixed_currencies) when orders of several currencies meet the conditions."""
    currencies = session.scalars(select(Order.currency).distinct().where(*which).order_by(Order.currency)).all()
    if len(currencies) > 1:
        raise Refusal(
            f"Orders are in {', '.join(currencies)}: amounts of several currencies cannot be added; "
            "keep one currency per database.",
            code="mixed_currencies",
        )


def keep(engine: Engine, actor: Actor, home: Path, as_of: date, zone: str, report: Report | None = None) -> Snapshot:
    """Take the snapshot of a day for a person, who must be allowed to run gradings; the same refusals as ``take``."""
    actor.require("run_grading")
    snapshot = take(engine, home, as_of, zone, report)
    with writing(engine) as session:
        record(session, actor, "keep", "snapshot", snapshot.id, as_of=str(as_of), fingerprint=snapshot.fingerprint)
    return snapshot


def take(engine: Engine, home: Path, as_of: date, zone: str, report: Report | None = None) -> Snapshot:
    """Return the snapshot of a day: the one that is there when its facts are the same, else a new one.

    Rows go into ``facts`` and to ``home/snapshots/<day>-<fingerprint>.parquet``, one row per customer known by the
    day, ordered by customer_id.  Raises Invalid for a day to come, Refusal when amounts are of several currencies
    or when nobody was known by the day.

    The rows are computed in one transaction and exported after it, so that progress can be written meanwhile; until
    then the fingerprint is ``pending``, and what a crash leaves, rows or file, is removed a day later.
    """
    check_day(as_of, zone)
    folder = home / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.partial"):
        with suppress(FileNotFoundError):  # another process has just finished it
            if left.stat().st_mtime < (now() - timedelta(days=1)).timestamp():
                left.unlink()
    partial = folder / f"{as_of}-{os.getpid()}-{os.urandom(4).hex()}.partial"
    try:
        with writing(engine) as session:
            snapshot_id = _fill(session, as_of, zone)
        fingerprint = _export(engine, snapshot_id, partial, report)
        path = folder / f"{as_of}-{fingerprint.removeprefix('sha256:')[:12]}.parquet"
        with writing(engine) as session:
            snapshot = _settle(session, snapshot_id, fingerprint, str(path.relative_to(home)))
        partial.replace(path)
        return snapshot
    finally:
        partial.unlink(missing_ok=True)


def _settle(session: Session, snapshot_id: int, fingerprint: str, parquet: str) -> Snapshot:
    """Give a pending snapshot its fingerprint, or drop it for the one that has the same facts of the same day."""
    snapshot = session.get_one(Snapshot, snapshot_id)
    same = session.scalar(
        select(Snapshot)
        .where(Snapshot.as_of == snapshot.as_of, Snapshot.zone == snapshot.zone, Snapshot.fingerprint == fingerprint)
        .limit(1)
    )
    if same is not None:
        _drop(session, [snapshot_id])
        return same
    snapshot.fingerprint, snapshot.parquet = fingerprint, parquet
    return snapshot


def _drop(session: Session, ids: Sequence[int]) -> None:
    session.execute(delete(facts).where(facts.c.snapshot_id.in_(ids)))
    session.execute(delete(Snapshot).where(Snapshot.id.in_(ids)))


def _fill(session: Session, as_of: date, zone: str) -> int:
    """Insert the facts of the day under a new snapshot, whose fingerprint is still pending, and return its id."""
    yesterday = now() - timedelta(days=1)
    left = select(Snapshot.id).where(Snapshot.fingerprint == "pending", Snapshot.created_at < yesterday)
    _drop(session, session.scalars(left).all())
    one_currency(session, Order.known_at < end_of_day(as_of, zone))
    snapshot = Snapshot(as_of=as_of, zone=zone, rows=0, fingerprint="pending", created_at=now())
    session.add(snapshot)
    session.flush()
    chosen = facts_statement(as_of, zone).subquery()
    values = [literal(snapshot.id), *(chosen.c[column.name] for column in COLUMNS)]
    try:
        session.execute(insert(facts).from_select([facts.c.snapshot_id, *COLUMNS], select(*values)))
    except (DataError, OperationalError) as error:  # PostgreSQL says "bigint out of range", SQLite "integer overflow"
        if "out of range" in str(error.orig) or "integer overflow" in str(error.orig):
            raise Invalid(
                "The amounts of a customer's orders add up to more than 922,337,203,685,477, the most that is kept; "
                "check the unit in which they were imported."
            ) from error
        raise
    snapshot.rows = session.scalar(select(func.count()).where(facts.c.snapshot_id == snapshot.id)) or 0
    if snapshot.rows == 0:
        raise Refusal(
            f"No customer was known on {as_of}; choose a later day, or import customers, whose known_at says when they "
            "were known.",
            code="nobody_known",
        )
    return snapshot.id


def _export(engine: Engine, snapshot_id: int, path: Path, report: Report | None) -> str:
    """Write the rows as Parquet and return their fingerprint, which is the same on every database."""
    digest = hashlib.sha256("\n".join(f"{field.name} {field.type}" for field in ARROW).encode())
    chosen = select(*COLUMNS).where(facts.c.snapshot_id == snapshot_id).order_by(facts.c.customer_id)
    with reading(engine) as connection, pq.ParquetWriter(path, ARROW, compression="zstd") as writer:
        total = connection.scalar(select(Snapshot.rows).where(Snapshot.id == snapshot_id)) or 0
        done = 0
        for batch in connection.execute(chosen, execution_options={"yield_per": BATCH}).partitions():
            rows = [tuple(row) for row in batch]
            digest.update("".join(f"{row!r}\n" for row in rows).encode())
            writer.write_batch(pa.record_batch(list(zip(*rows, strict=True)), schema=ARROW))
            done += len(rows)
            if report:
                report(done, total, "facts")
    return f"sha256:{digest.hexdigest()}"
