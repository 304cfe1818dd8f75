"""Satisfaction surveys (R1.6, R9.2)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer


class Survey(Sourced, Base):
    """One answer to a satisfaction survey, from 1 to 5."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint("score between 1 and 5", name="score"),
        Index(None, "customer_id", "surveyed_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    surveyed_on: Mapped[date]
    score: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
