"""Backtests: notebook runs that leave evidence about a version (R6.2, R6.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now
from schema.tables.policy import PolicyVersion
from schema.tables.user import User

BACKTEST_STATES = ("queued", "running", "finished", "failed")


class Backtest(Base):
    """One backtest of a version against the version in force, with its figures and where its evidence lies."""

    __tablename__ = "backtests"
    __table_args__ = (CheckConstraint(f"state in {BACKTEST_STATES}", name="state"), Index(None, "version_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"))
    champion_version_id: Mapped[int | None] = mapped_column(ForeignKey("policy_versions.id"))
    semantic_hash: Mapped[str] = mapped_column(String(71), comment="of the candidate, as backtested")
    state: Mapped[str] = mapped_column(String(20), default="queued")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    metrics: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    metrics_hash: Mapped[str | None] = mapped_column(String(71))
    folder: Mapped[str | None] = mapped_column(Text, comment="under the application's data folder")
    evidence: Mapped[str | None] = mapped_column(
        String(71), comment="hash of the bundle's manifest, under which it lies"
    )
    error: Mapped[str | None] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when somebody asked to stop it")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    started_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    started_by: Mapped[User] = relationship(lazy="raise", viewonly=True)
    version: Mapped[PolicyVersion] = relationship(lazy="raise", viewonly=True, foreign_keys=[version_id])
