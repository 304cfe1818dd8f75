"""Customers and the history of their status (R1.1, R3.1)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Money, Sourced, UtcDateTime, now

if TYPE_CHECKING:
    from schema.tables.appointment import Appointment
    from schema.tables.assessment import Assessment
    from schema.tables.contact import Contact
    from schema.tables.contract import Contract
    from schema.tables.grade import CurrentGrade, Grade
    from schema.tables.improvement import Improvement
    from schema.tables.industry import Industry
    from schema.tables.interaction import Interaction
    from schema.tables.need import Need
    from schema.tables.order import Order
    from schema.tables.panel_rating import PanelRating
    from schema.tables.region import Region
    from schema.tables.service_record import ServiceRecord
    from schema.tables.survey import Survey
    from schema.tables.tag import CustomerTag, Tag
    from schema.tables.user import User

STATUSES = ("potential", "intent", "active", "lost")


class Customer(Sourced, Base):
    """A company; a value that is not known is NULL (待确认), never a guess."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint(f"status in {STATUSES}", name="status"),
        Index(None, "name"),
        Index(None, "status"),
        Index(
            None, "department", "status", "number"
        ),  # lists of one department, in their usual order, and their totals
        Index(None, "owner_id"),
        Index(None, "referrer_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str | None] = mapped_column(String(100))
    uscc: Mapped[str | None] = mapped_column(String(18))
    industry_code: Mapped[str | None] = mapped_column(ForeignKey("industries.code"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    address: Mapped[str | None] = mapped_column(String(300))
    founded_on: Mapped[date | None]
    employees: Mapped[int | None]
    annual_revenue: Mapped[Decimal | None] = mapped_column(Money)
    registered_capital: Mapped[Decimal | None] = mapped_column(Money)
    source_channel: Mapped[str | None] = mapped_column(String(60))
    referrer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    first_contact_on: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    department: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(20), default="potential")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    industry: Mapped[Industry | None] = relationship(lazy="raise")
    region: Mapped[Region | None] = relationship(lazy="raise")
    owner: Mapped[User | None] = relationship(lazy="raise", viewonly=True)
    referrer: Mapped[Customer | None] = relationship(lazy="raise", viewonly=True, remote_side="Customer.id")
    contacts: Mapped[list[Contact]] = relationship(lazy="raise", order_by="Contact.id", viewonly=True)
    tags: Mapped[list[Tag]] = relationship(
        secondary="customer_tags", lazy="raise", order_by="(Tag.dimension, Tag.name)", viewonly=True
    )
    customer_tags: Mapped[list[CustomerTag]] = relationship(lazy="raise", order_by="CustomerTag.id", viewonly=True)
    needs: Mapped[list[Need]] = relationship(lazy="raise", order_by="Need.id", viewonly=True)
    orders: Mapped[list[Order]] = relationship(lazy="raise", order_by="Order.id", viewonly=True)
    contracts: Mapped[list[Contract]] = relationship(lazy="raise", order_by="Contract.id", viewonly=True)
    interactions: Mapped[list[Interaction]] = relationship(lazy="raise", order_by="Interaction.id", viewonly=True)
    service_records: Mapped[list[ServiceRecord]] = relationship(
        lazy="raise", order_by="ServiceRecord.id", viewonly=True
    )
    surveys: Mapped[list[Survey]] = relationship(lazy="raise", order_by="Survey.id", viewonly=True)
    improvements: Mapped[list[Improvement]] = relationship(lazy="raise", order_by="Improvement.id", viewonly=True)
    assessments: Mapped[list[Assessment]] = relationship(lazy="raise", order_by="Assessment.id", viewonly=True)
    panel_ratings: Mapped[list[PanelRating]] = relationship(lazy="raise", order_by="PanelRating.id", viewonly=True)
    appointments: Mapped[list[Appointment]] = relationship(lazy="raise", order_by="Appointment.id", viewonly=True)
    status_changes: Mapped[list[StatusChange]] = relationship(lazy="raise", order_by="StatusChange.id", viewonly=True)
    grade: Mapped[CurrentGrade | None] = relationship(
        lazy="raise", viewonly=True, uselist=False, primaryjoin="Customer.id == foreign(CurrentGrade.customer_id)"
    )
    grades: Mapped[list[Grade]] = relationship(lazy="raise", order_by="Grade.run_id", viewonly=True)


class StatusChange(Sourced, Base):
    """One change of a customer's status: when it happened, when it was known, why and by whom."""

    __tablename__ = "status_changes"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint(f"status in {STATUSES}", name="status"),
        Index(None, "customer_id", "changed_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    changed_on: Mapped[date]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    author: Mapped[User | None] = relationship(lazy="raise", viewonly=True)


class CustomerNumber(Base):
    """The last running customer number of a month, counted up under lock; a number is never used again (R1.2)."""

    __tablename__ = "customer_numbers"

    month: Mapped[str] = mapped_column(String(6), primary_key=True)
    last: Mapped[int]
