"""`fenji database`: create and upgrade the database."""

from __future__ import annotations

import click

from api.cli.door import CONSOLE, open_database
from api.commands.database import upgrade_database
from api.settings import make_folder, settings


@click.group()
def database() -> None:
    """Create and upgrade the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest revision and load the reference tables; a second call changes nothing."""
    make_folder(settings().home)
    engine = open_database(must_be_current=False)
    upgrade_database(engine)
    CONSOLE.print(f"Database {engine.url.render_as_string()} is up to date.")
