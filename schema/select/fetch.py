"""Runs the statements of a plan on one connection, and keeps what is looked up by key and never changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    any_,
    bindparam,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql.cache_key import CacheKey

from policies.refusal import Refusal
from schema.select.bounded import Bounded
from schema.select.compiled import Compiled
from schema.select.moment import moment
from schema.tables import Base

T = TypeVar("T")


class Sees(Protocol):
    """Who sees which rows."""

    def visible(self, model: type[Base]) -> ColumnElement[bool] | None:
        """Return the condition, on the table's own columns, under which the viewer sees a row; None for every row."""
        ...


class Viewer(Sees, Protocol):
    """Who looks: decides how a personal value is shown."""

    def show(self, kind: str, value: str | None) -> str | None:
        """Return the value as this viewer may see it, masked or as it is."""

    def may_see(self, kind: str) -> bool:
        """Say whether the viewer sees a kind of personal field as it is; otherwise it is masked and cannot be asked for."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """What ``may_see`` and ``visible`` follow from: two viewers with the same roles see the same."""

    @property
    def today(self) -> date:
        """The day that the viewer lives in."""

    @property
    def zone(self) -> str:
        """The time zone by whose clock days begin."""
        ...

    @property
    def now(self) -> datetime:
        """The instant at which the operation began."""

    def report_url(self, evidence: str | None) -> str | None:
        """Return where the viewer finds the report page of an evidence bundle."""
        ...


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

    def aside(self, work: Callable[[], T]) -> T:
        """Do work that takes its time, without holding up who else is answered."""

    def together(
        self, what: Hashable, keys: Collection[Any], ask: Callable[[Collection[Any]], Mapping[Any, Any]]
    ) -> Mapping[Any, Any]:
        """Return what ``ask`` finds for keys, and maybe for those of others who want the same ``what`` at this moment."""
        ...


def among(column: ColumnElement[Any], dialect: str, name: str = "keys") -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of the bound keys: one statement, whatever their number."""
    if dialect == "sqlite":
        return column.in_(select(func.json_each(bindparam(name, type_=String)).table_valued("value").c.value))
    return column == any_(_array(column, name))


