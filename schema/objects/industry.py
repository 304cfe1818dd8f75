"""Industries on the wire."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, case, false, func, or_, select

from schema import tables
from schema.filter.operators import bounded
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, related
from schema.select.fetch import Viewer
from schema.select.field import Criterion


def within(table: FromClause, code: str, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that an industry is the one of a code or lies below it: C, 34, 344 or 3441."""
    bounded(len(code), 4, "within", "characters")
    if not code.isalpha():
        found: ColumnElement[bool] = table.c.code.startswith(code, autoescape=True)
        return found if code else false()
    above = tables.Industry.__table__.alias()  # a section's divisions: the first two digits of all below it
    divisions = select(above.c.code).where(above.c.parent_code == code.upper())
    return or_(table.c.code == code.upper(), func.substr(table.c.code, 1, 2).in_(divisions))


def section(table: Any) -> ColumnElement[Any]:
    """Return the section's code of the industry of a row with an ``industry_code``: C of C, 34, 344 and 3441."""
    division = tables.Industry.__table__.alias()
    above = select(division.c.parent_code).where(division.c.code == func.substr(table.c.industry_code, 1, 2))
    of_division = above.correlate_except(division).scalar_subquery()
    return case((func.length(table.c.industry_code) == 1, table.c.industry_code), else_=of_division)


WITHIN = Criterion("within", str, within, "Code of any level, with all below it: C, 34, 344, 3441. 行业代码(含下级)")


@mapped(
    tables.Industry,
    "An industry of GB/T 4754. 国民经济行业分类",
    criteria=(WITHIN, searched("code", "name_zh", "name_en")),
)
class Industry(Node):
    """An industry of GB/T 4754."""

    id: strawberry.ID = identifier("Industry", "code")
    code: str = column("Code: a letter for a section, two to four digits below it. 行业代码")
    level: int = column("1 section 门类, 2 division 大类, 3 group 中类, 4 class 小类.")
    name_zh: str = column("Chinese name. 中文名称")
    name_en: str | None = column("English name. 英文名称")
    parent: Industry | None = related("The industry above. 上级行业")
