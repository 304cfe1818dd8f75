"""The unified social credit code: two customers with the same one are the same company (R1.1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from api.commands.bulk.rows import one_of
from api.errors import Conflict
from schema.tables import Customer

# Taken last of all, after the rows and the counter of numbers, so that nobody waits in a circle.
LOCK = 0x66656E6A6B


def require_unique(session: Session, keys: Collection[int]) -> None:
    """Raise Conflict when a code that these customers have just been given is another's as well.

    On PostgreSQL who gives a code at the same moment is waited for; on SQLite the transaction itself has waited.
    """
    if not keys:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    key: Any = Customer.id
    other = aliased(Customer)
    found = session.execute(
        select(Customer.uscc, other.number)
        .join(other, (other.uscc == Customer.uscc) & (other.id != Customer.id))
        .where(one_of(session, key, keys))
        .limit(1)
    ).first()
    if found is not None:
        raise Conflict(f"The credit code {found.uscc} belongs to customer {found.number} already; update that one.")
