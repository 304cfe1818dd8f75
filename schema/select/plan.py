"""Turns a selection into levels: which columns, which joins, which relations below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Protocol

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal_column, select
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql.schema import Column as TableColumn
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.filter.narrowing import narrowed
from schema.select.computed import Computed
from schema.select.fetch import Context, together_among
from schema.select.field import Column, Derived, Relation, Source, check_first, model_of, source_of
from schema.select.join import on, parents_of
from schema.select.level import Derive, Descend, Join, Level, Scalar
from schema.select.visibility import visible

Details = list[FieldDetails]
CONFIG = StrawberryConfig()
# Shown as the driver gives them; an integer still passes its scalar, which refuses more than 32 bits.
AS_STORED = {(GraphQLString.name, str), (GraphQLBoolean.name, bool)}


class Unplannable(Exception):
    """The selection needs ordinary resolution."""


class Selecting(Protocol):
    """What planning needs of graphql-core's executor: it alone reads the selection."""

    variable_values: VariableValues

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: Details, /) -> CollectedFields:
        """Return the fields selected under a field, by response key."""


def selected(
    executor: Selecting, type_: GraphQLObjectType, details: Details
) -> Iterator[tuple[str, Details, GraphQLField | None]]:
    """Yield (response key, field details, field) of each selected field; None for ``__typename``."""
    grouped, deferred, _ = executor.collect_subfields(type_, details)
    if deferred:
        raise Unplannable
    for key, found in grouped.items():
        name = found[0].node.name.value
        yield key, found, None if name == "__typename" else type_.fields[name]


class Planner:
    """Plans the selection under one field, for one dialect and for viewers with the same roles."""

    def __init__(self, executor: Selecting, context: Context) -> None:
        self.executor, self.dialect, self.viewer = executor, context.dialect, context.viewer
        self.fields = 0  # planned so far, at all levels

    def level(self, type_: GraphQLOutputType, details: Details, table: FromClause | None = None) -> Level:
        """Return the level of a mapped type; Unplannable when one of its fields only has a resolver."""
        model = model_of(type_.extensions.get("strawberry-definition")) if is_object_type(type_) else None
        if model is None or not isinstance(type_, GraphQLObjectType):
            raise Unplannable
        return _LevelPlan(self, type_, inspect(model), table).made(details)

    def picker(self, type_: GraphQLOutputType, details: Details) -> Callable[[Any], Any]:
        """Return a function from a plain object to what the selection shows of it."""
        inner = get_nullable_type(type_)
        if is_list_type(inner):
            item = self.picker(inner.of_type, details)
            return lambda values: [None if value is None else item(value) for value in values]
        if is_leaf_type(inner):
            return inner.coerce_output_value
        if not isinstance(inner, GraphQLObjectType) or model_of(inner.extensions["strawberry-definition"]) is not None:
            raise Unplannable
        constants, parts = {}, []
        for key, found, field in selected(self.executor, inner, details):
            constants[key] = inner.name if field is None else None
            if field is not None:
                definition = field.extensions["strawberry-definition"]
                if not definition.is_basic_field:
                    raise Unplannable
                parts.append((key, attrgetter(definition.python_name), self.picker(field.type, found)))

        def pick(value: Any) -> dict[str, Any]:
            answer: dict[str, Any] = dict(constants)
            for key, get, show in parts:
                part = get(value)
                answer[key] = None if part is None else show(part)
            return answer

        return pick