def _array(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return the array of keys that a parameter of PostgreSQL holds; integers come as the text of one.

    Within a SELECT PostgreSQL does not look at them to plan, which takes longer than to find a few rows: a plan for any
    keys costs it no more then, and it keeps that.
    """
    if isinstance(column.type, Integer):
        return cast(select(bindparam(name, type_=String)).scalar_subquery(), ARRAY(column.type))
    return bindparam(name, type_=ARRAY(column.type))


def together_among(columns: Sequence[ColumnElement[Any]], dialect: str) -> ColumnElement[bool]:
    """Return the condition that columns together are one of the bound keys, of as many parts: ``keys``, or ``keys0``, ``keys1`` …"""
    if len(columns) == 1:
        return among(columns[0], dialect)
    if dialect == "sqlite":
        each = func.json_each(bindparam("keys", type_=String)).table_valued("value").c.value
        return tuple_(*columns).in_(select(*(func.json_extract(each, f"$[{part}]") for part in range(len(columns)))))
    parts = [_array(column, f"keys{part}") for part, column in enumerate(columns)]
    rows = func.unnest(*parts).table_valued(*(f"part{part}" for part in range(len(parts)))).render_derived()
    return tuple_(*columns).in_(select(*rows.c))


def bound_together(keys: Collection[Any], parts: int, dialect: str) -> dict[str, Collection[Any]]:
    """Return what ``together_among`` binds for keys, which are tuples where they have several parts."""
    if parts == 1 or dialect == "sqlite":
        return {"keys": keys}
    return {f"keys{part}": [key[part] for key in keys] for part in range(parts)}


MOST_ROWS = 100_000


def bounded(rows: int) -> int:
    """Return the number of rows that an answer shows; Refusal when they are more than it may hold."""
    if rows > MOST_ROWS:
        message = f"The answer would hold more than {MOST_ROWS:,} rows; ask for fewer with first, and do not nest lists in each other."
        raise Refusal(message, code="too_large")
    return rows


COMPILED: Bounded[Any, Compiled] = Bounded(500)


class Reader:
    """Fetches rows for a viewer on one connection, which its first statement opens and the end of the block closes."""

    def __init__(self, context: Context) -> None:
        self.context, self.viewer, self.dialect = context, context.viewer, context.dialect
        self.found: dict[int, dict[tuple[Any, ...], Any]] = {}  # what lookups found, by their identity
        self._opened: tuple[AbstractContextManager[Connection], Connection] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._opened is not None:
            self._opened[0].__exit__(*error)

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._opened is None:
            opening = self.context.reading()
            self._opened = opening, opening.__enter__()
        return self._opened[1]

    def rows(self, statement: Select[Any], **keys: Collection[Any]) -> Sequence[Sequence[Any]]:
        """Return the rows of a statement; each of ``keys`` binds the keys of an ``among``."""
        return self.compiled(statement._generate_cache_key(), COMPILED, lambda: statement, self.bound(keys))

    def bound(self, keys: Mapping[str, Collection[Any]]) -> dict[str, Any]:
        """Return the values of the parameters of ``among``."""
        return {name: self._bound(values) for name, values in keys.items()}

    def compiled(
        self,
        shape: CacheKey | None,
        kept: Bounded[Any, Compiled],
        executed: Callable[[], Select[Any]],
        given: Mapping[str, Any] = MappingProxyType({}),
        key: Hashable = None,
    ) -> Sequence[Sequence[Any]]:
        """Return the rows of what ``executed`` makes of a statement: once for each ``shape`` of it with a ``key``, and ``kept``."""
        if shape is None:
            return self._rows(Compiled(executed(), (), self.connection.dialect), (), given)
        return self.shaped((self.dialect, key, shape.key), kept, executed, given, shape.bindparams)

    def shaped(
        self,
        shape: Hashable,
        kept: Bounded[Any, Compiled],
        executed: Callable[[], Select[Any]],
        given: Mapping[str, Any],
        parameters: Sequence[BindParameter[Any]] = (),
    ) -> Sequence[Sequence[Any]]:
        """Return the rows of the statement of a shape, ``executed`` making the first of them."""
        return self._rows(self._kept(shape, kept, executed, parameters), parameters, given)

    def keyed(
        self,
        kept: Bounded[Any, Compiled],
        executed: Callable[[], Select[Any]],
        keys: Collection[Any],
        width: int,
        names: Hashable = None,
    ) -> Mapping[Any, list[Any]]:
        """Return the rows of a statement that asks by ``together_among``, by their keys: the last ``width`` columns.

        There may be rows of other keys among them, and there is no entry for a key without rows.  The ``names`` of the
        columns tell statements apart that ask for rows of one level by different ones.
        """
        found = self._kept(("keyed", self.dialect, width, names), kept, executed)

        def ask(keys: Collection[Any]) -> Mapping[Any, list[Any]]:
            rows = self._rows(found, (), self.bound(bound_together(keys, width, self.dialect)))
            groups: dict[Any, list[Any]] = {}
            for row in rows:
                groups.setdefault(row[-1] if width == 1 else tuple(row[-width:]), []).append(row)
            return groups

        return ask(keys) if found.dated else self.context.together(found, keys, ask)

    def _kept(
        self,
        shape: Hashable,
        kept: Bounded[Any, Compiled],
        executed: Callable[[], Select[Any]],
        parameters: Sequence[BindParameter[Any]] = (),
    ) -> Compiled:
        return kept.get(shape) or kept.put(shape, Compiled(executed(), parameters, self.connection.dialect))

    def _rows(
        self, found: Compiled, parameters: Sequence[BindParameter[Any]], given: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        return found.rows(self.connection, parameters, {**given, **moment(self.viewer)} if found.dated else given)

    def _bound(self, values: Collection[Any]) -> Any:
        if self.dialect == "sqlite":
            return json.dumps(list(values), default=_stored)
        if set(map(type, values)) == {int}:  # SQLAlchemy would look at each for its type, psycopg for what needs quotes
            return f"{{{','.join(map(str, values))}}}"
        return list(values)


def _stored(value: object) -> str:
    """Return a day as SQLite keeps it; TypeError for what is kept otherwise than JSON would have it."""
    if type(value) is not date:
        raise TypeError(f"no key of a relation: {value!r}")
    return value.isoformat()


@dataclass(frozen=True)
class Lookup:
    """Something that a derived field needs besides its row, found by a key and never changing under it.

    ``columns`` are the paths of the key in the row; ``statement`` selects the columns ``keys``, then what ``parse``
    takes.  With ``kept`` the parsed values stay in memory: only for keys that mean the same in every database.
    """

    columns: tuple[str, ...]
    statement: Select[*tuple[Any, ...]]
    keys: tuple[ColumnElement[Any], ...]
    parse: Callable[..., Any]
    kept: Bounded[tuple[Any, ...], Any] | None = None

    def find(self, reader: Reader, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        """Return the parsed values of the keys, None for one that is not there, with at most one statement."""
        found = reader.found.setdefault(id(self), {})
        wanted = {key for key in keys if None not in key} - found.keys()
        found |= {key: value for key in wanted if self.kept is not None and (value := self.kept.get(key)) is not None}
        missing = wanted - found.keys()
        if missing:
            # A key of two columns may fetch rows that nobody asked for: every pair of the parts.
            statement, parts, width = self.statement, {}, len(self.keys)
            for index, column in enumerate(self.keys):
                name = f"keys{index}"
                statement = statement.where(among(column, reader.dialect, name))
                parts[name] = {key[index] for key in missing}
            found |= dict.fromkeys(missing)
            for row in reader.rows(statement, **parts):
                key, value = tuple(row[:width]), self.parse(*row[width:])
                found[key] = value if self.kept is None else self.kept.put(key, value)
        return found
