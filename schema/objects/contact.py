"""Contacts on the wire; name, mobile, landline and e-mail are masked unless the viewer's role may see them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.Contact, "A person at a customer. 联系人", criteria=(searched("name", "title", kinds=("person",)),))
class Contact(Node):
    """A person at a customer."""

    id: strawberry.ID = identifier("Contact", "id")
    name: str = personal("name", "person", "Name; masked (王**) unless your role may see it. 姓名")
    title: str | None = column("Job title. 职务")
    mobile: str | None = personal("mobile", "mobile", "Mobile; masked (138****5678) unless your role may see it. 手机")
    landline: str | None = personal("landline", "landline", "Landline; masked unless your role may see it. 座机")
    email: str | None = personal(
        "email", "email", "E-mail; masked (w***@example.cn) unless your role may see it. 电子邮箱"
    )
    role: str | None = column(
        "Role in the buying decision: decision_maker 决策者, influencer 影响者, user 使用者, gatekeeper 把关者."
    )
    is_primary: bool = column("Whether to be called first. 主要联系人")
    verified_on: date | None = column("When the details were last verified. 核实日期")
    left_on: date | None = column("When the person left. 离开日期")
    change_reason: str | None = personal(
        "change_reason", "text", "Why the contact last changed; scrubbed unless your role may see it. 变更原因"
    )
    known_at: datetime = column("When it was known to us. 获知时间")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
