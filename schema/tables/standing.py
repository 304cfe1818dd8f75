"""Standings: where a run leaves each customer by the hold rule of its policy, beside the computed tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base
from schema.tables.run import Run

if TYPE_CHECKING:
    from schema.tables.customer import Customer
    from schema.tables.fall import FallDecision

HELD = ("exit", "periods", "approval", "pending", "error")


class Standing(Base):
    """What ``policies.hold.follow`` gave a customer in a run; only runs of a policy with a hold rule have them.

    Triggers keep it as it is: a decision on a proposed fall stands beside it.
    """

    __tablename__ = "standings"
    __table_args__ = (
        CheckConstraint(f"held in {HELD}", name="held"),
        Index(
            "ix_standings_proposed",
            "run_id",
            "customer_id",
            sqlite_where=text("proposed is not null"),
            postgresql_where=text("proposed is not null"),
        ),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    tier: Mapped[str | None] = mapped_column(String(40))
    below: Mapped[int]
    held: Mapped[str | None] = mapped_column(String(20))
    proposed: Mapped[str | None] = mapped_column(String(40))

    run: Mapped[Run] = relationship(lazy="raise", viewonly=True)
    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    decision: Mapped[FallDecision | None] = relationship(lazy="raise", viewonly=True)
