"""Orders, generated from the declarations of the mapped types: by every field, by several, and through to-one relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import strawberry
from sqlalchemy import Boolean, ColumnElement, FromClause, Integer, Select, and_, case, literal_column
from sqlalchemy.inspection import inspect

from policies.refusal import Refusal
from schema.filter.counting import number_of
from schema.filter.inputs import INPUTS, enumerate_fields, made, name_of
from schema.filter.word import Ranked, nouns, permitted
from schema.select.fetch import Viewer
from schema.select.field import TYPES, model_of
from schema.select.join import on
from schema.select.page import Key
from schema.select.visibility import visible
from schema.tables import Base

MOST_KEYS = 5


@strawberry.enum(description="Direction of an order; unknown values come last in both. 排序方向")
class Direction(Enum):
    """Direction of an order."""

    ASC = strawberry.enum_value("asc", description="Smallest first. 升序")
    DESC = strawberry.enum_value("desc", description="Greatest first. 降序")


INPUTS["Direction"] = Direction


@dataclass(frozen=True)
class Ordering:
    """A total order of a table's rows: its name stands in cursors, ``joins`` are the to-one relations that its keys read."""

    name: str
    keys: tuple[Key, ...]
    joins: tuple[tuple[FromClause, ColumnElement[bool]], ...]

    def of(self, statement: Select[Any]) -> Select[Any]:
        """Return the statement with the relations joined that the keys read."""
        for table, condition in self.joins:
            statement = statement.outerjoin(table, condition)
        return statement


def order_of(type_: type[Any]) -> type[Any]:
    """Return the input type that orders a mapped type: CustomerOrder of Customer, with its enum CustomerOrderField."""
    model = model_of(type_.__strawberry_definition__)
    assert model is not None
    noun = name_of(model)
    members = {_member(path): (path, by.description) for path, (_, by) in _paths(model).items()}
    members.setdefault("ID", ("id", "By key: the order in which rows were made. 按标识"))
    enumerate_fields(f"{noun}OrderField", f"What rows of {noun} can be ordered by.", "排序字段", members)
    return made(
        f"{noun}Order",
        f"An order of rows of {noun}; rows that are equal follow by key. 排序",
        {
            "field": (f"{noun}OrderField!", "By what. 字段"),
            "direction": ("Direction", "Which way; ASC when left out. 方向"),
        },
    )


@cache
def computed_of(model: type[Base]) -> frozenset[str]:
    """Return the members of a table's order enum whose values SQL computes of each row, of other rows perhaps."""
    return frozenset(_member(path) for path, (_, by) in _paths(model).items() if by.computed)


def _member(path: str) -> str:
    return path.replace(".", "_").upper()


@cache
def _paths(model: type[Base]) -> Mapping[str, tuple[str | None, Ranked]]:
    """Return what a table can be ordered by: path -> (to-one relation or None, what orders)."""
    offered = nouns(model)
    found: dict[str, tuple[str | None, Ranked]] = {name: (None, by) for name, by in offered.orders.items()}
    for relation, mapping in offered.relations.items():
        if mapping.uselist:
            number = Ranked(number_of(mapping), f"Number of rows under {relation}. 数量", False, None, True)
            found[f"{relation}_count"] = None, number
        elif mapping.mapper.class_ in TYPES:
            for name, by in nouns(mapping.mapper.class_).orders.items():
                found[f"{relation}.{name}"] = relation, by
    return found


def ordered(
    model: type[Base],
    given: Sequence[Mapping[str, Any]] | None,
    viewer: Viewer,
    default: Iterable[tuple[str, bool]] = (),
    table: FromClause | None = None,
) -> Ordering:
    """Return the order that was asked for, else ``default``, (path, descending) pairs; ties follow by the primary key.

    Refusal for more than MOST_KEYS fields or one twice (invalid), and for a personal value that is masked (forbidden).
    """
    rows = model.__table__ if table is None else table
    wanted = [(one["field"].value, one.get("direction") is Direction.DESC) for one in given or ()] or list(default)
    named = [path for path, _ in wanted]
    if len(wanted) > MOST_KEYS or len(set(named)) < len(named):
        raise Refusal(f"orderBy has {len(named)} fields; give at most {MOST_KEYS}, each once.", code="invalid")
    keys: list[Key] = []
    joins: dict[str, tuple[FromClause, ColumnElement[bool]]] = {}
    last = False
    for path, downward in wanted:
        last = downward
        if path == "id":
            break  # the primary key, which ends every order
        relation, by = _paths(model)[path]
        permitted(by.kind, viewer, f"orderBy.{path}")
        source = rows
        if relation is not None:
            mapping = nouns(model).relations[relation]
            if relation not in joins:
                alias = mapping.target.alias()
                seen = visible(viewer, mapping.mapper.class_, alias)
                joins[relation] = alias, and_(on(mapping.local_remote_pairs, rows, alias), *seen)
            source = joins[relation][0]
        value = by.expression(source, viewer)
        if isinstance(value.type, Boolean):  # a cursor asks what is beyond a value; a truth can only be equal to one
            value = case((value, literal_column("1", Integer)), (value.is_not(None), literal_column("0", Integer)))
        keys.append(Key(value, downward, by.nullable or relation is not None))
    keys += [Key(rows.c[str(column.key)], last) for column in inspect(model).primary_key]
    name = ",".join(f"{_member(path)}:{'DESC' if downward else 'ASC'}" for path, downward in wanted)
    return Ordering(name or "ID:ASC", tuple(keys), tuple(joins.values()))
