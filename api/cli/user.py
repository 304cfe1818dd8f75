"""`fenji user`: users, roles and API keys."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

import click
from rich.table import Table
from sqlalchemy import select

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.commands import api_key as api_keys
from api.commands import user as users
from api.database import reading
from api.errors import NotFound
from schema.tables import User, UserRole
from schema.tables.base import now
from schema.tables.user import ROLES


@click.group()
def user() -> None:
    """Users, roles and API keys."""


@user.command("add")
@click.argument("login")
@click.option("--name", default=None, help="Full name; the login when not given.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be given several times."
)
@as_option
def add(login: str, name: str | None, roles: tuple[str, ...], acting_login: str) -> None:
    """Create a user."""
    with doing(acting_login) as (session, actor):
        users.create(session, actor, login, name or login, roles)
    CONSOLE.print(f"Created {login} ({', '.join(sorted(roles))}).")


@user.command("list")
def list_() -> None:
    """List the users and their roles."""
    table = Table("login", "name", "roles", "active")
    with reading(open_database()) as connection:
        rows = connection.execute(
            select(User.login, User.name, UserRole.role, User.active)
            .join(UserRole, UserRole.user_id == User.id)
            .order_by(User.login, UserRole.role)
        ).all()
    for login, held in groupby(rows, key=lambda row: row.login):
        found = list(held)
        roles = ", ".join(row.role for row in found)
        table.add_row(login, found[0].name, roles, "yes" if found[0].active else "no")
    CONSOLE.print(table if rows else "No users yet; add one with `fenji user add`.")


@user.command("roles")
@click.argument("login")
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@as_option
def roles_(login: str, roles: tuple[str, ...], acting_login: str) -> None:
    """Give a user exactly these roles."""
    with doing(acting_login) as (session, actor):
        users.set_roles(session, actor, login, roles)
    CONSOLE.print(f"{login} holds {', '.join(sorted(set(roles)))}.")


@user.command("link")
@click.argument("login")
@click.argument("issuer")
@click.argument("subject")
@as_option
def link(login: str, issuer: str, subject: str, acting_login: str) -> None:
    """Say who a user is at an OIDC issuer: the subject (claim sub) there signs in as this user."""
    with doing(acting_login) as (session, actor):
        users.link(session, actor, login, f"{issuer} {subject}")
    CONSOLE.print(f"{login} is {subject} at {issuer}.")


@user.command("key")
@click.argument("login")
@click.option("--name", default=None, help="What the key is for.")
@click.option(
    "--days", default=None, type=click.IntRange(min=1), help="Days until it ends by itself; never when left out."
)
@as_option
def key(login: str, name: str | None, days: int | None, acting_login: str) -> None:
    """Print a new API key of a user; it is shown this once."""
    with doing(acting_login) as (session, actor):
        expires_at = None if days is None else now() + timedelta(days=days)
        CONSOLE.print(api_keys.issue(session, actor, login, name=name, expires_at=expires_at)[0])


@user.command("keys")
@click.argument("login", required=False)
@as_option
def keys(login: str | None, acting_login: str) -> None:
    """List the API keys, of one user or of all, newest first."""
    table = Table("id", "login", "key", "name", "issued", "ends", "revoked")
    with doing(acting_login) as (session, actor):
        for row in api_keys.listed(session, actor, login):
            moments = (
                f"{moment:%Y-%m-%d %H:%M}" if moment else ""
                for moment in (row.created_at, row.expires_at, row.revoked_at)
            )
            table.add_row(
                str(row.id), session.get_one(User, row.user_id).login, f"{row.hint}…", row.name or "", *moments
            )
    CONSOLE.print(table if table.rows else "No API keys yet; issue one with `fenji user key LOGIN`.")


@user.command("revoke")
@click.argument("login")
@click.option("--key", "key_id", default=None, type=int, help="Only this one, by its id in `fenji user keys`.")
@as_option
def revoke(login: str, key_id: int | None, acting_login: str) -> None:
    """End every API key of a user, or one of them."""
    with doing(acting_login) as (session, actor):
        if key_id is None:
            CONSOLE.print(f"{api_keys.revoke_all(session, actor, login)} keys of {login} revoked.")
            return
        if key_id not in {row.id for row in api_keys.listed(session, actor, login)}:
            raise NotFound(f"{login} has no key {key_id}; `fenji user keys {login}` lists them.")
        CONSOLE.print(f"The key {api_keys.revoke(session, actor, key_id).hint}… of {login} is revoked.")


@user.command("deactivate")
@click.argument("login")
@as_option
def deactivate(login: str, acting_login: str) -> None:
    """End a user's access; what they did stays on record."""
    with doing(acting_login) as (session, actor):
        users.deactivate(session, actor, login)
    CONSOLE.print(f"{login} is no longer active.")