class _LevelPlan:
    """One level under construction."""

    def __init__(self, planner: Planner, type_: GraphQLObjectType, mapper: Any, table: FromClause | None) -> None:
        self.planner, self.type_, self.mapper = planner, type_, mapper
        self.table = mapper.local_table if table is None else table
        self.level = Level()
        self.tails: list[tuple[list[Any], Callable[[int], None]]] = []
        self.aliases: dict[tuple[str, ...], tuple[Any, FromClause]] = {}

    def made(self, details: Details) -> Level:
        for key, found, field in selected(self.planner.executor, self.type_, details):
            self.planner.fields += 1
            self.level.keys.append(key)
            if field is None:
                self.level.columns.append(literal_column(f"'{self.type_.name}'"))
                continue
            definition = field.extensions["strawberry-definition"]
            source: Source | None = source_of(definition)
            if isinstance(source, Column):
                self._shown(key, field, self._at((source.name or definition.python_name,)))
            elif isinstance(source, Computed):
                arguments = self._arguments(field, definition, found)
                self._shown(key, field, source.expression(self.table, self.planner.viewer, **arguments))
            elif isinstance(source, Derived):
                self._derived(key, field, found, source)
            elif isinstance(source, Relation):
                self._relation(key, field, found, source.name or definition.python_name)
            else:
                raise Unplannable
        for columns, place in self.tails:
            place(len(self.level.columns))
            self.level.columns += columns
        return self.level

    def _arguments(self, field: GraphQLField, definition: StrawberryField, details: Details) -> dict[str, Any]:
        """Return the arguments of a field as its resolver would take them."""
        found = get_argument_values(
            field, details[0].node, self.planner.executor.variable_values, details[0].fragment_variable_values
        )
        return convert_arguments(found, definition.arguments, DEFAULT_SCALAR_REGISTRY, CONFIG)

    def _shown(self, key: str, field: GraphQLField, column: ColumnElement[Any]) -> None:
        place = len(self.level.columns)
        self.level.columns.append(column)
        leaf = get_named_type(field.type)
        required = is_non_null_type(field.type) and bool(getattr(column, "nullable", True))
        if (leaf.name, column.type.python_type) not in AS_STORED or required:
            assert is_leaf_type(leaf)
            self.level.scalars.append(Scalar(key, place, leaf.coerce_output_value, required))

    def _derived(self, key: str, field: GraphQLField, details: Details, source: Derived) -> None:
        first, *others = [self._at(tuple(path.split("."))) for path in source.paths]
        own = len(self.level.columns)
        self.level.columns.append(first)
        coerce = self.planner.picker(field.type, details)

        def place(start: int) -> None:
            places = (own, *range(start, start + len(others)))
            self.level.steps.append(Derive(key, source, places, coerce, is_non_null_type(field.type)))

        self.tails.append((others, place))

    def _relation(self, key: str, field: GraphQLField, details: Details, name: str) -> None:
        relation: RelationshipProperty[Any] = self.mapper.relationships[name]
        if relation.uselist:
            self._descend(key, field, details, relation)
            return
        alias = relation.target.alias()
        child = self.planner.level(get_named_type(field.type), details, alias)  # type: ignore[arg-type]  # a related field's type is an object
        self.level.joins += [self._joined(relation, self.table, alias), *child.joins]
        _, remote = relation.local_remote_pairs[0]
        own = len(self.level.columns)
        self.level.columns.append(alias.c[_key(remote)])
        required = is_non_null_type(field.type)
        self.tails.append(
            (child.columns, lambda start: self.level.steps.append(Join(key, own, start, child, required)))
        )

    def _descend(self, key: str, field: GraphQLField, details: Details, relation: RelationshipProperty[Any]) -> None:
        child = self.planner.level(get_named_type(field.type), details)  # type: ignore[arg-type]  # a listed field's type is an object
        pairs = parents_of(relation)
        remotes = [remote for _, remote in pairs]
        arguments = get_argument_values(
            field, details[0].node, self.planner.executor.variable_values, details[0].fragment_variable_values
        )
        statement = select(*remotes)
        if relation.secondary is not None:
            assert relation.secondaryjoin is not None
            statement = statement.select_from(relation.secondary.join(relation.target, relation.secondaryjoin))
        statement, order = narrowed(statement, relation, arguments, self.planner.viewer)
        statement = child.select_from(statement, *remotes).where(
            together_among(remotes, self.planner.dialect), *visible(self.planner.viewer, relation.mapper.class_)
        )
        statement = statement.order_by(*order)
        first = check_first(arguments.get("first"))
        if first is not None:
            statement = _first_of_each(statement, [*child.columns, *remotes], remotes, order, first)
        own, (local, *others) = len(self.level.columns), [self.table.c[_key(local)] for local, _ in pairs]
        self.level.columns.append(local)

        def place(start: int) -> None:
            places = (own, *range(start, start + len(others)))
            self.level.steps.append(Descend(key, places, statement, child))

        self.tails.append((others, place))

    def _at(self, path: tuple[str, ...]) -> TableColumn[Any]:
        """Return the column at a path of attributes through to-one relations, joining what it needs once."""
        mapper, table = self.mapper, self.table
        for depth, name in enumerate(path[:-1]):
            step = path[: depth + 1]
            if step not in self.aliases:
                relation = mapper.relationships[name]
                alias = relation.target.alias()
                self.level.joins.append(self._joined(relation, table, alias))
                self.aliases[step] = relation.mapper, alias
            mapper, table = self.aliases[step]
        found: TableColumn[Any] = table.c[mapper.attrs[path[-1]].columns[0].key]
        return found

    def _joined(self, relation: RelationshipProperty[Any], table: FromClause, alias: FromClause) -> tuple[Any, Any]:
        """Return the join of a to-one relation: a row that the viewer does not see is as none."""
        seen = visible(self.planner.viewer, relation.mapper.class_, alias)
        return alias, and_(on(relation.local_remote_pairs, table, alias), *seen)


def _first_of_each(
    statement: Select[Any], columns: list[Any], parent: list[Any], order: list[Any], first: int
) -> Select[Any]:
    """Return the statement of the first rows of each parent, in their order."""
    rank = func.row_number().over(partition_by=parent, order_by=order)
    named = [column.label(f"c{index}") for index, column in enumerate(columns)]
    ranked = statement.order_by(None).with_only_columns(*named, rank.label("rank")).subquery()
    *shown, place = ranked.c
    return select(*shown).where(place <= literal_column(str(first))).order_by(place)


def _key(column: ColumnElement[Any]) -> str:
    assert column.key is not None
    return column.key
