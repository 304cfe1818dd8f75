"""Regions: the reference list."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.operations.declaring import query
from schema import tables
from schema.objects.region import Region


@strawberry.type
class RegionQueries:
    """Reads of regions."""

    @query(list[Region], "Regions of GB/T 2260 in the order of their codes. 地区列表")
    def regions(
        self,
        level: Annotated[int | None, strawberry.argument(description="1 province, 2 prefecture. 层级")] = None,
        parent: Annotated[str | None, strawberry.argument(description="Code of the region above. 上级代码")] = None,
    ) -> Select[Any]:
        """Return regions."""
        statement = select(tables.Region).order_by(tables.Region.code)
        if level is not None:
            statement = statement.where(tables.Region.level == level)
        if parent is not None:
            statement = statement.where(tables.Region.parent_code == parent)
        return statement
