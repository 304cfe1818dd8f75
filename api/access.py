"""Who may do and see what, as one readable table: actions, kinds of personal fields, rows; and who asks."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, false, or_, select
from sqlalchemy.orm import Session

from api.errors import Forbidden
from api.masks import MASKS
from schema.tables import ApiKey, Backtest, Base, PageSession, PolicyVersion, User, UserRole
from schema.tables.base import now

EVERYONE = frozenset({"sales", "service", "marketing", "finance", "analyst", "strategy", "admin"})
FIELD = frozenset({"sales", "service", "marketing", "admin"})

# action -> the roles that may do it.  README.md's table is compared with this one by a test.
PERMISSIONS: dict[str, frozenset[str]] = {
    "read": EVERYONE,
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
    "reveal": frozenset({"sales", "service", "marketing", "finance", "strategy", "admin"}),
    "manage_users": frozenset({"admin"}),
}

# kind of a personal field -> the roles that see it as it is.  The others see its mask (api.masks) and can neither filter,
# order nor group by it: schema.filter's `permitted` refuses before any SQL, whatever the value.
CARES = frozenset({"sales", "service", "admin"})
PERSONAL: dict[str, frozenset[str]] = {
    "mobile": CARES,
    "landline": CARES,
    "email": CARES,
    "person": CARES,
    "text": CARES,
}


class Seen(NamedTuple):
    """Which rows of a table are seen: every row by ``roles``, those that meet ``others`` by everybody."""

    roles: frozenset[str]
    others: ColumnElement[bool]
    meaning: str


PREPARES = frozenset({"analyst", "strategy", "admin"})
NUMBERED = select(PolicyVersion.id).where(PolicyVersion.number.is_not(None)).correlate(None)

# table -> who sees which of its rows, at every level of an answer; of a table that is not here everybody sees every row.
ROWS: dict[type[Base], Seen] = {
    PolicyVersion: Seen(PREPARES, PolicyVersion.number.is_not(None), "versions that were approved at some time"),
    Backtest: Seen(
        PREPARES, Backtest.version_id.in_(NUMBERED), "backtests of versions that were approved at some time"
    ),
    ApiKey: Seen(frozenset({"admin"}), false(), "none"),
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

    def may_see(self, kind: str) -> bool:
        """Say whether one of the actor's roles sees a kind of personal field as it is; KeyError for an unknown kind."""
        return bool(self.roles & PERSONAL[kind])

    @property
    def sees_all(self) -> bool:
        """Say whether the actor sees no mask, whatever the kind."""
        return all(self.may_see(kind) for kind in PERSONAL)

    def visible(self, model: type[Base]) -> ColumnElement[bool] | None:
        """Return the condition, on the table's own columns, under which the actor sees a row; None for every row."""
        seen = ROWS.get(model)
        return None if seen is None or self.roles & seen.roles else seen.others


def digest(key: str) -> str:
    """Return the SHA-256 under which a key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """Return a new random API key."""
    return f"fenji_{secrets.token_urlsafe(24)}"


def key_holds() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which an API key signs in: not revoked, not over."""
    return ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now())


def actor_of_key(connection: Connection, key: str) -> Actor | None:
    """Return who holds a key, or None when it is unknown, revoked, over, or its user is no longer active."""
    return actor_of_digest(connection, digest(key))


def actor_of_digest(connection: Connection, kept: str) -> Actor | None:
    """Return who holds the key that is kept under a digest, under the same conditions."""
    row = connection.execute(
        select(User.id, User.login, User.name)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(ApiKey.digest == kept, *key_holds(), User.active)
    ).first()
    return None if row is None else _actor(connection, row.id, row.login, row.name)


def actor_of_session(connection: Connection, token: str) -> Actor | None:
    """Return whose session of the pages this is; None when it is unknown or over, or what began it no longer signs in."""
    begun = or_(PageSession.api_key_id.is_(None), exists().where(ApiKey.id == PageSession.api_key_id, *key_holds()))
    row = connection.execute(
        select(User.id, User.login, User.name)
        .join(PageSession, PageSession.user_id == User.id)
        .where(PageSession.digest == digest(token), PageSession.ended_at.is_(None), PageSession.expires_at > now())
        .where(begun, User.active)
    ).first()
    return None if row is None else _actor(connection, row.id, row.login, row.name)


def actor_of_login(connection: Connection | Session, login: str) -> Actor | None:
    """Return an active user by login, or None."""
    row = connection.execute(select(User.id, User.login, User.name).where(User.login == login, User.active)).first()
    return None if row is None else _actor(connection, row.id, row.login, row.name)


def _actor(connection: Connection | Session, user_id: int, login: str, name: str) -> Actor:
    roles = connection.execute(select(UserRole.role).where(UserRole.user_id == user_id)).scalars()
    return Actor(user_id, login, name, frozenset(roles))


NOBODY = Actor(0, "", "", frozenset())


def shown(actor: Actor, kind: str, value: str | None) -> str | None:
    """Return a personal value as the actor may see it: as it is, or masked."""
    return value if value is None or actor.may_see(kind) else MASKS[kind](value)
