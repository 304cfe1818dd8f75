"""What every verb of the command line shares: the open database, who acts, progress bars and the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.access import Actor, actor_of_login
from api.commands.user import operator
from api.database import make_engine, reading, writing
from api.errors import NotFound
from api.jobs import Report
from api.settings import settings
from policies.refusal import Refusal
from schema.migrations import is_current

CONSOLE = Console(highlight=False, soft_wrap=True)

as_option = click.option(
    "--as",
    "acting_login",
    envvar="FENJI_USER",
    default="admin",
    show_default=True,
    help="Login of the person who acts.",
)


def open_database(*, must_be_current: bool = True) -> Engine:
    """Return the engine of the settings; Refusal when the database is missing, unreachable or not up to date."""
    engine = make_engine(settings().database)
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if must_be_current and file and file != ":memory:" and not Path(file).exists():
        raise Refusal(
            f"There is no database at {file}; create it with `fenji database upgrade`.", code="database_missing"
        )
    if must_be_current:
        try:
            with reading(engine) as connection:
                current = is_current(connection)
        except OperationalError as error:
            raise Refusal(
                f"The database {engine.url.render_as_string()} does not answer: {str(error.orig).strip()}; "
                "check FENJI_DATABASE_URL and that the server runs.",
                code="database_missing",
            ) from error
        if not current:
            raise Refusal("The database is not up to date; run `fenji database upgrade`.", code="database_missing")
    return engine


def acting(engine: Engine, login: str) -> Actor:
    """Return the person who acts; the login ``admin`` is the operator of this machine."""
    if login == "admin":
        with writing(engine) as session:
            return operator(session)
    with reading(engine) as connection:
        found = actor_of_login(connection, login)
    if found is None:
        raise NotFound(f"No active user {login!r}; create one with `fenji user add {login} --role …`.")
    return found


@contextmanager
def doing(login: str) -> Iterator[tuple[Session, Actor]]:
    """Open the database and one transaction for the person who acts; committed at the end, or nothing at all."""
    engine = open_database()
    actor = acting(engine, login)
    with writing(engine) as session:
        yield session, actor


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Show a progress bar on the error stream, if a person watches it; the yielded function takes (done, total, message)."""
    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total, message: bar.update(task, completed=done, total=total, description=message or title)


def refusing(main: Callable[[], Any]) -> int:
    """Run the command line; print a refusal as one sentence and return 1, otherwise return 0."""
    try:
        main()
    except Refusal as refusal:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"fenji: {refusal.message}", markup=False)
        return 1
    return 0
