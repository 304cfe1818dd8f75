"""Bulk calls: who wrote many rows at once, what was answered, and for a time what it takes to undo it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Base, Key, UtcDateTime, now


class BulkCall(Base):
    """One bulk call that wrote rows; ``changes`` may hold personal values and is emptied when it can no longer be undone."""

    __tablename__ = "bulk_calls"
    __table_args__ = (UniqueConstraint("user_id", "idempotency_key"), Index(None, "undo_until"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    operation: Mapped[str] = mapped_column(String(60))
    permission: Mapped[str] = mapped_column(String(40), comment="the action of the table of roles that it took")
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request: Mapped[str] = mapped_column(String(64), comment="SHA-256 of what was asked")
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    changes: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="table, key, former values, digest of the new row; in the order of writing"
    )
    undo_until: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
