"""Tags as customers carry them, on the wire: who put each there, why, and until when (R4.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.objects.tag import Tag
from schema.objects.user import User
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.CustomerTag, "A tag that a customer carries. 客户标签")
class CustomerTag(Node):
    """A tag that a customer carries."""

    id: strawberry.ID = identifier("CustomerTag", "id")
    tag: Tag = related("The tag. 标签")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
    reason: str | None = personal("reason", "text", "Why; scrubbed unless your role may see it. 原因")
    ends_on: date | None = column("Last day on which no rule overwrites it. 保护截止日期")
    known_at: datetime = column("When it was known to us. 获知时间")
    source_system: str = column("The system it came from. 来源系统")
    author: User | None = related("Who put it there, if a person did. 操作人")
