"""Runs the statements of a plan on one connection, and keeps what is looked up by key and never changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ARRAY, ColumnElement, Connection, Select, String, any_, bindparam, func, select

from schema.select.bounded import Bounded


class Viewer(Protocol):
    """Who looks: decides how a personal value is shown."""

    def show(self, kind: str, value: str | None) -> str | None:
        """Return the value as this viewer may see it, masked or as it is."""


class Context(Protocol):
    """What the executor needs of the operation's context."""

    @property
    def viewer(self) -> Viewer:
        """Who looks."""

    @property
    def planning(self) -> bool:
        """Whether selections are planned; without, every answer is graphql-core's own."""

    @property
    def dialect(self) -> str:
        """The database's dialect: sqlite or postgresql."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection for reads."""


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of the bound ``keys``: one statement, whatever their number."""
    if dialect == "sqlite":
        return column.in_(select(func.json_each(bindparam("keys", type_=String)).table_valued("value").c.value))
    return column == any_(bindparam("keys", type_=ARRAY(column.type)))


class Reader:
    """Fetches rows for a viewer on one connection."""

    def __init__(self, connection: Connection, viewer: Viewer) -> None:
        self.connection, self.viewer = connection, viewer
        self.dialect = connection.dialect.name

    def rows(self, statement: Select[Any], keys: Collection[Any] | None = None) -> Sequence[Sequence[Any]]:
        """Return the rows of a statement; ``keys`` binds the keys of ``among``."""
        if keys is None:
            return self.connection.execute(statement).all()
        bound = json.dumps(list(keys)) if self.dialect == "sqlite" else list(keys)
        return self.connection.execute(statement, {"keys": bound}).all()


@dataclass(frozen=True)
class Lookup:
    """Something that a derived field needs besides its row, found by a key and never changing under it.

    ``statement`` selects (key, stored value); ``key`` is its first column.  Parsed values are kept.
    """

    column: str
    statement: Select[Any]
    key: ColumnElement[Any]
    parse: Callable[[Any], Any]
    kept: Bounded[Any, Any] = field(default_factory=lambda: Bounded(64))

    def find(self, reader: Reader, keys: Collection[Any]) -> dict[Any, Any]:
        """Return the parsed values of the keys, with at most one statement."""
        found = {key: value for key in set(keys) if key is not None and (value := self.kept.get(key)) is not None}
        missing = {key for key in keys if key is not None} - found.keys()
        if missing:
            for key, stored in reader.rows(self.statement.where(among(self.key, reader.dialect)), missing):
                found[key] = self.kept.put(key, self.parse(stored))
        return found
