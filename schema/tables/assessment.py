"""Assessments: ratings that people give where no figure exists, settled by a panel and valid for a time (R5.7)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer


class Assessment(Sourced, Base):
    """A settled rating of one rating word of the vocabulary, from 0 to 10; after ``valid_until`` it is missing again."""

    __tablename__ = "assessments"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint("rating between 0 and 10", name="rating"),
        Index(None, "customer_id", "word"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    word: Mapped[str] = mapped_column(String(40))
    rating: Mapped[int]
    proposed_by: Mapped[str | None] = mapped_column(String(60))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    assessed_on: Mapped[date]
    valid_until: Mapped[date]

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
