"""Declares the fields of a mapped type: what each reads, and how its value is made.

Each declaration serves both paths: a plan reads the columns that it names, and ordinary resolution calls its resolver
on a loaded row; both make the value with the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import strawberry
from sqlalchemy import ColumnElement, FromClause
from strawberry.types.field import StrawberryField

from policies.refusal import Refusal
from schema.select.computed import Computed, resolver_of
from schema.select.fetch import Lookup, Reader, Viewer
from schema.select.global_id import global_id
from schema.tables import Base

T = TypeVar("T")
SOURCE = "fenji.source"
Order = Callable[[FromClause, Viewer], ColumnElement[Any]]  # of a table or an alias of it


@dataclass(frozen=True)
class Column:
    """One mapped column; ``name`` is the attribute's, the field's own when None.

    ``order`` is what it is ordered by in a table or an alias of it, where that is not its value.
    """

    name: str | None = None
    order: Order | None = None


@dataclass(frozen=True)
class Derived:
    """A pure function of columns, named by paths such as ``run.as_of`` through to-one relations.

    ``make`` takes the columns' values, then what each lookup found; ``viewed`` puts the viewer before them.  ``kind`` is
    the kind of a personal field: who may not see it gets its mask, and can neither filter, order nor group by it.
    ``order`` is what it is ordered by, ``expression`` its value in SQL.
    """

    columns: tuple[str, ...]
    make: Callable[..., Any]
    lookups: tuple[Lookup, ...] = ()
    viewed: bool = False
    kind: str | None = None
    order: Order | None = None
    expression: Order | None = None

    @property
    def paths(self) -> list[str]:
        """Return the paths of all columns: its own, then each lookup's key."""
        return [*self.columns, *(path for lookup in self.lookups for path in lookup.columns)]

    def value(self, reader: Reader, own: Sequence[Any], found: Sequence[Any]) -> Any:
        """Make the value of its own columns and of what was found."""
        return self.make(reader.viewer, *own, *found) if self.viewed else self.make(*own, *found)


@dataclass(frozen=True)
class Identifier(Derived):
    """The global id of ``type_name``, made of the key's columns."""

    type_name: str = ""


@dataclass(frozen=True)
class Relation:
    """A mapped relation; ``name`` is the attribute's, the field's own when None."""

    name: str | None = None


Source = Column | Computed | Derived | Relation


class Identity(NamedTuple):
    """How the rows of a type are named: its class, its table and the attributes of the key in its global ids."""

    type_: type
    table: type[Base]
    columns: tuple[str, ...]


IDENTITIES: dict[str, Identity] = {}  # by the type's name


@dataclass(frozen=True)
class Criterion:
    """A condition of a type's filter that is no field of it: ``make`` takes the table, the value given and the viewer.

    ``type`` is the value's type, ``kinds`` those of the personal values that it compares.
    """

    name: str
    type: Any
    make: Callable[[FromClause, Any, Viewer], ColumnElement[bool]]
    description: str
    kinds: tuple[str, ...] = ()


# The type of each table, and of each view of it, with what its filter takes besides its fields.
TYPES: dict[type[Base], type[Any]] = {}
CRITERIA: dict[type[Base], tuple[Criterion, ...]] = {}


def mapped(
    table: type[Base], description: str, *, views: Sequence[type[Base]] = (), criteria: Sequence[Criterion] = ()
) -> Callable[[type[T]], type[T]]:
    """Make a GraphQL type of a class whose fields are declared with this module.

    ``table`` holds its rows; relations may also show those of ``views`` of it.  ``criteria`` are what its filter takes
    besides its fields.
    """

    def wrap(cls: type[T]) -> type[T]:
        cls.__model__ = table  # type: ignore[attr-defined]  # read back by model_of
        cls.is_type_of = classmethod(lambda _cls, row, _info: isinstance(row, (table, *views)))  # type: ignore[attr-defined]  # read by Strawberry
        identity = getattr(vars(cls).get("id"), "metadata", {}).get(SOURCE)
        if isinstance(identity, Identifier):
            IDENTITIES[identity.type_name] = Identity(cls, table, identity.columns)
        made = strawberry.type(cls, description=description)
        for model in (table, *views):
            TYPES[model], CRITERIA[model] = made, tuple(criteria)
        return made

    return wrap


def model_of(definition: Any) -> type[Base] | None:
    """Return the table of a Strawberry definition, or None."""
    return getattr(getattr(definition, "origin", None), "__model__", None)


