"""Policies, their versions, who worked on them, and which version was in force when (R6.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now
from schema.tables.user import User

if TYPE_CHECKING:
    from schema.tables.backtest import Backtest

POLICY_STATES = ("draft", "submitted", "approved", "active", "retired", "rejected", "withdrawn")


class Policy(Base):
    """A policy: a name under which versions follow each other; the main one gives the grades in force."""

    __tablename__ = "policies"
    __table_args__ = (
        Index("uq_policies_main", "main", unique=True, sqlite_where=text("main"), postgresql_where=text("main")),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str | None] = mapped_column(String(200))
    main: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    versions: Mapped[list[PolicyVersion]] = relationship(
        lazy="raise", order_by="PolicyVersion.id", viewonly=True, back_populates="policy"
    )


class PolicyVersion(Base):
    """One document of a policy and its state; triggers refuse any change of content once it is submitted."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        UniqueConstraint("policy_id", "number"),
        CheckConstraint(f"state in {POLICY_STATES}", name="state"),
        CheckConstraint(
            "state in ('draft', 'submitted', 'withdrawn') or (decided_by_id is not null and decided_by_id <> author_id)",
            name="other_person",
        ),
        CheckConstraint("(number is null) = (state in ('draft', 'submitted', 'rejected', 'withdrawn'))", name="number"),
        Index(None, "semantic_hash"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    number: Mapped[int | None] = mapped_column(comment="given on approval, 1, 2, 3 …")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    document: Mapped[str] = mapped_column(Text, comment="verbatim")
    canonical: Mapped[str] = mapped_column(Text)
    semantic_hash: Mapped[str] = mapped_column(String(71))
    document_hash: Mapped[str] = mapped_column(String(71))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str | None] = mapped_column(Text)

    policy: Mapped[Policy] = relationship(lazy="raise", viewonly=True, back_populates="versions")
    author: Mapped[User] = relationship(lazy="raise", viewonly=True, foreign_keys=[author_id])
    backtests: Mapped[list[Backtest]] = relationship(
        lazy="raise", viewonly=True, order_by="Backtest.id", foreign_keys="Backtest.version_id"
    )
    decided_by: Mapped[User | None] = relationship(lazy="raise", viewonly=True, foreign_keys=[decided_by_id])


class PolicyContribution(Base):
    """Who worked on a version: wrote it, edited it or ran its backtest.  None of them may approve it."""

    __tablename__ = "policy_contributions"
    __table_args__ = (UniqueConstraint("version_id", "user_id", "what"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class PolicySubmission(Base):
    """A version put before the strategy group, with the backtest that is its evidence."""

    __tablename__ = "policy_submissions"

    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"), primary_key=True)
    backtest_id: Mapped[int] = mapped_column(ForeignKey("backtests.id"))
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class PolicyChampion(Base):
    """The alias that moves: from ``effective_from`` the version is in force; rows are only ever added."""

    __tablename__ = "policy_champions"
    __table_args__ = (Index(None, "policy_id", "effective_from"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"))
    effective_from: Mapped[date]
    set_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
