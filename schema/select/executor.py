"""graphql-core's executor, which answers a ``Select`` or a ``Page`` by planning its selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
)
from graphql.pyutils import Path
from sqlalchemy import Select

from schema.select import connection, fallback
from schema.select.asked import Asked
from schema.select.bounded import Bounded
from schema.select.fetch import Context, Reader, bounded
from schema.select.field import model_of
from schema.select.level import Level, Unshown
from schema.select.page import Page
from schema.select.plan import Details, Planner, Unplannable
from schema.select.repeated import Plans, RepeatedExecutor
from schema.select.row import Row
from schema.select.visibility import restricted

# The plans of all documents together: by columns, some 6 kB each, and by the characters of the variables' values.
KEPT_COLUMNS = 20_000
LEVELS: Bounded[tuple[Any, ...], tuple[Level | None]] = Bounded(KEPT_COLUMNS)
LEAST = 20  # what a plan weighs beside its columns


class SelectExecutor(RepeatedExecutor):
    """Overrides only what completes lists, objects and abstract values; it is synchronous and belongs in a thread.

    ``plans`` are those of the document and must live as long as it does.
    """

    def count(self, rows: int) -> None:
        """Count rows that the answer shows; Refusal when they become too many, whichever way they were found."""
        self.rows = bounded(self.rows + rows)

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a list; a ``Select`` by its plan."""
        if not isinstance(result, Select):
            if isinstance(result, list) and fallback.model_of_type(get_named_type(return_type)) is not None:
                self.count(len(result))
            return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)
        type_ = self._type_of(get_named_type(return_type), result)
        answer = self._planned_rows(type_, field_details_list, result)
        if answer is not None:
            return answer
        ordinary = super().complete_list_value

        def resolved() -> Any:
            rows = fallback.load(self, type_, field_details_list, self._visible(type_, result))
            self.count(len(rows))
            return ordinary(return_type, field_details_list, info, path, rows, position_context)

        return self.context_value.aside(resolved)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object; a ``Row``, the first row of a ``Select``, the connection of a ``Page``, or what something ``Asked`` answers."""
        ordinary = super().complete_object_value

        def resolved(load: Callable[[], Any]) -> Any:
            loaded = load()
            if loaded is None:
                return None
            return ordinary(return_type, field_details_list, info, path, loaded, position_context)

        if isinstance(result, Asked):
            result, whole = result.answer(self, return_type, field_details_list)
            return result if whole else resolved(lambda: result)
        if isinstance(result, Page):
            rows_type = get_named_type(return_type.fields["nodes"].type)
            statement = self._visible(rows_type, result.statement)
            if statement is not result.statement:
                result = replace(result, statement=statement)
            answer = connection.planned(self, return_type, field_details_list, result)
            if answer is not None:
                return answer
            load = partial(connection.loaded, self, return_type, field_details_list, result)
            return self.context_value.aside(partial(resolved, load))
        if isinstance(result, (Select, Row)):
            rows = self._planned_rows(return_type, field_details_list, result)
            if rows is not None:
                return rows[0] if rows else None
            statement = self._visible(return_type, result.statement if isinstance(result, Row) else result)
            return self.context_value.aside(
                partial(resolved, partial(self._first, return_type, field_details_list, statement))
            )
        return resolved(lambda: result)

    def _first(self, type_: Any, details: Details, statement: Select[Any]) -> Any:
        """Return the first row of a statement as an object, None when there is none."""
        loaded = fallback.load(self, type_, details, statement)
        return loaded[0] if loaded else None

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a union or interface; a ``Select`` as the possible type that its table belongs to."""
        if not isinstance(result, (Select, Row)):
            return super().complete_abstract_value(
                return_type, field_details_list, info, path, result, position_context
            )
        type_ = self._type_of(return_type, result)
        return self.complete_object_value(type_, field_details_list, info, path, result, position_context)

    def _type_of(self, type_: Any, result: Select[Any] | Row) -> GraphQLObjectType:
        """Return the type that shows rows: of a union or interface the one that their table belongs to."""
        if isinstance(type_, GraphQLObjectType):
            return type_
        entity = result.model if isinstance(result, Row) else result.column_descriptions[0]["entity"]
        for possible in self.schema.get_possible_types(type_):
            if model_of(possible.extensions["strawberry-definition"]) is entity:
                return possible
        raise TypeError(f"{type_} has no type for rows of {entity}")

    def _visible(self, type_: Any, statement: Select[Any]) -> Select[Any]:
        return restricted(statement, self.context_value.viewer, fallback.model_of_type(type_))

    def _planned_rows(self, type_: Any, details: Details, wanted: Select[Any] | Row) -> Sequence[dict[str, Any]] | None:
        level = self.plan(type_, details)
        if level is None:
            return None
        with Reader(self.context_value) as reader:
            try:
                if isinstance(wanted, Row):
                    rows = level.row(reader, wanted)
                else:
                    statement = self._visible(type_, wanted)
                    rows = level.rows(reader, statement, statement._generate_cache_key())
                found = level.answers(reader, rows)
            except (GraphQLError, Unshown):  # ordinary resolution says where, and why
                return None
            self.count(found.rows)
            return found.values

    def plan(self, type_: Any, details: Details) -> Level | None:
        """Return the plan of a selection for the values of its variables, or None when it cannot be planned.

        It is made without ``planning`` as well: an argument below that is refused is refused here, before any statement.
        """
        nodes = tuple(id(detail.node) for detail in details)
        texts = self.values_under(nodes, [detail.node.selection_set for detail in details])
        key = _key(self.plans, self.context_value, type_, nodes, texts)
        found = LEVELS.get(key)
        if found is None:
            planner = Planner(self, self.context_value)
            try:
                found = (planner.level(type_, details),)
            except (Unplannable, GraphQLError):
                found = (None,)
            if self.plans.kept:
                LEVELS.put(key, found, LEAST + planner.fields + sum(map(len, texts)) // 100)
        return found[0] if self.context_value.planning else None


def known(plans: Plans, context: Context, type_: GraphQLObjectType, nodes: tuple[int, ...]) -> Level | None:
    """Return the plan of a selection without variables, when there is one and it was made before.

    ``nodes`` are the identities of the nodes of the field that it is below.
    """
    found = LEVELS.get(_key(plans, context, type_, nodes, ())) if context.planning else None
    return found[0] if found else None


def _key(plans: Plans, context: Context, type_: Any, nodes: tuple[int, ...], texts: Sequence[str]) -> tuple[Any, ...]:
    """Return what a plan is found by: the conditions below depend on the viewer's roles."""
    return (plans.document, type_.name, context.dialect, context.viewer.roles, nodes, *texts)
