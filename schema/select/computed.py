"""Computed words: fields that SQL computes of a row, which filters, orders and groups can use like columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, select
from sqlalchemy.inspection import inspect

from schema.select.fetch import Reader, Viewer
from schema.select.moment import NOW, TODAY, moment

__all__ = ["NOW", "TODAY", "Computed", "moment", "resolver_of"]


@dataclass(frozen=True)
class Computed:
    """An expression over one row: ``make`` takes its table, or an alias of it, and the field's arguments.

    ``rank`` gives what rows are ordered by where that is not the value itself, as with tiers, the best first.  Neither
    holds today's date as a literal: they name ``TODAY`` and ``NOW``.  ``viewed`` puts the viewer after the table.
    """

    make: Callable[..., ColumnElement[Any]]
    rank: Callable[..., ColumnElement[Any]] | None = None
    viewed: bool = False

    def expression(self, table: Any, viewer: Viewer, **arguments: Any) -> ColumnElement[Any]:
        """Return the value of the rows of a table or alias."""
        return self.make(*self._seen(table, viewer), **arguments)

    def order(self, table: Any, viewer: Viewer, **arguments: Any) -> ColumnElement[Any]:
        """Return what the rows of a table or alias are ordered by."""
        return (self.rank or self.make)(*self._seen(table, viewer), **arguments)

    def _seen(self, table: Any, viewer: Viewer) -> tuple[Any, ...]:
        return (table, viewer) if self.viewed else (table,)

    def value(self, root: Any, info: strawberry.Info[Any, Any], arguments: Mapping[str, Any]) -> Any:
        """Return the value for a loaded row, with the same SQL that a plan uses."""
        mapper = inspect(type(root))
        table = mapper.local_table.alias()
        viewer = info.context.viewer
        statement = select(self.expression(table, viewer, **arguments)).select_from(table)
        for column in mapper.primary_key:
            statement = statement.where(table.c[column.key] == getattr(root, column.key))
        with Reader(info.context) as reader:
            return reader.rows(statement)[0][0]


def resolver_of(source: Computed, arguments: Mapping[str, Any]) -> Any:
    """Return the resolver of a computed field; ``arguments`` are its own with their annotations."""

    def resolver(root: Any, info: strawberry.Info[Any, Any], **given: Any) -> Any:
        return source.value(root, info, given)

    named = {"root": Any, "info": strawberry.Info}
    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind) for name, kind in named.items()]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in arguments.items()]
    resolver.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # read by inspect.signature
    return resolver
