"""Appointments on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, Date, FromClause, literal

from schema import tables
from schema.appointed import holds_on
from schema.objects.policy import Policy
from schema.objects.user import User
from schema.select import Node, column, identifier, mapped, personal, related
from schema.select.fetch import Viewer
from schema.select.field import Criterion

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@strawberry.enum(description="Whether the policy lets it be given, or it corrects one computed tier. 类别")
class AppointmentKind(Enum):
    """Whether the policy lets it be given, or it corrects one computed tier."""

    APPOINTMENT = strawberry.enum_value("appointment", description="A tier that the policy allows to appoint. 任命")
    OVERRIDE = strawberry.enum_value("override", description="A correction of one computed tier. 人工改判")


def held(table: FromClause, day: date, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that an appointment holds on a day."""
    return holds_on(literal(day, Date), table.c)


HOLDS = Criterion(
    "holds_on", date, held, "Holds on this day: from its first day to its last, unless ended before. 当日有效"
)


@mapped(
    tables.Appointment,
    "A tier that people gave a customer for a time, beside the computed one. 等级任命",
    criteria=(HOLDS,),
)
class Appointment(Node):
    """A tier given for a time."""

    id: strawberry.ID = identifier("Appointment", "id")
    kind: AppointmentKind = column("An appointment or an override. 类别")
    tier: str = column("The tier given. 任命等级")
    reason: str = personal("reason", "text", "Why; scrubbed unless your role may see it. 理由")
    evidence: str | None = column("What shows it: a text or a link. 依据")
    valid_from: date = column("First day. 起始日期")
    valid_until: date = column("Last day; it lapses after it. 截止日期")
    appointed_at: datetime = column("When it was made. 任命时间")
    ended_on: date | None = column("The first day it no longer holds, when somebody ended it before. 提前终止日期")
    end_reason: str | None = personal(
        "end_reason", "text", "Why it was ended; scrubbed unless your role may see it. 终止原因"
    )
    policy: Policy = related("The policy. 所属政策")
    appointed_by: User = related("Who made it. 任命人")
    ended_by: User | None = related("Who ended it. 终止人")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
