"""Which appointments and overrides hold on a day, and the tier that takes effect beside the computed one."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from policies.hold import Standing
from schema.standing import stands
from schema.tables import Appointment, Grade, PolicyVersion, Run


def holds_on(day: ColumnElement[date], of: Any = Appointment) -> ColumnElement[bool]:
    """Return the condition that an appointment holds on a day: both of its days included, the day it ended not."""
    return and_(of.valid_from <= day, of.valid_until >= day, or_(of.ended_on.is_(None), of.ended_on > day))


def appointed_in_runs() -> Select[int, int, str]:
    """Return the statement of (run, customer, tier appointed under the run's policy on the run's day)."""
    return (
        select(Grade.run_id, Grade.customer_id, Appointment.tier)
        .join(Run, Run.id == Grade.run_id)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .join(
            Appointment,
            and_(
                Appointment.customer_id == Grade.customer_id,
                Appointment.policy_id == PolicyVersion.policy_id,
                holds_on(Run.__table__.c.as_of),
            ),
        )
    )


def effective(computed: str | None, *rest: Any) -> str | None:
    """Return the tier that takes effect: the appointed one, else the one of the standing, else the computed one.

    ``rest`` are the columns ``standing.STANDING`` and the appointed tier.
    """
    *standing, appointed = rest
    kept: Standing | None = stands(*standing)
    return appointed or (computed if kept is None else kept.tier)
