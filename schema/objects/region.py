"""Regions on the wire."""

from __future__ import annotations

import strawberry

from schema import tables
from schema.select import Node, column, identifier, mapped, related


@mapped(tables.Region, "A province or prefecture by its GB/T 2260 code. 行政区划")
class Region(Node):
    """A province or prefecture."""

    id: strawberry.ID = identifier("Region", "code")
    code: str = column("Six digits of GB/T 2260. 行政区划代码")
    level: int = column("1 province 省级, 2 prefecture or municipality 地级.")
    name: str = column("Name. 名称")
    area: str | None = column("Area of the country: 华东, 华南, 华北 … 大区")
    parent: Region | None = related("The province of a prefecture. 所属省份")
