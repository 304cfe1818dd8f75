"""Appointments and overrides: a tier that people give a customer for a time, beside the computed one, which it never changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now
from schema.tables.policy import Policy
from schema.tables.user import User

if TYPE_CHECKING:
    from schema.tables.customer import Customer


KINDS = ("appointment", "override")


class Appointment(Base):
    """A tier from ``valid_from`` to ``valid_until``, both included; ``ended_on`` is the first day it no longer holds.

    An ``appointment`` is one that the policy allows; an ``override`` corrects one computed tier.  Triggers refuse any other change, a second end, and two at once for a customer under one policy.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_until", name="dates"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint("(ended_on is null) = (ended_by_id is null)", name="ended"),
        Index(None, "customer_id", "policy_id", "valid_from"),
        Index(None, "valid_until"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    kind: Mapped[str] = mapped_column(String(20), default="appointment")
    tier: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    appointed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    appointed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_on: Mapped[date | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    policy: Mapped[Policy] = relationship(lazy="raise", viewonly=True)
    appointed_by: Mapped[User] = relationship(lazy="raise", viewonly=True, foreign_keys=[appointed_by_id])
    ended_by: Mapped[User | None] = relationship(lazy="raise", viewonly=True, foreign_keys=[ended_by_id])
