"""Interactions on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(
    tables.Interaction,
    "A contact with a customer: visit, call, mail, event or web visit. 互动记录",
    criteria=(searched("kind", "summary", "by", kinds=("text",)),),
)
class Interaction(Node):
    """A contact with a customer."""

    id: strawberry.ID = identifier("Interaction", "id")
    happened_at: datetime = column("When it happened. 发生时间")
    kind: str = column("visit 拜访, call 电话, mail 邮件, event 活动, web 网站.")
    summary: str | None = personal("summary", "text", "What was said; scrubbed unless your role may see it. 内容")
    by: str | None = column("Who recorded it. 记录人")
    known_at: datetime = column("When it was known to us. 获知时间")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
