"""Tickets: a link to one report page, for ten minutes and for whoever holds the key it was made with.

A browser sends no Authorization header when a link is opened.  A ticket names the key by the beginning of its digest and
is signed with the whole of it, so nothing more is kept, and a ticket ends with its key.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from sqlalchemy import Connection, select

from api.access import Actor, actor_of_digest, digest
from schema.tables import ApiKey

SECONDS = 600
NAMED = 16  # of the digest's 64 digits
DIGITS = 12  # of a ticket's time


def ticket(key: str, evidence: str, now: float | None = None) -> str:
    """Return a ticket for the report of a bundle, given by its hash."""
    kept = digest(key)
    until = int((time.time() if now is None else now) + SECONDS)
    return f"{kept[:NAMED]}.{until}.{_signature(kept, evidence, until)}"


def holder(connection: Connection, given: str, evidence: str) -> Actor | None:
    """Return whose ticket this is, None for one that is forged, over, of another bundle, or of a revoked key."""
    name, _, rest = given.partition(".")
    until, _, signature = rest.partition(".")
    if (
        len(name) != NAMED
        or not name.isalnum()
        or not (len(until) <= DIGITS and until.isascii() and until.isdecimal())
        or int(until) < time.time()
    ):
        return None
    for kept in connection.execute(select(ApiKey.digest).where(ApiKey.digest.startswith(name))).scalars():
        if hmac.compare_digest(signature.encode(), _signature(kept, evidence, int(until)).encode()):
            return actor_of_digest(connection, kept)
    return None


def _signature(kept: str, evidence: str, until: int) -> str:
    return hmac.new(kept.encode(), f"{evidence} {until}".encode(), hashlib.sha256).hexdigest()
