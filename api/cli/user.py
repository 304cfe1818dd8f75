"""`fenji user`: users, roles and API keys."""

from __future__ import annotations

import click

from api.cli.door import CONSOLE, as_option, doing
from api.commands import user as users
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


@user.command("key")
@click.argument("login")
@as_option
def key(login: str, acting_login: str) -> None:
    """Print a new API key of a user; it is shown this once."""
    with doing(acting_login) as (session, actor):
        CONSOLE.print(users.issue_key(session, actor, login))
