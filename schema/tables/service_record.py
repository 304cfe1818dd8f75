"""Service records: consultations, complaints, visits and technical support (R8.3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced, UtcDateTime

if TYPE_CHECKING:
    from schema.tables.contact import Contact
    from schema.tables.customer import Customer

SERVICE_KINDS = ("consult", "complaint", "visit", "technical_support")


class ServiceRecord(Sourced, Base):
    """A request of a customer and what became of it; open while ``closed_at`` is NULL."""

    __tablename__ = "service_records"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint("satisfaction between 1 and 5", name="satisfaction"),
        Index(None, "customer_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    served_by: Mapped[str | None] = mapped_column(String(60))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    satisfaction: Mapped[int | None]
    remarks: Mapped[str | None] = mapped_column(Text)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    contact: Mapped[Contact | None] = relationship(lazy="raise", viewonly=True)
