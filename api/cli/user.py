"""`fenji user`: users, roles and API keys."""

from __future__ import annotations

from itertools import groupby

import click
from rich.table import Table
from sqlalchemy import select

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.commands import user as users
from api.database import reading
from schema.tables import User, UserRole
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


@user.command("key")
@click.argument("login")
@as_option
def key(login: str, acting_login: str) -> None:
    """Print a new API key of a user; it is shown this once."""
    with doing(acting_login) as (session, actor):
        CONSOLE.print(users.issue_key(session, actor, login))


@user.command("revoke")
@click.argument("login")
@as_option
def revoke(login: str, acting_login: str) -> None:
    """End every API key of a user."""
    with doing(acting_login) as (session, actor):
        CONSOLE.print(f"{users.revoke_keys(session, actor, login)} keys of {login} revoked.")


@user.command("deactivate")
@click.argument("login")
@as_option
def deactivate(login: str, acting_login: str) -> None:
    """End a user's access; what they did stays on record."""
    with doing(acting_login) as (session, actor):
        users.deactivate(session, actor, login)
    CONSOLE.print(f"{login} is no longer active.")
