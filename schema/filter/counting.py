"""How many related rows a row has: a field beside each to-many relation, with a filter of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func
from sqlalchemy.orm import RelationshipProperty
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from schema.filter.condition import related
from schema.select.fetch import Viewer
from schema.select.field import computed


def number_of(relation: RelationshipProperty[Any]) -> Callable[..., ColumnElement[Any]]:
    """Return the expression of how many related rows a row of a table has, of those that a filter lets through."""

    def number(table: FromClause, viewer: Viewer, filter: Mapping[str, Any] | None = None) -> ColumnElement[Any]:
        rows = related(relation, filter, viewer, table)
        return rows.with_only_columns(func.count(), maintain_column_froms=True).scalar_subquery()

    return number


def count_beside(
    field: StrawberryField, relation: RelationshipProperty[Any], filter: StrawberryArgument
) -> StrawberryField:
    """Return the field that counts the rows of a to-many relation's field."""
    description = f"Number of rows under {field.python_name}. 数量:{(field.description or '').rpartition(' ')[2]}"
    counting: StrawberryField = computed(number_of(relation), description, viewed=True, graphql_type=int)
    counting.python_name, counting.origin = f"{field.python_name}_count", field.origin
    counting.arguments = [filter]
    return counting
