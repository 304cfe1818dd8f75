"""Industries: the reference list."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.operations.declaring import query
from schema import tables
from schema.objects.industry import Industry


@strawberry.type
class IndustryQueries:
    """Reads of industries."""

    @query(list[Industry], "Industries of GB/T 4754 in the order of their codes. 行业列表")
    def industries(
        self,
        level: Annotated[int | None, strawberry.argument(description="1 section … 4 class. 层级")] = None,
        parent: Annotated[str | None, strawberry.argument(description="Code of the industry above. 上级代码")] = None,
    ) -> Select[Any]:
        """Return industries."""
        statement = select(tables.Industry).order_by(tables.Industry.code)
        if level is not None:
            statement = statement.where(tables.Industry.level == level)
        if parent is not None:
            statement = statement.where(tables.Industry.parent_code == parent)
        return statement
