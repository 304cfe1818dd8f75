"""Databases that many tests begin with: built once in a process, then copied, which takes some hundredths of a second."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Hashable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from databases import Databases
from sqlalchemy import Engine, func, inspect, select

from api.database import make_engine
from schema.tables import User

T = TypeVar("T")


@dataclass(frozen=True)
class Kept:
    """A database to copy, by its file or its name, with its home and what its builder returned."""

    database: str
    home: Path
    value: Any


FOLDER = tempfile.TemporaryDirectory(prefix="fenji-kept-")  # goes with the process
KEPT: dict[tuple[Hashable, ...], Kept] = {}


def copied(engine: Engine, home: Path, build: Callable[[Engine, Path], T], *key: Hashable) -> T:
    """Bring an empty, migrated database and its home to where ``build`` brings them; return what it returns.

    The first call with a key builds what the others copy.  A database without tables, or with rows, is built upon as it is.
    """
    if not _as_given(engine):
        return build(engine, home)
    engine.dispose()  # nothing is copied under a connection
    here = (engine.dialect.name, *key)
    if here not in KEPT:
        KEPT[here] = _built(engine, build)
    _copy(engine, KEPT[here].database, str(engine.url.database))
    shutil.copytree(KEPT[here].home, home, dirs_exist_ok=True)
    value: T = KEPT[here].value
    return value


def _as_given(engine: Engine) -> bool:
    """Say whether a database is as the fixtures give it: migrated, and nobody in it."""
    with engine.connect() as connection:
        tables = inspect(connection).has_table(User.__tablename__)
        return tables and not connection.scalar(select(func.count()).select_from(User))


def _built(engine: Engine, build: Callable[[Engine, Path], T]) -> Kept:
    """Build on a copy of an empty database."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    home = folder / "home"
    home.mkdir()
    name = str(folder / "fenji.db") if engine.dialect.name == "sqlite" else f"fenji_{folder.name}"
    _copy(engine, str(engine.url.database), name)
    own = make_engine(engine.url.set(database=name).render_as_string(hide_password=False))
    try:
        return Kept(name, home, build(own, home))
    finally:
        own.dispose()


def _copy(engine: Engine, source: str, target: str) -> None:
    """Copy a database of the kind and server of an engine over another one, or to where none is."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
            written.execute("pragma synchronous=off")
            read.backup(written)
        return
    databases = Databases.of(engine)
    if target in databases.names:
        databases.drop(target)
    databases.create(source, target)
