"""Users, their roles and their API keys."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor, actor_of_login, digest, new_key
from api.commands.audit import record
from api.errors import Conflict, Invalid, NotFound
from schema.tables import ApiKey, User, UserRole
from schema.tables.base import now
from schema.tables.user import ROLES


def create(session: Session, actor: Actor, login: str, name: str, roles: Iterable[str]) -> User:
    """Create a user; Conflict when the login is taken, Invalid for an unknown role."""
    actor.require("manage_users")
    return _create(session, actor, login, name, roles)


def _create(session: Session, actor: Actor | None, login: str, name: str, roles: Iterable[str]) -> User:
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        raise Invalid(f"Roles {unknown or wanted} are not valid; choose among {', '.join(ROLES)}.")
    if session.scalar(select(User.id).where(User.login == login)):
        raise Conflict(f"The login {login!r} is taken; choose another.")
    user = User(login=login, name=name)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.id, role=role) for role in wanted)
    session.flush()
    record(session, actor or Actor(user.id, login, name, frozenset(wanted)), "create", "user", user.id, roles=wanted)
    return user


def operator(session: Session) -> Actor:
    """Return the operator, who works on the machine itself: the user ``admin``, created when first needed.

    Whoever can open the database file or holds its password administers Fenji; the role admin approves no policy.
    """
    found = actor_of_login(session, "admin")
    if found is None:
        _create(session, None, "admin", "管理员", ["admin"])
        found = actor_of_login(session, "admin")
        assert found is not None
    return found


def issue_key(session: Session, actor: Actor, login: str) -> str:
    """Return a new API key for a user; it is shown this once and kept as a digest."""
    actor.require("manage_users")
    user = _find(session, login)
    key = new_key()
    session.add(ApiKey(user_id=user.id, digest=digest(key), hint=key[:10]))
    record(session, actor, "issue_key", "user", user.id, hint=key[:10])
    return key


def revoke_keys(session: Session, actor: Actor, login: str) -> int:
    """End every API key of a user and return how many there were."""
    actor.require("manage_users")
    user = _find(session, login)
    keys = session.scalars(select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))).all()
    for key in keys:
        key.revoked_at = now()
    record(session, actor, "revoke_keys", "user", user.id, keys=len(keys))
    return len(keys)


def deactivate(session: Session, actor: Actor, login: str) -> User:
    """End a user's access: the keys no longer sign in and nobody can act as the login; what they did stays."""
    actor.require("manage_users")
    user = _find(session, login)
    if user.id == actor.id:
        raise Invalid(f"{login} cannot deactivate themselves; ask another administrator.")
    user.active = False
    record(session, actor, "deactivate", "user", user.id)
    return user


def _find(session: Session, login: str) -> User:
    user = session.scalar(select(User).where(User.login == login))
    if user is None:
        raise NotFound(f"No user {login!r}; create one with `fenji user add`.")
    return user
