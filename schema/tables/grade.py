"""Grades: the result of a run for each customer, and the view of the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, and_
from sqlalchemy.orm import Mapped, declared_attr, foreign, mapped_column, relationship

from schema.tables.base import Base
from schema.tables.run import Run
from schema.tables.standing import Standing

if TYPE_CHECKING:
    from schema.tables.customer import Customer

GRADE_STATUSES = ("graded", "pending", "not_applicable", "error")


class GradeColumns:
    """What a grade holds; totals are exact integers in the plan's unit, ``levels`` packs each indicator's rung."""

    @declared_attr
    @classmethod
    def run_id(cls) -> Mapped[int]:
        """The run that gave the grade."""
        return mapped_column(ForeignKey("runs.id"), primary_key=True)

    @declared_attr
    @classmethod
    def customer_id(cls) -> Mapped[int]:
        """The customer graded."""
        return mapped_column(ForeignKey("customers.id"), primary_key=True)

    status: Mapped[str] = mapped_column(String(20))
    tier: Mapped[str | None] = mapped_column(String(40))
    total: Mapped[int | None] = mapped_column(BigInteger)
    worst: Mapped[int | None] = mapped_column(BigInteger)
    best: Mapped[int | None] = mapped_column(BigInteger)
    candidates: Mapped[int] = mapped_column(BigInteger)
    levels: Mapped[int | None] = mapped_column(BigInteger)

    @declared_attr
    @classmethod
    def customer(cls) -> Mapped[Customer]:
        """The customer graded."""
        return relationship("Customer", lazy="raise", viewonly=True)

    @declared_attr
    @classmethod
    def run(cls) -> Mapped[Run]:
        """The run, with its version and snapshot."""
        return relationship(Run, lazy="raise", viewonly=True)

    @declared_attr
    @classmethod
    def standing(cls) -> Mapped[Standing | None]:
        """Where the run left the customer, of a policy with a hold rule."""

        def joined() -> Any:
            return and_(cls.run_id == foreign(Standing.run_id), cls.customer_id == foreign(Standing.customer_id))

        return relationship(Standing, lazy="raise", viewonly=True, uselist=False, primaryjoin=joined)


class Grade(GradeColumns, Base):
    """The grade that a run gave a customer."""

    __tablename__ = "grades"
    __table_args__ = (
        CheckConstraint(f"status in {GRADE_STATUSES}", name="status"),
        Index(None, "customer_id", "run_id"),
        Index(None, "run_id", "tier"),
    )


class CurrentGrade(GradeColumns, Base):
    """The grade in force, of the main policy's finished run with the latest as-of date: a database view, not a table."""

    __tablename__ = "current_grades"
    __table_args__ = ({"info": {"is_view": True}},)
