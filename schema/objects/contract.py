"""Contracts on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.Contract, "A contract. 合同", criteria=(searched("title"),))
class Contract(Node):
    """A contract."""

    id: strawberry.ID = identifier("Contract", "id")
    title: str | None = column("Title. 合同名称")
    amount: Decimal | None = column("Amount in yuan, exact. 合同金额(元)")
    starts_on: date = column("First day. 开始日期")
    ends_on: date | None = column("Last day. 结束日期")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
