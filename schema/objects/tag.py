"""Tags on the wire, and how customers are asked for by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, or_, select, true

from policies.refusal import Refusal
from schema import tables
from schema.filter.inputs import made
from schema.filter.operators import bounded
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped
from schema.select.fetch import Viewer
from schema.select.field import Criterion

MOST_TAGS, MOST_TEXT = 50, 200


@mapped(tables.Tag, "A tag of a dimension, such as 需求:采购设备. 标签", criteria=(searched("dimension", "name"),))
class Tag(Node):
    """A tag of a dimension."""

    id: strawberry.ID = identifier("Tag", "id")
    dimension: str = column("Dimension, such as 地区, 行业 or 需求. 维度")
    name: str = column("Name within the dimension. 标签名称")


def tagged(table: FromClause, given: Mapping[str, Any], viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a customer carries any, all or none of the tags, each written dimension:name."""
    parts = [true()]
    for way, names in given.items():
        if names is None:
            raise Refusal(f"tagged.{way} is null; leave it out.", code="invalid")
        bounded(len(names), MOST_TAGS, f"tagged.{way}", "tags")
        parts.append(WAYS[way]([_carries(table, *_parts(name, f"tagged.{way}")) for name in names]))
    return and_(*parts)


WAYS: dict[str, Any] = {
    "any": lambda carried: or_(~true(), *carried),
    "all": lambda carried: and_(true(), *carried),
    "none": lambda carried: and_(true(), *(~one for one in carried)),
}


def _parts(text: str, where: str) -> tuple[str, str]:
    dimension, _colon, name = text.replace("\uff1a", ":").partition(":")
    if not (dimension.strip() and name.strip()) or len(text) > MOST_TEXT:
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        raise Refusal(f"{where}: {shown!r} is no tag; write dimension:name, such as 需求:采购设备.", code="invalid")
    return dimension.strip(), name.strip()


def _carries(table: FromClause, dimension: str, name: str) -> ColumnElement[bool]:
    carried, tag = tables.CustomerTag.__table__.alias(), tables.Tag.__table__.alias()
    return (
        select(carried.c.id)
        .join(tag, tag.c.id == carried.c.tag_id)
        .where(carried.c.customer_id == table.c.id, tag.c.dimension == dimension, tag.c.name == name)
        .correlate(table)
        .exists()
    )


NAMES = "list[str]"
TAGGED = Criterion(
    "tagged",
    made(
        "TaggedFilter",
        "Tags written dimension:name; all conditions hold together. 标签条件",
        {
            "any": (NAMES, "Carries at least one of these tags. 带有其中任一标签"),
            "all": (NAMES, "Carries all of these tags. 同时带有这些标签"),
            "none": (NAMES, "Carries none of these tags. 不带有这些标签"),
        },
    ),
    tagged,
    "Tags carried, each written dimension:name (地区:上海市). 标签",
)
