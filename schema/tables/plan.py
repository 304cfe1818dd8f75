"""What SQL needs of a policy's document: the unit of its totals, and its tiers in their order."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Base


class Plan(Base):
    """The plan of a document that a run graded with, kept under the document's hash; ``scale`` stands for 100 points."""

    __tablename__ = "plans"

    document_hash: Mapped[str] = mapped_column(String(71), primary_key=True)
    scale: Mapped[int | None] = mapped_column(BigInteger, comment="NULL for rules, which have no totals")


class PlanTier(Base):
    """A tier of a plan; rank 0 is the best."""

    __tablename__ = "plan_tiers"

    document_hash: Mapped[str] = mapped_column(ForeignKey("plans.document_hash"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tier: Mapped[str] = mapped_column(String(40))
