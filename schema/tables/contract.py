"""Contracts and their renewals (R1.6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Money, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer


class Contract(Sourced, Base):
    """A contract; a renewal names the contract that it renews."""

    __tablename__ = "contracts"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        Index(None, "customer_id"),
        Index(None, "renewal_of_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    title: Mapped[str | None] = mapped_column(String(200))
    amount: Mapped[Decimal | None] = mapped_column(Money)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    renewal_of_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"))

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
