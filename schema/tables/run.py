"""Grading runs: a snapshot graded with a policy version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now
from schema.tables.policy import PolicyVersion
from schema.tables.snapshot import Snapshot
from schema.tables.user import User

RUN_STATES = ("queued", "running", "finished", "failed")


class Run(Base):
    """One grading of all customers; a finished run never changes, and running it again gives the same fingerprint."""

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint(f"state in {RUN_STATES}", name="state"), Index(None, "state", "id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"))
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshots.id"))
    as_of: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default="queued")
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON, comment="customers by status and tier")
    cuts: Mapped[dict[str, Any] | None] = mapped_column(JSON, comment="the cut scores of a ranking, frozen")
    fingerprint: Mapped[str | None] = mapped_column(String(71))
    standing_counts: Mapped[dict[str, Any] | None] = mapped_column(JSON, comment="customers by tier in effect")
    standings_fingerprint: Mapped[str | None] = mapped_column(String(71))
    error: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    started_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    started_by: Mapped[User] = relationship(lazy="raise", viewonly=True)
    version: Mapped[PolicyVersion] = relationship(lazy="raise", viewonly=True)
    snapshot: Mapped[Snapshot | None] = relationship(lazy="raise", viewonly=True)