def source_of(field: StrawberryField) -> Source | None:
    """Return how the field is declared, or None when only its resolver knows."""
    if field.permission_classes or field.extensions:
        return None
    return field.metadata.get(SOURCE)


def column(description: str, name: str | None = None, order: Order | None = None) -> Any:
    """Declare a field that shows a column as it is; ``order`` is what it is ordered by, where that is not its value."""
    resolver = None
    if name is not None:

        def resolver(root: Any) -> Any:
            return getattr(root, name)

    return _field(Column(name, order), description, resolver)


def computed(
    make: Callable[..., ColumnElement[Any]],
    description: str,
    rank: Callable[..., ColumnElement[Any]] | None = None,
    arguments: Mapping[str, Any] = MappingProxyType({}),
    viewed: bool = False,
    graphql_type: Any = None,
) -> Any:
    """Declare a field that SQL computes of a row; ``arguments`` are the field's, with their annotations.

    ``graphql_type`` says its type where no annotation does.
    """
    source = Computed(make, rank, viewed)
    return _field(source, description, resolver_of(source, arguments), graphql_type)


def derived(
    *columns: str,
    make: Callable[..., Any],
    description: str,
    lookups: tuple[Lookup, ...] = (),
    order: Order | None = None,
    expression: Order | None = None,
) -> Any:
    """Declare a field that is a pure function of columns and of what ``lookups`` find.

    ``order`` is what rows are ordered by for it; ``expression`` is the same function in SQL, for filters, orders and groups.
    """
    return _derived(Derived(columns, make, lookups, order=order, expression=expression), description)


def personal(name: str, kind: str, description: str) -> Any:
    """Declare a personal field of a column; the viewer decides how it is shown.

    ``kind`` is mobile, landline, email, person (a person's name) or text (free text, in which any of them may stand).
    """

    def shown(viewer: Viewer, value: str | None) -> str | None:
        return viewer.show(kind, value)

    return _derived(Derived((name,), shown, viewed=True, kind=kind), description)


def seen(*columns: str, make: Callable[..., Any], description: str) -> Any:
    """Declare a field that depends on columns and on who looks: ``make`` takes the viewer first."""
    return _derived(Derived(columns, make, viewed=True), description)


def identifier(type_name: str, *columns: str) -> Any:
    """Declare the global id of a type: opaque, made of the type's name and its key."""
    source = Identifier(columns, lambda *keys: global_id(type_name, *keys), type_name=type_name)
    return _derived(source, "Global id, opaque. 全局标识,不透明。")


def related(description: str, name: str | None = None) -> Any:
    """Declare a to-one relation."""

    def resolver(root: Any, info: strawberry.Info) -> Any:
        return getattr(root, name or info.python_name)

    return _field(Relation(name), description, resolver)


def listed(description: str, name: str | None = None) -> Any:
    """Declare a to-many relation, in the order of the mapping unless told otherwise.

    Its arguments ``filter``, ``orderBy`` and ``first``, each per parent, are added by ``schema.filter.narrowing``.
    """

    def resolver(root: Any, info: strawberry.Info, first: int | None = None) -> Any:
        return getattr(root, name or info.python_name)[: check_first(first)]

    return _field(Relation(name), description, resolver)


def check_first(first: int | None) -> int | None:
    """Return ``first``; Refusal when it is negative."""
    if first is not None and first < 0:
        raise Refusal(f"first is {first}; it must be 0 or more.", code="invalid")
    return first


def _derived(source: Derived, description: str) -> Any:
    def resolver(root: Any, info: strawberry.Info[Any, Any]) -> Any:
        own = [value_at(root, path) for path in source.columns]
        if not source.lookups:
            return source.make(info.context.viewer, *own) if source.viewed else source.make(*own)
        with Reader(info.context) as reader:
            found = []
            for lookup in source.lookups:
                key = tuple(value_at(root, path) for path in lookup.columns)
                found.append(lookup.find(reader, [key]).get(key))
            return source.value(reader, own, found)

    return _field(source, description, resolver)


def value_at(root: Any, path: str) -> Any:
    """Return the value at a dotted path of attributes, None where a relation is empty."""
    for name in path.split("."):
        if root is None:
            return None
        root = getattr(root, name)
    return root


def _field(source: Source, description: str, resolver: Any, graphql_type: Any = None) -> Any:
    return strawberry.field(
        resolver=resolver, description=description, metadata={SOURCE: source}, graphql_type=graphql_type
    )
