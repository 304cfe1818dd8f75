"""Service records on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.objects.contact import Contact
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.ServiceRecord, "A request of a customer and what became of it. 服务记录")
class ServiceRecord(Node):
    """A request of a customer and what became of it."""

    id: strawberry.ID = identifier("ServiceRecord", "id")
    opened_at: datetime = column("When it was opened. 受理时间")
    kind: str = column("consult 咨询, complaint 投诉, visit 上门, technical_support 技术支持.")
    problem: str | None = personal("problem", "text", "The problem; scrubbed unless your role may see it. 问题")
    result: str | None = personal("result", "text", "What was done; scrubbed unless your role may see it. 处理结果")
    served_by: str | None = column("Who served. 服务人员")
    closed_at: datetime | None = column("When it was closed; open without. 完成时间")
    satisfaction: int | None = column("The customer's rating, 1 to 5. 满意度")
    remarks: str | None = personal("remarks", "text", "Remarks; scrubbed unless your role may see it. 备注")
    contact: Contact | None = related("Who asked. 联系人")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
