"""Who signed in within the last second, so that a burst of requests asks the database once."""

from __future__ import annotations

import time
from hashlib import blake2b
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from api.access import Actor
from api.sign_in import signed_in
from api.together import together
from schema.select.bounded import Bounded

# What another process ends (a key, a session, a user, a role) opens nothing more after so many seconds.
SECONDS = 1.0
KEYS = 10_000


class Known:
    """Who has signed in, by key or session, and until when that is believed."""

    def __init__(self) -> None:
        self.actors: Bounded[tuple[str, bytes], tuple[Actor, float]] = Bounded(KEYS)
        self.changes = 0

    def put(self, given: tuple[str, bytes], actor: tuple[Actor, float], before: int) -> None:
        """Remember somebody who was looked up when there were so many ``changes``, unless there was one since."""
        self.actors.put(given, actor)
        if self.changes != before:
            self.actors.clear()

    def forget(self) -> None:
        """Forget everybody, and whoever is being looked up."""
        self.changes += 1
        self.actors.clear()


_KNOWN: WeakKeyDictionary[Engine, Known] = WeakKeyDictionary()


def recently(engine: Engine, key: str | None, session: str | None) -> Actor | None:
    """Return whom ``signed_in`` finds, or found within the last second; each commit of this process forgets everybody.

    Only what signs in is remembered: a wrong key is looked up each time.
    """
    known = _of(engine)
    before = known.changes
    given = ("key", _digest(key)) if key is not None else ("session", _digest(session or ""))
    found, now = known.actors.get(given), time.monotonic()
    if found is not None and now < found[1]:
        return found[0]
    actor: Actor | None = together(
        (engine, given), (given,), lambda _: {given: signed_in(engine, key, session)}, SECONDS
    )[given]
    if actor is not None:
        known.put(given, (actor, now + SECONDS), before)
    return actor


def _digest(text: str) -> bytes:
    """Return what is remembered in place of a key; BLAKE2 is within Python, and OpenSSL's way to SHA-256 is long."""
    return blake2b(text.encode(), digest_size=32).digest()


def _of(engine: Engine) -> Known:
    found = _KNOWN.get(engine)
    if found is None:
        found = _KNOWN.setdefault(engine, Known())
        event.listen(engine, "commit", _forget)
    return found


def forget(engine: Engine) -> None:
    """Forget everybody: a user, a key or a role has changed."""
    found = _KNOWN.get(engine)
    if found is not None:
        found.forget()


def _forget(connection: Connection) -> None:
    forget(connection.engine)
