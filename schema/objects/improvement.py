"""Feedback-improvement items on the wire."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, personal, related
from schema.select.fetch import Viewer
from schema.select.field import Criterion

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@strawberry.enum(description="State of an improvement item. 改进状态")
class ImprovementState(Enum):
    """State of an improvement item."""

    OPEN = strawberry.enum_value("open", description="Reported. 待处理")
    AGREED = strawberry.enum_value("agreed", description="Measure agreed. 已定措施")
    IN_PROGRESS = strawberry.enum_value("in_progress", description="In progress. 处理中")
    DONE = strawberry.enum_value("done", description="Measure carried out. 已完成")
    VERIFIED = strawberry.enum_value("verified", description="The measure worked. 已验证")
    REOPENED = strawberry.enum_value("reopened", description="The measure did not work. 重新打开")


def overdue(table: FromClause, day: date, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that an item was due before a day and is neither done nor verified."""
    return and_(table.c.due_on < day, table.c.state.not_in(("done", "verified")))


OVERDUE = Criterion("overdue_on", date, overdue, "Due before this day and neither done nor verified. 在此日期已逾期")


@mapped(
    tables.Improvement,
    "A problem that a customer reported, the measure against it, and whether it worked. 反馈改进",
    criteria=(OVERDUE, searched("problem", "service_step", "measure", "responsible", kinds=("text",))),
)
class Improvement(Node):
    """A problem, the measure against it, and whether it worked."""

    id: strawberry.ID = identifier("Improvement", "id")
    reported_on: date = column("Date reported. 反馈日期")
    problem: str = personal("problem", "text", "The problem; scrubbed unless your role may see it. 问题")
    service_step: str | None = column("Step of the service. 服务环节")
    measure: str | None = personal("measure", "text", "The measure; scrubbed unless your role may see it. 改进措施")
    responsible: str | None = column("Who carries it out. 责任人")
    due_on: date | None = column("Due date. 完成期限")
    state: ImprovementState = column("State. 状态")
    verification: str | None = personal(
        "verification", "text", "What the verification found; scrubbed unless your role may see it. 验证结果"
    )
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
