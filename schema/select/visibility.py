"""Which rows a viewer sees: one condition a table, at every level of an answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.sql.util import ClauseAdapter

from schema.select.fetch import Sees
from schema.tables import Base


def visible(viewer: Sees, model: type[Base], table: FromClause | None = None) -> list[ColumnElement[bool]]:
    """Return the conditions under which the viewer sees a row of a model, none for every row.

    ``table`` is an alias of the model's table, when the rows come from one.
    """
    condition = viewer.visible(model)
    if condition is None:
        return []
    return [condition if table is None or table is model.__table__ else ClauseAdapter(table).traverse(condition)]


def restricted(statement: Select[Any], viewer: Sees, model: type[Base] | None) -> Select[Any]:
    """Return a statement of rows of a model without those that the viewer does not see."""
    conditions = [] if model is None else visible(viewer, model)
    return statement.where(*conditions) if conditions else statement
