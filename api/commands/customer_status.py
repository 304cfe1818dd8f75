"""A customer's status: the newest of its changes, and the change that an imported status implies (R3.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from schema.tables import Customer, StatusChange

# The key of a change that a row of customers implies begins with this; changes of a file of their own have their own.
IMPLIED = "customer:"


@dataclass(frozen=True)
class ImpliedStatus:
    """What a row of customers says: the status, since when, and when that was known."""

    customer_id: int
    key: str
    status: str
    since: date
    known_at: datetime


def refresh_status(session: Session, customer_ids: Collection[int]) -> None:
    """Set the status of customers to that of their newest change."""
    newest = (
        select(StatusChange.status)
        .where(StatusChange.customer_id == Customer.id)
        .order_by(StatusChange.changed_on.desc(), StatusChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    session.connection().execute(update(Customer).where(Customer.id.in_(customer_ids)).values(status=newest))


def imply(session: Session, source_system: str, author_id: int, implied: Iterable[ImpliedStatus]) -> set[int]:
    """Add the changes that are not on record yet, in any source; return the ids of the customers that got one."""
    wanted = {one.customer_id: one for one in implied}
    if not wanted:
        return set()
    rows = session.connection().execute(
        select(StatusChange.id, StatusChange.customer_id, StatusChange.status, StatusChange.changed_on,
               StatusChange.source_system, StatusChange.source_key)
        .where(StatusChange.customer_id.in_(wanted))
    )  # fmt: skip
    held, implied_before = set(), {}
    for row in rows:
        held.add((row.customer_id, row.status, row.changed_on))
        if row.source_system == source_system:
            implied_before[row.source_key] = row.id
    new, corrected = [], []
    for one in wanted.values():
        if (one.customer_id, one.status, one.since) in held:
            continue
        key = f"{IMPLIED}{one.key}:{one.since}"
        if key in implied_before:
            corrected.append({"row_id": implied_before[key], "status": one.status})
        else:
            new.append(
                {"customer_id": one.customer_id, "status": one.status, "changed_on": one.since, "author_id": author_id,
                 "source_system": source_system, "source_key": key, "known_at": one.known_at}
            )  # fmt: skip
    touched = {one.customer_id for one in wanted.values() if (one.customer_id, one.status, one.since) not in held}
    connection = session.connection()
    if new:
        connection.execute(insert(StatusChange), new)
    if corrected:
        table = StatusChange.__table__
        connection.execute(update(table).where(table.c.id == bindparam("row_id")), corrected)  # type: ignore[arg-type]  # a Table
    if touched:
        refresh_status(session, touched)
    return touched


def drop_implied(session: Session, source_system: str, changes: Iterable[tuple[int, str, date]]) -> None:
    """Remove implied changes for which a file of status changes holds the change itself, with its reason and knowledge.

    ``changes`` are (customer_id, status, changed_on).
    """
    table = StatusChange.__table__
    session.connection().execute(
        delete(table).where(  # type: ignore[arg-type]  # a Table
            table.c.customer_id == bindparam("whose"),
            table.c.status == bindparam("which"),
            table.c.changed_on == bindparam("day"),
            table.c.source_system == source_system,
            table.c.source_key.startswith(IMPLIED),
        ),
        [{"whose": customer_id, "which": status, "day": day} for customer_id, status, day in changes],
    )
