"""One line of Alembic revisions for SQLite and PostgreSQL, run from code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """Open a connection in one transaction in which a revision may build tables anew.

    SQLite, while it enforces foreign keys, deletes the rows of a table that is dropped; inside a transaction that cannot
    be switched off.
    """
    with engine.connect() as connection:
        _enforce_foreign_keys(connection, "off")
        try:
            with connection.begin():
                yield connection
        finally:
            _enforce_foreign_keys(connection, "on")


def _enforce_foreign_keys(connection: Connection, wanted: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute(f"pragma foreign_keys = {wanted}")


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to ``revision`` inside the connection's transaction."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the database back to ``revision``."""
    command.downgrade(_config(connection), revision)


def is_current(connection: Connection) -> bool:
    """Say whether the database is at the newest revision."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest
