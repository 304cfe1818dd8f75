"""Decisions on falls that a run proposed: approved or refused, by whom and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now
from schema.tables.user import User

DECISIONS = ("approved", "refused")


class FallDecision(Base):
    """The one decision on the fall that a standing proposes; triggers refuse any change, and one on an older run."""

    __tablename__ = "fall_decisions"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "customer_id"], ["standings.run_id", "standings.customer_id"]),
        CheckConstraint(f"decision in {DECISIONS}", name="decision"),
    )

    run_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    decision: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    decided_by: Mapped[User] = relationship(lazy="raise", viewonly=True)
