"""One level of a plan: a SELECT's columns, and the steps that turn them into response dictionaries, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from types import NoneType
from typing import Any, NamedTuple, Protocol

from graphql import GraphQLBoolean, GraphQLInt, GraphQLString
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT
from sqlalchemy import ColumnElement, FromClause, Select, literal_column, select
from sqlalchemy.sql.cache_key import CacheKey

from schema.select.bounded import Bounded
from schema.select.compiled import Compiled, each
from schema.select.fetch import Reader, bounded, together_among
from schema.select.field import Derived
from schema.select.row import Row
from schema.select.visibility import restricted

Columns = Sequence[Sequence[Any]]
Coercion = Callable[[Any], Any]
# Values of these types their scalars show as they are; an integer in the range that GraphQL has.
AS_THEY_ARE: dict[Coercion, set[type]] = {
    GraphQLString.coerce_output_value: {str, NoneType},
    GraphQLBoolean.coerce_output_value: {bool, NoneType},
}
WHOLE = {int, NoneType}


class Unshown(Exception):
    """A value that a plan cannot show where it stands: ordinary resolution says what is wrong, and at which place."""


class Answers(NamedTuple):
    """What is shown of some rows, and how many rows more are shown below each; None when none are."""

    values: Sequence[Any]
    below: list[int] | None = None

    @property
    def rows(self) -> int:
        """How many rows are shown, with all below them; Refusal when they are too many."""
        return bounded(len(self.values) + sum(self.below or ()))


class Step(Protocol):
    """Makes the values of one key of the columns of all rows."""

    @property
    def key(self) -> str:
        """The response key."""

    def __call__(self, reader: Reader, columns: Columns) -> Answers:
        """Return a value for each row, and the rows below it."""


class Scalar(NamedTuple):
    """A column whose values pass their scalar; its place is that of its key."""

    key: str
    place: int
    coerce: Coercion
    required: bool = False


@dataclass(slots=True)
class Level:
    """The first ``len(keys)`` columns stand in response order, ``scalars`` among them; what steps need besides follows them.

    ``compiled`` keeps the SQL of this level's rows by the shape of the statement that they come from.
    """

    keys: list[str] = field(default_factory=list)
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    joins: list[tuple[FromClause, ColumnElement[bool]]] = field(default_factory=list)
    scalars: list[Scalar] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    compiled: Bounded[Any, Compiled] = field(default_factory=lambda: Bounded(4))

    def select_from(self, statement: Select[Any], *more: ColumnElement[Any]) -> Select[Any]:
        """Return the statement with this level's columns, then ``more``, in place of its own."""
        columns = [*self.columns, *more] or [literal_column("1")]  # every field may be skipped by a directive
        chosen = statement.with_only_columns(*columns, maintain_column_froms=True)
        for table, condition in self.joins:
            chosen = chosen.outerjoin(table, condition)
        return chosen

    def rows(
        self,
        reader: Reader,
        statement: Select[Any],
        shape: CacheKey | None,
        more: Callable[[], Sequence[ColumnElement[Any]]] = tuple,
        key: Hashable = None,
    ) -> Sequence[Any]:
        """Return the rows of a statement with this level's columns; ``more`` follow from its ``shape`` and the ``key``."""
        return reader.compiled(shape, self.compiled, lambda: self.select_from(statement, *more()), key=key)

    def row(self, reader: Reader, row: Row) -> Sequence[Any]:
        """Return the row of this level's columns, in a list, an empty one when the viewer sees none."""

        def executed() -> Select[Any]:
            statement = select(row.model).where(together_among(row.columns, reader.dialect))
            return self.select_from(restricted(statement, reader.viewer, row.model), *row.columns)

        names = tuple(row.values)
        return reader.keyed(self.compiled, executed, [row.key], len(names), names).get(row.key, [])

    def answers(self, reader: Reader, rows: Sequence[Sequence[Any]]) -> Answers:
        """Return one response dictionary a row; deeper levels take one statement each."""
        return self.shown(reader, list(zip(*rows, strict=True)), len(rows)) if rows else Answers([])

    def shown(self, reader: Reader, columns: Columns, count: int) -> Answers:
        """Return one response dictionary a row, of the columns of ``count`` rows."""
        if not self.keys:  # every field was skipped by a directive
            return Answers([{} for _ in range(count)])
        keys, below = self.keys, None
        values = list(columns[: len(keys)])
        for key, place, coerce, required in self.scalars:
            values[place] = coerced(columns[place], coerce, key, required)
        for step in self.steps:
            made = step(reader, columns)
            values[keys.index(step.key)] = made.values
            below = _added(below, made.below)
        return Answers(list(map(_shower(tuple(keys)), *values)), below)


@lru_cache(maxsize=1000)
def _shower(keys: tuple[str, ...]) -> Callable[..., dict[str, Any]]:
    """Return a function from the values of a row to its dictionary: written out, it takes a quarter of dict(zip(…))."""
    if not all(key.isidentifier() and key.isascii() for key in keys):
        raise ValueError(f"no response keys: {keys}")
    names = [f"value{place}" for place in range(len(keys))]
    pairs = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    made: Callable[..., dict[str, Any]] = eval(f"lambda {', '.join(names)}: {{{pairs}}}", {})
    return made


