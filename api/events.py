"""Events: commands announce the rows they change, and the rows' ids are written as the transaction commits.

An audit row of a watched noun is an event as well (``api.commands.audit``), so that a command announces only what its
audit row does not name.  An event holds ids, never values: each subscriber reads the rows under its own rights.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from schema.tables import Event
from schema.tables.base import now

# Nouns that subscriptions listen to, as audit rows call them; ``job``, ``graded`` (runs, as
# they finish) and ``effective_tiers`` are announced alone.
WATCHED = frozenset({"user", "run", "improvements", "service_records"})
CHANNEL = "fenji_events"
CHUNK = 500
KEPT = timedelta(days=1)
SWEPT_EVERY = 1000
_WAITING = "fenji_events"
_LOCK = 5_620_260_101  # any number that no other advisory lock of this database has


def announce(session: Session, noun: str, keys: Iterable[int]) -> None:
    """Tell that rows of a noun are changed by this transaction; nothing is told when it is rolled back."""
    session.info.setdefault(_WAITING, {}).setdefault(noun, {}).update(dict.fromkeys(keys))


def write(session: Session) -> None:
    """Write what was announced, as the last thing before the commit.

    On PostgreSQL ids are given in the order of the commits only under a lock, taken when no other is waited for any
    more.  NOTIFY, which wakes the listeners, puts commits in a row anyway.
    """
    waiting: dict[str, dict[int, None]] = session.info.pop(_WAITING, {})
    if not waiting or not session.in_transaction():  # rolled back by the caller: nothing happened
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK), func.pg_notify(CHANNEL, "")))
    rows = [
        {"noun": noun, "keys": keys[start : start + CHUNK], "at": now()}
        for noun, found in waiting.items()
        for keys in (list(found),)
        for start in range(0, len(keys), CHUNK)
    ]
    newest = max(session.scalars(insert(Event).returning(Event.id), rows))
    if newest % SWEPT_EVERY < len(rows):
        session.execute(delete(Event).where(Event.at < now() - KEPT))
