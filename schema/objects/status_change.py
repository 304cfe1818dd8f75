"""Changes of a customer's status on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry

from schema import tables
from schema.objects.user import User
from schema.select import Node, column, identifier, mapped, personal, related


@strawberry.enum(description="Status of a customer. 客户状态")
class CustomerStatus(Enum):
    """Status of a customer."""

    POTENTIAL = strawberry.enum_value("potential", description="Potential. 潜在")
    INTENT = strawberry.enum_value("intent", description="Interested. 意向")
    ACTIVE = strawberry.enum_value("active", description="Doing business. 合作中")
    LOST = strawberry.enum_value("lost", description="Lost. 流失")


@mapped(tables.StatusChange, "A change of a customer's status. 状态变更")
class StatusChange(Node):
    """A change of a customer's status."""

    id: strawberry.ID = identifier("StatusChange", "id")
    status: CustomerStatus = column("The new status. 变更后状态")
    reason: str | None = personal("reason", "text", "Why; scrubbed unless your role may see it. 原因")
    changed_on: date = column("When it happened. 变更日期")
    known_at: datetime = column("When it was known to us. 获知时间")
    author: User | None = related("Who changed it. 操作人")
