"""Appointments and overrides: the reads, and the doors to make one and to end it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import appointment as commands
from api.endpoint.context import Info
from api.operations.arguments import (
    CustomerId,
    Identity,
    Reason,
    Values,
    given,
    needed,
    one,
    optional,
)
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.appointment import Appointment
from schema.select.global_id import key_of

AppointmentResult = Annotated[
    Appointment | Refusal, strawberry.union("AppointmentResult", description="The appointment, or why not. 任命或原因")
]


@strawberry.input(description="A tier given for a time. 任命内容")
class AppointmentInput:
    """A tier given for a time."""

    policy_key: str = needed("Key of the policy, which says what may be appointed. 政策标识")
    tier: str = needed("The tier. 等级")
    valid_until: date = needed("Last day. 截止日期")
    reason: str = needed("Why. 理由")
    evidence: str | None = optional("What shows it: a text or a link. 依据")
    valid_from: date | None = optional("First day; today when left out. 起始日期")


@strawberry.input(description="A correction of a customer's computed tier, from today on. 改判内容")
class OverrideInput:
    """A correction of a computed tier."""

    policy_key: str = needed("Key of the policy. 政策标识")
    tier: str = needed("The tier, any of the policy's order. 等级")
    valid_until: date = needed("Last day, at most 12 months ahead. 截止日期")
    reason: str = needed("Why. 理由")
    evidence: str = needed("What shows it: a text or a link. 依据")


@strawberry.type
class AppointmentQueries:
    """Reads of appointments."""

    appointments = connected(
        Appointment, "Appointments and overrides, by their last day, by pages. 任命与改判列表", [("valid_until", False)]
    )
    appointment = single(Appointment, "An appointment or override; null when there is none. 单个任命")


@strawberry.type
class AppointmentMutations:
    """Writes of appointments."""

    @mutation(AppointmentResult, "Give a customer a tier for a time, as the policy in force allows it. 任命客户等级")
    def appoint(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[AppointmentInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Give a customer a tier."""
        made = info.context.write(commands.appoint, key_of(customer_id, "Customer"), **given(input))
        return one(tables.Appointment, made.id)

    @mutation(AppointmentResult, "Correct a customer's computed tier for a time; it becomes no floor. 人工改判等级")
    def override_tier(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[OverrideInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Correct a tier."""
        made = info.context.write(commands.override, key_of(customer_id, "Customer"), **given(input))
        return one(tables.Appointment, made.id)

    @mutation(AppointmentResult, "End an appointment or an override from today on. 终止任命或改判")
    def end_appointment(self, info: Info, id: Identity, reason: Reason) -> Select[Any]:
        """End an appointment."""
        key = key_of(id, "Appointment")
        info.context.write(commands.end, key, reason)
        return one(tables.Appointment, key)
