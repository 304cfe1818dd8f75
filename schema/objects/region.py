"""Regions on the wire."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, func, or_

from schema import tables
from schema.filter.operators import bounded
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, related
from schema.select.fetch import Viewer
from schema.select.field import Criterion


def within(table: FromClause, code: str, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a region is the one of a code, or lies in the province of that code."""
    bounded(len(code), 6, "within", "characters")
    return or_(table.c.code == code, table.c.parent_code == code)


def province(table: Any) -> ColumnElement[Any]:
    """Return the province's code of the region of a row with a ``region_code``: 310000 of itself and of all in it."""
    found: ColumnElement[Any] = func.substr(table.c.region_code, 1, 2) + "0000"
    return found


WITHIN = Criterion("within", str, within, "Six digits; a province with its prefectures. 地区代码(省含市)")


@mapped(
    tables.Region,
    "A province or prefecture by its GB/T 2260 code. 行政区划",
    criteria=(WITHIN, searched("code", "name", "area")),
)
class Region(Node):
    """A province or prefecture."""

    id: strawberry.ID = identifier("Region", "code")
    code: str = column("Six digits of GB/T 2260. 行政区划代码")
    level: int = column("1 province 省级, 2 prefecture or municipality 地级.")
    name: str = column("Name. 名称")
    area: str | None = column("Area of the country: 华东, 华南, 华北 … 大区")
    parent: Region | None = related("The province of a prefecture. 所属省份")
