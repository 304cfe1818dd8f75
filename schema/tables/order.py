"""Orders and their lines: the events from which amounts are computed (R1.6)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, Money, Sourced, UtcDateTime

if TYPE_CHECKING:
    from schema.tables.customer import Customer


class Order(Sourced, Base):
    """An order; its amount is NULL until it is known, for example until its lines are imported."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("source_system", "source_key"),
        CheckConstraint("amount >= 0", name="amount"),
        Index(None, "customer_id", "ordered_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    ordered_on: Mapped[date]
    amount: Mapped[Decimal | None] = mapped_column(Money)
    profit: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    product_line: Mapped[str | None] = mapped_column(String(60))
    payment_due_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    paid_known_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    lines: Mapped[list[OrderLine]] = relationship(lazy="raise", order_by="OrderLine.id", viewonly=True)


class OrderLine(Sourced, Base):
    """A line of an order: quantity x unit price x (1 - discount) = amount, exact."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("source_system", "source_key"), Index(None, "order_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product: Mapped[str | None] = mapped_column(String(120))
    product_line: Mapped[str | None] = mapped_column(String(60))
    quantity: Mapped[int | None]
    unit_price: Mapped[Decimal | None] = mapped_column(Money)
    discount: Mapped[int] = mapped_column(default=0, comment="basis points")
    amount: Mapped[Decimal] = mapped_column(Money)
