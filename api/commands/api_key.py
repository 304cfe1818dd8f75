"""API keys: issued once with a name and an end, listed by their hint, revoked one by one or all of a user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor, digest, new_key
from api.commands.audit import record
from api.commands.row import find as find_row
from api.commands.user import find
from api.errors import Invalid
from schema.tables import ApiKey
from schema.tables.base import now

HINT = 10  # characters, of which the first six are fenji_


def issue(
    session: Session, actor: Actor, login: str, *, name: str | None = None, expires_at: datetime | None = None
) -> tuple[str, ApiKey]:
    """Return a new API key for a user, and its row: the key is shown this once and kept as a digest.

    ``name`` says what it is for, at most 60 characters; after ``expires_at`` it no longer signs in.  Invalid for an end
    that has passed, and for a user who is no longer active.
    """
    actor.require("manage_users")
    user = find(session, login)
    if not user.active:
        raise Invalid(f"{login} is no longer active; a key would open nothing.")
    if expires_at is not None and expires_at <= now():
        raise Invalid(f"expiresAt is {expires_at.isoformat()}, which has passed; give a later one, or none.")
    if name is not None and not 0 < len(name.strip()) <= 60:
        raise Invalid(f"name has {len(name.strip())} characters; give 1 to 60, or none.")
    key = new_key()
    row = ApiKey(
        user_id=user.id, digest=digest(key), hint=key[:HINT], name=name and name.strip(), expires_at=expires_at
    )
    session.add(row)
    session.flush()
    until = expires_at and expires_at.isoformat()
    record(session, actor, "issue_key", "user", user.id, key=row.id, hint=row.hint, expires_at=until)
    return key, row


def revoke(session: Session, actor: Actor, key_id: int) -> ApiKey:
    """End an API key, and the sessions begun with it; one that has ended already stays as it is."""
    actor.require("manage_users")
    key = find_row(session, ApiKey, key_id)
    if key.revoked_at is None:
        key.revoked_at = now()
        record(session, actor, "revoke_key", "user", key.user_id, key=key.id, hint=key.hint)
    return key


def revoke_all(session: Session, actor: Actor, login: str) -> int:
    """End every API key of a user and return how many there were."""
    actor.require("manage_users")
    user = find(session, login)
    keys = session.scalars(select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))).all()
    for key in keys:
        key.revoked_at = now()
    record(session, actor, "revoke_keys", "user", user.id, keys=len(keys))
    return len(keys)


def listed(session: Session, actor: Actor, login: str | None = None) -> Sequence[ApiKey]:
    """Return the API keys, of one user when a login is given, newest first."""
    actor.require("manage_users")
    statement = select(ApiKey).order_by(ApiKey.id.desc())
    if login is not None:
        statement = statement.where(ApiKey.user_id == find(session, login).id)
    return session.scalars(statement).all()
