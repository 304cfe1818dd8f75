"""Audit rows: who did what to which row, written in the same transaction; rows are only ever added, and sealed (R11.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Base, Key, UtcDateTime, now


class Audit(Base):
    """One action."""

    __tablename__ = "audits"
    __table_args__ = (Index(None, "noun", "noun_id"), Index(None, "seal"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(40))
    noun_id: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seal: Mapped[str | None] = mapped_column(String(32), comment="of the seal that its transaction ends with")


class AuditSeal(Base):
    """The seal on the audit rows of one transaction: a link of the chain, over the digest before it and over the rows."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    seal: Mapped[str] = mapped_column(String(32), unique=True)
    rows: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
