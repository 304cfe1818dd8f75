"""Relay connections of a page: nodes, edges, pageInfo and totalCount, each only when selected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import strawberry
from graphql import GraphQLError, GraphQLObjectType, get_named_type

from schema.select.bounded import Bounded
from schema.select.fallback import load_with
from schema.select.fetch import Reader
from schema.select.level import Level, Unshown
from schema.select.page import Page
from schema.select.plan import Details

if TYPE_CHECKING:
    from schema.select.executor import SelectExecutor

T = TypeVar("T")
ENDS = Level(compiled=Bounded(100))  # of pages of which no row is selected: the keys alone


@strawberry.type(description="Where a page lies in its list. 分页信息")
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = strawberry.field(description="Whether rows follow. 是否有下一页")
    has_previous_page: bool = strawberry.field(description="Whether rows precede. 是否有上一页")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row. 首行游标")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row. 末行游标")


@strawberry.type(description="A row and its place in the list. 列表中的一行及其游标")
class Edge(Generic[T]):
    """A row and its place in the list."""

    cursor: str = strawberry.field(description="Opaque place of the row; give it to after or before. 游标")
    node: T = strawberry.field(description="The row. 该行")


@strawberry.type(description="A page of a list. 列表的一页")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors. 带游标的行")
    nodes: list[T] = strawberry.field(description="The rows. 行")
    page_info: PageInfo = strawberry.field(description="Where the page lies. 分页信息")
    total_count: int = strawberry.field(description="Number of rows in the whole list. 总数")


def planned(executor: SelectExecutor, type_: GraphQLObjectType, details: Details, page: Page) -> dict[str, Any] | None:
    """Return the selected parts of a connection, or None when its rows cannot be planned."""
    selection = executor.collect_subfields(type_, details).grouped_field_set
    names = {key: found[0].node.name.value for key, found in selection.items()}
    rows_type = get_named_type(type_.fields["nodes"].type)
    # All of them first: an argument that is refused below one of them is refused before any statement, planned or not.
    levels = {
        key: _level(executor, rows_type, name, selection[key], type_)
        for key, name in names.items()
        if name in ("nodes", "edges")
    }
    if None in levels.values():
        return None
    answer: dict[str, Any] = dict.fromkeys(selection)
    with Reader(executor.context_value) as reader:
        window = total = None
        counted = "totalCount" in names.values()
        for key, level in levels.items():
            assert level is not None
            counts = counted and total is None
            rows = level.rows(reader, page.rows, page.shape, partial(_beside, page, counts), counts)
            if counts and rows:  # a page without rows may still be one of a list that has some
                total = rows[0][-len(page.keys) - 1]
            window = page.window(rows)
            try:
                found = level.answers(reader, window[0])
            except (GraphQLError, Unshown):  # ordinary resolution says where, and why
                return None
            executor.count(found.rows)
            answer[key] = (
                found.values
                if names[key] == "nodes"
                else _edges(executor, type_, selection[key], page, window[0], found.values)
            )
        if window is None and "pageInfo" in names.values():
            window = page.window(ENDS.rows(reader, page.rows, page.shape, page.columns))
        for key, name in names.items():
            if name == "totalCount":
                answer[key] = reader.rows(page.total())[0][0] if total is None else total
            elif name == "__typename":
                answer[key] = type_.name
            elif name == "pageInfo" and window is not None:
                info = vars(_info(page, *window)) | {"__typename": "PageInfo"}
                answer[key] = _picked(executor, type_.fields[name].type, selection[key], info)
    return answer


def _beside(page: Page, counts: bool) -> list[Any]:
    """Return what stands beside a page's selection: the total, when the rows bring it along, and the keys."""
    return [*([page.total().correlate(None).scalar_subquery()] if counts else []), *page.columns()]


def _level(
    executor: SelectExecutor, rows_type: Any, name: str, details: Details, type_: GraphQLObjectType
) -> Level | None:
    """Return the plan of the rows under ``nodes`` or ``edges``; an empty level when no row is selected."""
    if name == "nodes":
        return executor.plan(rows_type, details)
    edge: Any = get_named_type(type_.fields["edges"].type)
    grouped = executor.collect_subfields(edge, details).grouped_field_set
    nodes = [found for found in grouped.values() if found[0].node.name.value == "node"]
    if len(nodes) > 1:  # two aliases of node: rare, so ordinary resolution does it
        return None
    if nodes:
        return executor.plan(rows_type, nodes[0])
    return ENDS if executor.context_value.planning else None


def _edges(
    executor: SelectExecutor,
    type_: GraphQLObjectType,
    details: Details,
    page: Page,
    rows: Sequence[Any],
    nodes: Sequence[Any],
) -> list[dict[str, Any]]:
    edge = type_.fields["edges"].type
    width, name = len(page.keys), get_named_type(edge).name
    values = (
        {"cursor": page.cursor(row[-width:]), "node": node, "__typename": name}
        for row, node in zip(rows, nodes, strict=True)
    )
    return [_picked(executor, edge, details, value) for value in values]


def _picked(executor: SelectExecutor, type_: Any, details: Details, values: dict[str, Any]) -> dict[str, Any]:
    """Return what is selected of an object whose values stand under their Python names."""
    named: Any = get_named_type(type_)
    answer = {}
    for key, found in executor.collect_subfields(named, details).grouped_field_set.items():
        name = found[0].node.name.value
        answer[key] = values[
            name if name == "__typename" else named.fields[name].extensions["strawberry-definition"].python_name
        ]
    return answer


def _info(page: Page, rows: Sequence[Any], precede: bool, follow: bool) -> PageInfo:
    width = len(page.keys)
    ends = [page.cursor(row[-width:]) for row in (rows[0], rows[-1])] if rows else [None, None]
    return PageInfo(has_next_page=follow, has_previous_page=precede, start_cursor=ends[0], end_cursor=ends[1])


def loaded(executor: SelectExecutor, type_: GraphQLObjectType, details: Details, page: Page) -> Connection[Any]:
    """Return a connection of loaded objects, for graphql-core to resolve."""
    selection = executor.collect_subfields(type_, details).grouped_field_set
    named: dict[str, Details] = {}
    for found in selection.values():
        named.setdefault(found[0].node.name.value, []).extend(found)
    rows_type = get_named_type(type_.fields["nodes"].type)
    edge: Any = get_named_type(type_.fields["edges"].type)
    below = list(named.get("nodes", ()))
    if "edges" in named:
        for found in executor.collect_subfields(edge, named["edges"]).grouped_field_set.values():
            below += found if found[0].node.name.value == "node" else []
    rows, precede, follow = page.window(load_with(executor, rows_type, below, page.rows, *page.columns()))
    total = 0
    if "totalCount" in named:
        with Reader(executor.context_value) as reader:
            total = reader.rows(page.total())[0][0]
    edges = [Edge(cursor=page.cursor(row[1:]), node=row[0]) for row in rows]
    return Connection(
        edges=edges, nodes=[row[0] for row in rows], page_info=_info(page, rows, precede, follow), total_count=total
    )
