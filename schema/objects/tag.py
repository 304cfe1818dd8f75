"""Tags on the wire."""

from __future__ import annotations

import strawberry

from schema import tables
from schema.select import Node, column, identifier, mapped


@mapped(tables.Tag, "A tag of a dimension, such as 需求:采购设备. 标签")
class Tag(Node):
    """A tag of a dimension."""

    id: strawberry.ID = identifier("Tag", "id")
    dimension: str = column("Dimension, such as 地区, 行业 or 需求. 维度")
    name: str = column("Name within the dimension. 标签名称")
