"""What rows can be grouped by: leaves of theirs, the rows that they refer to, and leaves of those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, Text
from sqlalchemy.orm import RelationshipDirection

from schema import graded
from schema.filter.word import Expression, Word, nouns
from schema.objects.industry import section
from schema.objects.region import province
from schema.select.fetch import Viewer
from schema.select.field import TYPES
from schema.tables import Base, Customer, Industry, Region


@dataclass(frozen=True)
class GroupKey:
    """A key: ``value`` in the table that holds it, ``order`` what groups are ordered by where that is not the value.

    ``relation`` is the to-one relation that leads to that table, None for the rows' own.  A leaf has a ``python`` type and
    perhaps the ``kind`` of a personal value, a row the table ``target``.  A ``dated`` one is as of a day; ``computed`` as of a word.
    """

    name: str
    description: str
    value: Any
    order: Any = None
    relation: str | None = None
    python: type = str
    target: type[Base] | None = None
    kind: str | None = None
    dated: bool = False
    computed: bool = False

    @property
    def parted(self) -> bool:
        """Whether the key is a part of a date."""
        return self.python in (date, datetime)

    @property
    def instant(self) -> bool:
        """Whether its value is an instant, which is a date only by a clock."""
        return self.python is datetime


def _plain(make: Any) -> Any:
    """Return a key's expression, which takes a viewer, of one of the table alone."""

    def made(table: FromClause, _viewer: Viewer, **arguments: Any) -> ColumnElement[Any]:
        found: ColumnElement[Any] = make(table, **arguments)
        return found

    return made


# Keys that are no fields.
MORE: Mapping[type[Base], tuple[GroupKey, ...]] = {
    Customer: (
        GroupKey("industry_section", "Section of the industry, A to T. 行业门类", _plain(section), target=Industry),
        GroupKey("province", "Province of the region. 省份", _plain(province), target=Region),
        GroupKey(
            "tier_as_of",
            "Computed tier as of a day, which asOf gives. 某日等级",
            _plain(graded.tier_as_of),
            _plain(graded.tier_rank_as_of),
            dated=True,
            computed=True,
        ),
    )
}


def distinct_of(model: type[Base]) -> Mapping[str, GroupKey]:
    """Return the keys whose different values can be counted: the rows' own."""
    return {name: key for name, key in keys_of(model).items() if key.relation is None and not key.dated}


def dates_of(model: type[Base]) -> Mapping[str, GroupKey]:
    """Return the days and instants whose least and greatest can be asked for: the rows' own."""
    return {name: key for name, key in distinct_of(model).items() if key.parted}


@cache
def keys_of(model: type[Base]) -> Mapping[str, GroupKey]:
    """Return what rows of a table can be grouped by, by name; a key of a related row begins with the relation's name."""
    found = {key.name: key for key in _own(model)}
    for name, target in _referred(model):
        for key in _own(target):
            if _naming(target, key):
                continue
            through = replace(key, name=f"{name}_{key.name}", relation=name, description=key.description)
            found.setdefault(through.name, through)
    return found


def _own(model: type[Base]) -> Iterator[GroupKey]:
    offered = nouns(model)
    for name, word in offered.words.items():
        if _groupable(model, word):
            by = offered.orders[name].expression
            order = None if by is word.expression else by
            leaf = GroupKey(name, word.description, word.expression, order, computed=word.computed)
            yield replace(leaf, python=word.python, kind=word.kind)
    fields = {field.python_name: field for field in TYPES[model].__strawberry_definition__.fields}
    for name, target in _referred(model):
        ((local, _),) = offered.relations[name].local_remote_pairs
        yield GroupKey(name, fields[name].description or "", _column(str(local.key)), target=target)
    yield from MORE.get(model, ())


def _referred(model: type[Base]) -> Iterator[tuple[str, type[Base]]]:
    """Yield the name and the table of each to-one relation that rows refer to by one column."""
    for name, relation in nouns(model).relations.items():
        if relation.direction is RelationshipDirection.MANYTOONE and len(relation.local_remote_pairs) == 1:
            yield name, relation.mapper.class_


def _naming(model: type[Base], key: GroupKey) -> bool:
    """Say whether a key names one row, as its number or full name does: then the row itself is the key to group by."""
    column = model.__table__.c.get(key.name)
    return (
        column is not None and isinstance(column.type, String) and bool(column.unique or (column.type.length or 0) > 60)
    )


def _groupable(model: type[Base], word: Word) -> bool:
    """Say whether groups by a word make sense: no amounts, and no free text."""
    if word.python is Decimal:
        return False
    column = model.__table__.c.get(word.name)
    return column is None or not isinstance(column.type, Text)


def _column(key: str) -> Expression:
    return lambda table, viewer: table.c[key]
