"""Interactions: visits, calls, mails, events and web visits (R1.6, R3.3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced, UtcDateTime

if TYPE_CHECKING:
    from schema.tables.customer import Customer

INTERACTION_KINDS = ("visit", "call", "mail", "event", "web")


class Interaction(Sourced, Base):
    """A contact with a customer."""

    __tablename__ = "interactions"
    __table_args__ = (UniqueConstraint("source_system", "source_key"), Index(None, "customer_id", "happened_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str | None] = mapped_column(String(60))

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
