"""Contacts: the people at a customer (R1.3)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced

if TYPE_CHECKING:
    from schema.tables.customer import Customer

CONTACT_ROLES = ("decision_maker", "influencer", "user", "gatekeeper")


class Contact(Sourced, Base):
    """A person at a customer; name, mobile, landline and e-mail are personal, masked unless the role may see them."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("source_system", "source_key"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str | None] = mapped_column(String(100))
    mobile: Mapped[str | None] = mapped_column(String(20))
    landline: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(20))
    is_primary: Mapped[bool] = mapped_column(default=False)
    verified_on: Mapped[date | None]
    left_on: Mapped[date | None]
    change_reason: Mapped[str | None] = mapped_column(Text)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
