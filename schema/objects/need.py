"""Needs on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@strawberry.enum(description="How urgent a need is. 紧急程度")
class Urgency(Enum):
    """How urgent a need is."""

    HIGH = strawberry.enum_value("high", description="Within a month. 一个月内")
    MEDIUM = strawberry.enum_value("medium", description="One to three months. 一至三个月")
    LOW = strawberry.enum_value("low", description="Long-term. 长期")


@mapped(
    tables.Need, "What a customer wants. 需求", criteria=(searched("kind", "description", "source", kinds=("text",)),)
)
class Need(Node):
    """What a customer wants."""

    id: strawberry.ID = identifier("Need", "id")
    kind: str = column("Type: 产品采购, 服务咨询, 技术支持 … 需求类型")
    description: str | None = personal(
        "description", "text", "Description; scrubbed unless your role may see it. 需求描述"
    )
    budget_min: Decimal | None = column("Least budget in yuan. 预算下限(元)")
    budget_max: Decimal | None = column("Greatest budget in yuan. 预算上限(元)")
    wanted_on: date | None = column("Wanted date. 期望日期")
    urgency: Urgency | None = column("Urgency. 紧急程度")
    source: str | None = column("Where the need was heard of. 需求来源")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
