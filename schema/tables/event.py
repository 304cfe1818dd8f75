"""Events: which rows a transaction changed, so that subscriptions in every process hear of it; kept for a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from schema.tables.base import Base, Key, UtcDateTime, now


class Event(Base):
    """Rows of one noun that one transaction changed; ids follow the order of the commits."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    noun: Mapped[str] = mapped_column(String(40))
    keys: Mapped[list[int]] = mapped_column(JSON, comment="ids of the rows")
