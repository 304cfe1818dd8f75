"""Feedback-improvement items (R9.1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer

IMPROVEMENT_STATES = ("open", "agreed", "in_progress", "done", "verified", "reopened")


class Improvement(Sourced, Base):
    """A problem that customers reported, the measure against it, and whether the measure worked."""

    __tablename__ = "improvements"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint(f"state in {IMPROVEMENT_STATES}", name="state"),
        Index(None, "customer_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    reported_on: Mapped[date]
    problem: Mapped[str] = mapped_column(Text)
    service_step: Mapped[str | None] = mapped_column(String(60))
    measure: Mapped[str | None] = mapped_column(Text)
    responsible: Mapped[str | None] = mapped_column(String(60))
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(20), default="open")
    verification: Mapped[str | None] = mapped_column(Text)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
