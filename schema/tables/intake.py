"""Imports: which file was read, by whom, with what result (R2.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Base, Key, UtcDateTime, now


class Intake(Base):
    """One imported file."""

    __tablename__ = "intakes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    noun: Mapped[str] = mapped_column(String(40))
    source_system: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="the first 1,000, by row and field")
