"""Industries on the wire."""

from __future__ import annotations

import strawberry

from schema import tables
from schema.select import Node, column, identifier, mapped, related


@mapped(tables.Industry, "An industry of GB/T 4754. 国民经济行业分类")
class Industry(Node):
    """An industry of GB/T 4754."""

    id: strawberry.ID = identifier("Industry", "code")
    code: str = column("Code: a letter for a section, two to four digits below it. 行业代码")
    level: int = column("1 section 门类, 2 division 大类, 3 group 中类, 4 class 小类.")
    name_zh: str = column("Chinese name. 中文名称")
    name_en: str | None = column("English name. 英文名称")
    parent: Industry | None = related("The industry above. 上级行业")
