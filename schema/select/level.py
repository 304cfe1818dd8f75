"""One level of a plan: a SELECT's columns, and the steps that turn its rows into response dictionaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, literal_column

from schema.select.fetch import Reader
from schema.select.field import Derived

Row = Sequence[Any]
Dicts = list[dict[str, Any]]
Step = Callable[[Reader, Sequence[Row], Dicts], None]


class Unshown(Exception):
    """A value that a plan cannot show where it stands: ordinary resolution says what is wrong, and at which place."""


@dataclass(slots=True)
class Level:
    """The first ``len(keys)`` columns stand in response order; what steps need besides follows them."""

    keys: list[str] = field(default_factory=list)
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    joins: list[tuple[FromClause, ColumnElement[bool]]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def select_from(self, statement: Select[Any], *more: ColumnElement[Any]) -> Select[Any]:
        """Return the statement with this level's columns, then ``more``, in place of its own."""
        columns = [*self.columns, *more] or [literal_column("1")]  # every field may be skipped by a directive
        chosen = statement.with_only_columns(*columns, maintain_column_froms=True)
        for table, condition in self.joins:
            chosen = chosen.outerjoin(table, condition)
        return chosen

    def dicts(self, reader: Reader, rows: Sequence[Row]) -> Dicts:
        """Return one response dictionary a row; deeper levels take one statement each."""
        keys = self.keys
        found = [dict(zip(keys, row, strict=False)) for row in rows]
        for step in self.steps if found else ():
            step(reader, rows, found)
        return found


@dataclass(frozen=True, slots=True)
class Coerce:
    """Passes a value through its scalar."""

    key: str
    coerce: Callable[[Any], Any]
    required: bool = False

    def __call__(self, reader: Reader, rows: Sequence[Row], dicts: Dicts) -> None:
        key, coerce = self.key, self.coerce
        for answer in dicts:
            if (value := answer[key]) is not None:
                answer[key] = coerce(value)
            elif self.required:
                raise Unshown(key)


@dataclass(frozen=True, slots=True)
class Derive:
    """Makes a value of several columns, and of what its lookups find by the columns after them."""

    key: str
    source: Derived
    places: tuple[int, ...]
    coerce: Callable[[Any], Any]
    required: bool

    def __call__(self, reader: Reader, rows: Sequence[Row], dicts: Dicts) -> None:
        width, keys = len(self.source.columns), []
        finds: list[dict[tuple[Any, ...], Any]] = []
        start = width
        for lookup in self.source.lookups:
            places = self.places[start : start + len(lookup.columns)]
            start += len(places)
            keys.append(places)
            finds.append(lookup.find(reader, [tuple(row[place] for place in places) for row in rows]))
        own = self.places[:width]
        for row, answer in zip(rows, dicts, strict=True):
            found = [
                values.get(tuple(row[place] for place in places)) for values, places in zip(finds, keys, strict=True)
            ]
            try:
                value = self.source.value(reader, [row[place] for place in own], found)
            except Exception as error:  # whatever it is, ordinary resolution meets it again at its place
                raise Unshown(self.key) from error
            if value is None and self.required:
                raise Unshown(self.key)
            answer[self.key] = None if value is None else self.coerce(value)


@dataclass(frozen=True, slots=True)
class Join:
    """Makes the object of a to-one relation of the columns from ``start``; its place holds the key, None when absent."""

    key: str
    start: int
    level: Level
    required: bool

    def __call__(self, reader: Reader, rows: Sequence[Row], dicts: Dicts) -> None:
        present = [
            (row[self.start :], answer) for row, answer in zip(rows, dicts, strict=True) if answer[self.key] is not None
        ]
        if self.required and len(present) < len(dicts):  # a row that the viewer does not see
            raise Unshown(self.key)
        made = self.level.dicts(reader, [row for row, _ in present])
        for (_, answer), value in zip(present, made, strict=True):
            answer[self.key] = value
            reader.add(answer, reader.below.get(id(value), 0))


@dataclass(frozen=True, slots=True)
class Descend:
    """Fetches the rows of a to-many relation for all parents; its place holds the parents' key, the last column theirs."""

    key: str
    statement: Select[Any]
    level: Level

    def __call__(self, reader: Reader, rows: Sequence[Row], dicts: Dicts) -> None:
        below = reader.rows(self.statement, keys={answer[self.key] for answer in dicts})
        groups: dict[Any, Dicts] = defaultdict(list)
        for row, value in zip(below, self.level.dicts(reader, below), strict=True):
            groups[row[-1]].append(value)
        shown = {key: reader.shown(group) for key, group in groups.items()}
        for answer in dicts:
            key = answer[self.key]
            answer[self.key] = list(groups.get(key, ()))
            reader.add(answer, shown.get(key, 0))
        reader.shown(dicts)
