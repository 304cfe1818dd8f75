"""Tags and which customer carries them, with author, reason and end (R4.2, R4.3)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Sourced
from schema.tables.user import User

if TYPE_CHECKING:
    from schema.tables.customer import Customer


class Tag(Base):
    """A tag of a dimension, such as 需求:采购设备."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("dimension", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    dimension: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(100))


class CustomerTag(Sourced, Base):
    """A tag on a customer."""

    __tablename__ = "customer_tags"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        UniqueConstraint("customer_id", "tag_id"),
        Index(None, "tag_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    ends_on: Mapped[date | None]

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    tag: Mapped[Tag] = relationship(lazy="raise", viewonly=True)
    author: Mapped[User | None] = relationship(lazy="raise", viewonly=True)
