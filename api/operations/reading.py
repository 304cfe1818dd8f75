"""The two reads that every noun has: a connection with filter, order and pages, and one row by id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import strawberry
from sqlalchemy import Select, select
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from api.endpoint.context import Info
from api.errors import Invalid
from schema.filter import condition, ordered
from schema.filter.inputs import INPUTS
from schema.select import READ, Connection, Page, Read, page
from schema.select.fetch import Viewer
from schema.select.field import model_of
from schema.select.node import row_of
from schema.select.row import Row
from schema.tables import Base

PAGES = {
    "first": ("int", "How many rows, forward; 50 when not given, at most 500. 取前几行"),
    "after": ("str", "Cursor after which to begin. 起始游标之后"),
    "last": ("int", "How many rows, backward from the end. 取后几行"),
    "before": ("str", "Cursor before which to end. 结束游标之前"),
}


def connected(
    type_: type[Any],
    description: str,
    order: Iterable[tuple[str, bool]] = (("id", False),),
    *,
    rows: Callable[..., Select[Any]] | None = None,
    arguments: Mapping[str, tuple[str, str]] | None = None,
) -> StrawberryField:
    """Declare a connection of a mapped type; ``order`` is its own one, (path, descending) pairs.

    ``rows`` returns the statement of the rows that there are, the whole table when left out; it takes ``arguments``,
    name -> (annotation, description), by their names.
    """
    model, noun, usual = model_of_type(type_), type_.__strawberry_definition__.name, list(order)

    def read(viewer: Viewer, **given: Any) -> Page:
        sizes = {name: given.pop(name, None) for name in PAGES}
        filter, order_by = given.pop("filter", None), given.pop("order_by", None)
        statement = select(model) if rows is None else rows(**given)
        if filter:
            statement = statement.where(condition(model, filter, viewer))
        ordering = ordered(model, order_by, viewer, usual)
        return page(ordering.of(statement), ordering.keys, ordering.name, **sizes)

    taken = {
        "filter": (f"{noun}Filter", "Which rows; all when left out. 筛选"),
        "order_by": (f"list[{noun}Order]", "In which order; as described when left out. 排序"),
        **(arguments or {}),
        **PAGES,
    }
    return _reading(Connection[type_], description, Read(read, kept=rows is None), taken)  # type: ignore[valid-type]  # as above


def single(type_: type[Any], description: str, key: str | None = None) -> StrawberryField:
    """Declare one row of a mapped type by its global id, or by ``key``, an attribute that is unique; null when there is none."""
    model = model_of_type(type_)
    noun = type_.__strawberry_definition__.name

    def read(_viewer: Viewer, id: str | None = None, **by: Any) -> Row:
        values = [value for value in (id, *by.values()) if value is not None]
        if len(values) != 1:
            raise Invalid(f"Give the id or the {key} of the {noun}, one of them.")
        return Row(model, {str(key): values[0]}) if id is None else row_of(id, noun)

    optional = {key: ("str", f"Its {key}, in place of the id. 或以此唯一字段查询")} if key else {}
    taken = {"id": ("ID", "Global id. 全局标识"), **optional}
    return _reading(type_ | None, description, Read(read, plain=True), taken, key is None)


def model_of_type(type_: type[Any]) -> type[Base]:
    """Return the table of a mapped type."""
    model = model_of(type_.__strawberry_definition__)
    assert model is not None
    return model


def _reading(
    type_: Any,
    description: str,
    read: Read,
    arguments: Mapping[str, tuple[Any, str]],
    needed: bool = False,
) -> StrawberryField:
    """Return a field that ``read`` answers by the viewer and the arguments."""

    def resolver(info: Info, **given: Any) -> Any:
        return read.find(info.context.viewer, **given)

    field = declared(type_, description, resolver, arguments, needed)
    field.metadata = MappingProxyType({READ: read})
    return field


def declared(
    type_: Any, description: str, resolver: Any, arguments: Mapping[str, tuple[Any, str]], needed: bool = False
) -> StrawberryField:
    """Return a field with arguments: name -> (annotation, evaluated among the inputs when it is a text; description)."""
    field: StrawberryField = strawberry.field(resolver=resolver, graphql_type=type_, description=description)
    return taking(field, arguments, arguments if needed else ())


def taking(
    field: StrawberryField, arguments: Mapping[str, tuple[Any, str]], needed: Collection[str] = ()
) -> StrawberryField:
    """Return a field that takes arguments of types made at run time, name -> (type, description), under these very names."""
    field.arguments = [
        StrawberryArgument(
            python_name=name,
            graphql_name=to_camel_case(name),
            type_annotation=StrawberryAnnotation(of if name in needed else _optional(of), namespace=INPUTS),
            description=text,
            default=strawberry.UNSET if name in needed else None,
        )
        for name, (of, text) in arguments.items()
    ]
    return field


def _optional(annotation: Any) -> Any:
    return f"{annotation} | None" if isinstance(annotation, str) else annotation | None
