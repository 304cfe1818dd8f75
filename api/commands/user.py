"""Users and their roles."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor, actor_of_login
from api.commands.audit import record
from api.errors import Conflict, Invalid, NotFound
from schema.tables import User, UserRole
from schema.tables.user import ROLES


def known_roles(roles: Iterable[str]) -> list[str]:
    """Return the roles in order, each once; Invalid for an unknown one or for none."""
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        raise Invalid(f"Roles {unknown or wanted} are not valid; choose among {', '.join(ROLES)}.")
    return wanted


def create(session: Session, actor: Actor, login: str, name: str, roles: Iterable[str]) -> User:
    """Create a user; Conflict when the login is taken, Invalid for an unknown role."""
    actor.require("manage_users")
    return _create(session, actor, login, name, roles)


def _create(session: Session, actor: Actor | None, login: str, name: str, roles: Iterable[str]) -> User:
    wanted = known_roles(roles)
    if not 0 < len(login) <= 60 or login != login.strip() or not login.isprintable():
        raise Invalid(f"The login {login[:60]!r} is not valid; give 1 to 60 characters without space around them.")
    if not 0 < len(name.strip()) <= 100 or not name.isprintable():
        raise Invalid(f"The name {name[:100]!r} is not valid; give 1 to 100 characters.")
    if session.scalar(select(User.id).where(User.login == login)):
        raise Conflict(f"The login {login!r} is taken; choose another.")
    user = User(login=login, name=name)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.id, role=role) for role in wanted)
    session.flush()
    record(session, actor or Actor(user.id, login, name, frozenset(wanted)), "create", "user", user.id, roles=wanted)
    return user


OPERATOR = "admin"


def operator(session: Session) -> Actor:
    """Return the operator, who works on the machine itself: the user ``admin``, created when first needed.

    Whoever can open the database file or holds its password administers Fenji; the role admin approves no policy.
    """
    found = actor_of_login(session, OPERATOR)
    if found is None:
        _create(session, None, OPERATOR, "管理员", ["admin"])
        found = actor_of_login(session, OPERATOR)
        assert found is not None
    return found


def set_roles(session: Session, actor: Actor, login: str, roles: Iterable[str]) -> User:
    """Give a user exactly these roles; Invalid for an unknown one, for none, and for one's own."""
    actor.require("manage_users")
    user = find(session, login)
    if user.id == actor.id:
        raise Invalid(f"{login} cannot change their own roles; ask another administrator.")
    put_roles(session, actor, user, roles)
    return user


def put_roles(session: Session, actor: Actor, user: User, roles: Iterable[str]) -> None:
    """Give a user exactly these roles, where they differ, with an audit row; whoever calls has checked the right."""
    wanted = known_roles(roles)
    held = {row.role: row for row in session.scalars(select(UserRole).where(UserRole.user_id == user.id))}
    if sorted(held) == wanted:
        return
    for role in held.keys() - set(wanted):
        session.delete(held[role])
    session.add_all(UserRole(user_id=user.id, role=role) for role in wanted if role not in held)
    session.flush()
    record(session, actor, "set_roles", "user", user.id, roles=wanted, before=sorted(held))


def provision(session: Session, subject: str, login: str, name: str, roles: Iterable[str]) -> User:
    """Return the user linked to a subject of the OIDC issuer, created when new, with exactly these roles.

    Conflict when the login belongs to a user who is not linked: a name at the issuer takes over nobody here.
    """
    user = session.scalar(select(User).where(User.subject == subject))
    if user is None:
        if login == OPERATOR or session.scalar(select(User.id).where(User.login == login)):
            issuer, _, person = subject.partition(" ")
            raise Conflict(
                f"The login {login!r} is taken by a user who is not linked to this subject; an administrator links them "
                f"with `fenji user link {login} {issuer} {person}`."
            )
        user = _create(session, None, login, name, roles)
        user.subject = subject
        return user
    held = frozenset(session.scalars(select(UserRole.role).where(UserRole.user_id == user.id)))
    put_roles(session, Actor(user.id, user.login, user.name, held), user, roles)
    return user


def link(session: Session, actor: Actor, login: str, subject: str) -> User:
    """Say who a user is at an OIDC issuer: ``subject`` is the issuer, a space, the subject there."""
    actor.require("manage_users")
    user = find(session, login)
    if session.scalar(select(User.id).where(User.subject == subject, User.id != user.id)):
        raise Conflict(f"Another user is linked to {subject!r}; link each subject once.")
    user.subject = subject
    record(session, actor, "link", "user", user.id, subject=subject)
    return user


def deactivate(session: Session, actor: Actor, login: str) -> User:
    """End a user's access: the keys no longer sign in and nobody can act as the login; what they did stays."""
    actor.require("manage_users")
    user = find(session, login)
    if user.id == actor.id:
        raise Invalid(f"{login} cannot deactivate themselves; ask another administrator.")
    user.active = False
    record(session, actor, "deactivate", "user", user.id)
    return user


def find(session: Session, login: str) -> User:
    user = session.scalar(select(User).where(User.login == login))
    if user is None:
        raise NotFound(f"No user {login!r}; create one with `fenji user add`.")
    return user
