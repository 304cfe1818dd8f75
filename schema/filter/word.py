"""What can be named of a mapped type in a filter, an order or a group: its leaves and its relations, read off its declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, case, literal_column
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import RelationshipProperty
from strawberry.types.base import StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from policies.refusal import Refusal
from schema.select.computed import Computed
from schema.select.fetch import Viewer
from schema.select.field import CRITERIA, TYPES, Column, Criterion, Derived, Identifier, Relation, source_of
from schema.tables import Base

LEAVES: tuple[type, ...] = (str, bool, int, Decimal, date, datetime)
Expression = Callable[[FromClause, Viewer], ColumnElement[Any]]


@dataclass(frozen=True)
class Word:
    """A leaf of a type: ``expression`` is its value in a table or an alias of it, for a viewer.

    ``python`` is the value's type: one of LEAVES or an enum.  ``kind`` is that of a personal value.  ``computed`` says
    that SQL makes the value, of other rows perhaps.
    """

    name: str
    python: type
    expression: Expression
    description: str
    nullable: bool = False
    kind: str | None = None
    computed: bool = False

    def check(self, viewer: Viewer, where: str) -> None:
        """Raise a Refusal (forbidden) when the viewer may not see the value, whatever is asked of it."""
        permitted(self.kind, viewer, where)


def permitted(kind: str | None, viewer: Viewer, where: str) -> None:
    """Raise a Refusal (forbidden) when values of the kind are masked for the viewer: asking about them would tell them."""
    if kind is not None and not viewer.may_see(kind):
        message = f"{where}: your roles do not show this value as it is, so it cannot be asked about."
        raise Refusal(message, code="forbidden")


@dataclass(frozen=True)
class Ranked:
    """What a type can be ordered by; ``computed`` as of a word."""

    expression: Expression
    description: str
    nullable: bool
    kind: str | None
    computed: bool


@dataclass(frozen=True)
class Identity:
    """The global id of a type, made of columns."""

    type_name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Nouns:
    """What a type offers, each under its Python name."""

    words: Mapping[str, Word]
    orders: Mapping[str, Ranked]
    relations: Mapping[str, RelationshipProperty[Any]]
    identity: Identity | None
    criteria: Mapping[str, Criterion]
    graphql: Mapping[str, str]  # the name in GraphQL -> the Python name


@cache
def nouns(model: type[Base]) -> Nouns:
    """Return what the type of a table offers; KeyError for a table that has no type."""
    mapper: Any = inspect(model)
    words: dict[str, Word] = {}
    orders: dict[str, Ranked] = {}
    relations: dict[str, RelationshipProperty[Any]] = {}
    identity = None
    for field in TYPES[model].__strawberry_definition__.fields:
        source = source_of(field)
        word = None
        if isinstance(source, Computed) and field.arguments:
            continue  # a value only for given arguments
        if isinstance(source, Relation):
            relations[field.python_name] = mapper.relationships[source.name or field.python_name]
        elif isinstance(source, Identifier):
            identity = Identity(source.type_name, tuple(mapper.attrs[name].columns[0].key for name in source.columns))
        elif (word := _word(mapper, field, source)) is not None:
            words[field.python_name] = word
        by = getattr(source, "order", None) or (_order(word) if word else None)
        if by is not None:
            optional = isinstance(field.type, StrawberryOptional)
            kind = getattr(source, "kind", None)
            orders[field.python_name] = Ranked(
                by, field.description or "", optional, kind, isinstance(source, Computed)
            )
    criteria = {criterion.name: criterion for criterion in CRITERIA[model]}
    names = [*words, *relations, *criteria, *(["id"] if identity else [])]
    return Nouns(words, orders, relations, identity, criteria, {to_camel_case(name): name for name in names})


def _word(mapper: Any, field: StrawberryField, source: Any) -> Word | None:
    """Return the word that a field is, or None when its value is made outside the database or is no plain value."""
    kind = None
    expression: Expression | None = getattr(source, "expression", None)
    if isinstance(source, Column) or (isinstance(source, Derived) and source.kind is not None):
        name = (source.name or field.python_name) if isinstance(source, Column) else source.columns[0]
        key = mapper.attrs[name].columns[0].key
        kind = getattr(source, "kind", None)
        expression = _column(key)
    python, nullable = _python(field)
    if expression is None or python is None:
        return None
    computed = isinstance(source, Computed)
    return Word(field.python_name, python, expression, field.description or "", nullable, kind, computed)


def _order(word: Word) -> Expression:
    """Return what a word is ordered by: itself, values of an enum as the schema lists them, not by their letters."""
    if not issubclass(word.python, Enum):
        return word.expression
    places = {member.value: literal_column(str(at), Integer) for at, member in enumerate(word.python)}
    return lambda table, viewer: case(places, value=word.expression(table, viewer))


def _column(key: str) -> Expression:
    return lambda table, viewer: table.c[key]


def _python(field: StrawberryField) -> tuple[type | None, bool]:
    """Return the Python type of a leaf, None for other types, and whether it may be unknown."""
    found: Any = field.type
    nullable = isinstance(found, StrawberryOptional)
    if nullable:
        found = found.of_type
    if isinstance(found, StrawberryEnumDefinition):
        found = found.wrapped_cls
    leaf = isinstance(found, type) and (found in LEAVES or issubclass(found, Enum))
    return (found if leaf else None), nullable
