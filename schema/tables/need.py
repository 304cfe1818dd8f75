"""Needs: what a customer wants, by when and for how much (R1.4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Money, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer

URGENCIES = ("high", "medium", "low")


class Need(Sourced, Base):
    """A need; a budget that is not known is NULL."""

    __tablename__ = "needs"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint(f"urgency in {URGENCIES}", name="urgency"),
        Index(None, "customer_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(Text)
    budget_min: Mapped[Decimal | None] = mapped_column(Money)
    budget_max: Mapped[Decimal | None] = mapped_column(Money)
    wanted_on: Mapped[date | None]
    urgency: Mapped[str | None] = mapped_column(String(10))
    source: Mapped[str | None] = mapped_column(String(60))

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
