"""Service records on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, func, type_coerce

from schema import tables
from schema.expressions import SecondsBetween
from schema.filter.text import searched
from schema.objects.contact import Contact
from schema.select import Node, column, computed, identifier, mapped, personal, related
from schema.select.moment import NOW
from schema.tables.base import Figure

if TYPE_CHECKING:
    from schema.objects.customer import Customer


def hours_open(record: Any) -> ColumnElement[Any]:
    """Return how many hours a request was or has been open, rounded down to 1/10000: 36/100 of a second."""
    seconds = SecondsBetween(record.c.opened_at, func.coalesce(record.c.closed_at, NOW))
    return type_coerce(seconds * 25 // 9, Figure)


@mapped(
    tables.ServiceRecord,
    "A request of a customer and what became of it. 服务记录",
    criteria=(searched("problem", "result", "served_by", "remarks", kinds=("text",)),),
)
class ServiceRecord(Node):
    """A request of a customer and what became of it."""

    id: strawberry.ID = identifier("ServiceRecord", "id")
    opened_at: datetime = column("When it was opened. 受理时间")
    kind: str = column("consult 咨询, complaint 投诉, visit 上门, technical_support 技术支持.")
    problem: str | None = personal("problem", "text", "The problem; scrubbed unless your role may see it. 问题")
    result: str | None = personal("result", "text", "What was done; scrubbed unless your role may see it. 处理结果")
    served_by: str | None = column("Who served. 服务人员")
    closed_at: datetime | None = column("When it was closed; open without. 完成时间")
    hours_open: Decimal = computed(
        hours_open, "Hours from opening to closing, or until now, rounded down to four decimals. 处理时长(小时)"
    )
    satisfaction: int | None = column("The customer's rating, 1 to 5. 满意度")
    remarks: str | None = personal("remarks", "text", "Remarks; scrubbed unless your role may see it. 备注")
    contact: Contact | None = related("Who asked. 联系人")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