def _added(one: list[int] | None, other: list[int] | None) -> list[int] | None:
    if one is None or other is None:
        return other if one is None else one
    return [a + b for a, b in zip(one, other, strict=True)]


def coerced(values: Sequence[Any], coerce: Coercion, key: str, required: bool) -> Sequence[Any]:
    """Return values passed through their scalar, None as it is; Unshown when one is required."""
    if len(values) == 1 and values[0] is not None:
        return [coerce(values[0])]
    kinds = set(map(type, values))
    if required and NoneType in kinds:
        raise Unshown(key)
    if kinds <= AS_THEY_ARE.get(coerce, set()):
        return values
    if coerce == GraphQLInt.coerce_output_value and kinds <= WHOLE:
        found = [value for value in values if value is not None] if NoneType in kinds else values
        if not found or (min(found) >= GRAPHQL_MIN_INT and max(found) <= GRAPHQL_MAX_INT):
            return values
    shown = coerce if NoneType not in kinds else lambda value: None if value is None else coerce(value)
    return list(each(shown, values, kinds))


@dataclass(frozen=True, slots=True)
class Derive:
    """Makes values of several columns, and of what its lookups find by the columns after them."""

    key: str
    source: Derived
    places: tuple[int, ...]
    coerce: Coercion
    required: bool

    def __call__(self, reader: Reader, columns: Columns) -> Answers:
        values = self._made(reader, [columns[place] for place in self.places])
        return Answers(coerced(values, self.coerce, self.key, self.required))

    def _made(self, reader: Reader, columns: list[Sequence[Any]]) -> Sequence[Any]:
        source, viewer = self.source, reader.viewer
        if source.kind is not None and viewer.may_see(source.kind):
            return columns[0]
        start = len(source.columns)
        arguments: list[Iterable[Any]] = [*columns[:start]]
        for lookup in source.lookups:
            keys = list(zip(*columns[start : start + len(lookup.columns)], strict=True))
            start += len(lookup.columns)
            arguments.append(map(lookup.find(reader, keys).get, keys))
        make, rows = source.make, zip(*arguments, strict=True)
        try:
            return [make(viewer, *row) for row in rows] if source.viewed else [make(*row) for row in rows]
        except Exception as error:  # whatever it is, ordinary resolution meets it again at its place
            raise Unshown(self.key) from error


@dataclass(frozen=True, slots=True)
class Join:
    """Makes the objects of a to-one relation of the columns from ``start``; ``place`` holds the key, None when absent."""

    key: str
    place: int
    start: int
    level: Level
    required: bool

    def __call__(self, reader: Reader, columns: Columns) -> Answers:
        own = columns[self.start : self.start + len(self.level.columns)]
        marks = columns[self.place]
        if None not in marks:
            return self.level.shown(reader, own, len(marks))
        if self.required:  # a row that the viewer does not see
            raise Unshown(self.key)
        present = [mark is not None for mark in marks]
        if not any(present):
            return Answers(marks)
        own = [list(compress(column, present)) for column in own]
        made = self.level.shown(reader, own, sum(present))
        values, below = iter(made.values), iter(made.below or ())
        return Answers(
            [next(values) if there else None for there in present],
            None if made.below is None else [next(below) if there else 0 for there in present],
        )


@dataclass(frozen=True, slots=True)
class Descend:
    """Fetches the rows of a to-many relation for all parents; ``places`` hold the parents' key, the last columns theirs.

    Rows below a row that is shown twice are fetched once and share their dictionaries, but each counts as often as it is
    shown: lists nested through to-one relations would otherwise make an answer without end of a few rows.
    """

    key: str
    places: tuple[int, ...]
    statement: Select[Any]
    level: Level

    def __call__(self, reader: Reader, columns: Columns) -> Answers:
        width = len(self.places)
        if width == 1:
            parents = columns[self.places[0]]
            wanted = set(parents) - {None}
        else:
            parents = list(zip(*(columns[place] for place in self.places), strict=True))
            wanted = {parent for parent in parents if None not in parent}
        rows = reader.keyed(self.level.compiled, lambda: self.statement, wanted, width)
        mine = [(parent, rows[parent]) for parent in wanted if parent in rows]
        made = self.level.answers(reader, [row for _, some in mine for row in some])
        groups: dict[Any, Sequence[Any]] = {}
        counts: dict[Any, int] = {}
        start = 0
        for parent, some in mine:
            place = slice(start, start := start + len(some))
            groups[parent] = made.values[place]
            counts[parent] = len(some) + (sum(made.below[place]) if made.below else 0)
        below = [counts.get(parent, 0) for parent in parents]
        bounded(len(parents) + sum(below))
        return Answers([groups.get(parent, []) for parent in parents], below)
