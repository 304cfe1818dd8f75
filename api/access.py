"""Who may do what, as one readable table; who asks; and which fields are masked for whom."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from api.errors import Forbidden
from schema.tables import ApiKey, User, UserRole

EVERYONE = frozenset({"sales", "service", "marketing", "finance", "analyst", "strategy", "admin"})
FIELD = frozenset({"sales", "service", "marketing", "admin"})

# action -> the roles that may do it.  README.md's table is compared with this one by a test.
PERMISSIONS: dict[str, frozenset[str]] = {
    "read": EVERYONE,
    "read_personal": frozenset({"sales", "service", "admin"}),
    "edit_customer": FIELD,
    "edit_service": frozenset({"sales", "service", "admin"}),
    "edit_order": frozenset({"sales", "finance", "admin"}),
    "assess": frozenset({"sales", "marketing", "analyst", "admin"}),
    "import": frozenset({"sales", "marketing", "finance", "analyst", "admin"}),
    "write_policy": frozenset({"analyst"}),
    "backtest": frozenset({"analyst", "strategy"}),
    "submit_policy": frozenset({"analyst"}),
    "decide_policy": frozenset({"strategy"}),
    "run_grading": frozenset({"analyst", "strategy", "marketing"}),
    "appoint": frozenset({"strategy"}),
    "override_tier": frozenset({"strategy"}),
    "decide_fall": frozenset({"strategy"}),
    "manage_users": frozenset({"admin"}),
}


@dataclass(frozen=True)
class Actor:
    """Who asks: a user with roles."""

    id: int
    login: str
    name: str
    roles: frozenset[str]

    def may(self, action: str) -> bool:
        """Say whether one of the actor's roles allows the action; KeyError for an action that is not in the table."""
        return bool(self.roles & PERMISSIONS[action])

    def require(self, action: str) -> None:
        """Raise Forbidden unless the actor may do the action."""
        if not self.may(action):
            held = ", ".join(sorted(self.roles)) or "none"
            needed = ", ".join(sorted(PERMISSIONS[action]))
            raise Forbidden(f"{self.login} (roles: {held}) may not {action}; it needs one of: {needed}.")


def digest(key: str) -> str:
    """Return the SHA-256 under which a key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """Return a new random API key."""
    return f"fenji_{secrets.token_urlsafe(24)}"


def actor_of_key(connection: Connection, key: str) -> Actor | None:
    """Return who holds a key, or None when it is unknown, revoked, or its user is no longer active."""
    return actor_of_digest(connection, digest(key))


def actor_of_digest(connection: Connection, kept: str) -> Actor | None:
    """Return who holds the key that is kept under a digest, under the same conditions."""
    row = connection.execute(
        select(User.id, User.login, User.name)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(ApiKey.digest == kept, ApiKey.revoked_at.is_(None), User.active)
    ).first()
    return None if row is None else _actor(connection, row.id, row.login, row.name)


def actor_of_login(connection: Connection | Session, login: str) -> Actor | None:
    """Return an active user by login, or None."""
    row = connection.execute(select(User.id, User.login, User.name).where(User.login == login, User.active)).first()
    return None if row is None else _actor(connection, row.id, row.login, row.name)


def _actor(connection: Connection | Session, user_id: int, login: str, name: str) -> Actor:
    roles = connection.execute(select(UserRole.role).where(UserRole.user_id == user_id)).scalars()
    return Actor(user_id, login, name, frozenset(roles))


def mask_mobile(value: str | None) -> str | None:
    """Return a mobile or landline with its middle hidden: 138****5678."""
    if value is None:
        return None
    return "****" if len(value) < 8 else f"{value[:3]}****{value[-4:]}"


def mask_email(value: str | None) -> str | None:
    """Return an e-mail address with its name hidden: w***@example.cn."""
    if value is None:
        return None
    name, _, host = value.partition("@")
    return f"{name[:1]}***@{host}"


# How each kind of personal field looks to a role that may not read_personal.
MASKS: dict[str, Callable[[str | None], str | None]] = {
    "mobile": mask_mobile,
    "landline": mask_mobile,
    "email": mask_email,
}


def shown(actor: Actor | None, kind: str, value: str | None) -> str | None:
    """Return a personal value as the actor may see it: as it is, or masked."""
    return value if actor is not None and actor.may("read_personal") else MASKS[kind](value)
