"""Ratings of panels: what one person proposes and several give, until their median settles an assessment (R5.7)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.assessment import Assessment
from schema.tables.base import Base, Key
from schema.tables.user import User

if TYPE_CHECKING:
    from schema.tables.customer import Customer

_OPEN = text("assessment_id is null")


class PanelRating(Base):
    """One person's rating of one word, open until ``assessment_id`` names what it helped to settle.

    A ``proposal`` opens a panel and is not counted in the median.  Nobody has two open ones of a word and customer.
    """

    __tablename__ = "panel_ratings"
    __table_args__ = (
        CheckConstraint("rating between 0 and 10", name="rating"),
        Index(
            "uq_panel_ratings_open",
            "customer_id",
            "word",
            "rater_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(None, "assessment_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    word: Mapped[str] = mapped_column(String(40))
    rating: Mapped[int]
    proposal: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    given_on: Mapped[date]
    rater_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessments.id"))

    customer: Mapped[Customer] = relationship(lazy="raise", viewonly=True)
    rater: Mapped[User] = relationship(lazy="raise", viewonly=True)
    assessment: Mapped[Assessment | None] = relationship(lazy="raise", viewonly=True)
