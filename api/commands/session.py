"""Sessions of the pages: begun with an API key or a token, kept by a cookie, over after twelve hours at the latest."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor, digest
from api.commands.audit import record
from schema.tables import ApiKey, PageSession
from schema.tables.base import now

LASTS = timedelta(hours=12)


def begin(
    session: Session, actor: Actor, key: str | None = None, until: datetime | None = None
) -> tuple[str, datetime]:
    """Return what the cookie of a new session holds, and when it is over; ``key`` is the API key that began it.

    A session ends with its key, and not after ``until``, the end of the token that began it.
    """
    token = secrets.token_urlsafe(32)
    over = min(now() + LASTS, until or datetime.max.replace(tzinfo=now().tzinfo))
    key_id = None if key is None else session.scalar(select(ApiKey.id).where(ApiKey.digest == digest(key)))
    row = PageSession(user_id=actor.id, api_key_id=key_id, digest=digest(token), expires_at=over)
    session.add(row)
    session.flush()
    record(session, actor, "sign_in", "session", row.id, key=key_id)
    return token, over


def end(session: Session, actor: Actor, token: str) -> None:
    """End a session."""
    row = session.scalar(
        select(PageSession).where(PageSession.digest == digest(token), PageSession.user_id == actor.id)
    )
    if row is not None and row.ended_at is None:
        row.ended_at = now()
        record(session, actor, "sign_out", "session", row.id)
