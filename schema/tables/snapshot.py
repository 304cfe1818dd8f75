"""Snapshots: one row of facts per customer as known at a date, with a fingerprint."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from policies.vocabulary import WORDS
from schema.tables.base import Base, Key, UtcDateTime, now


class Snapshot(Base):
    """The facts of all customers as of the end of a day in a zone; rows in ``facts``, exported as Parquet."""

    __tablename__ = "snapshots"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    as_of: Mapped[date]
    zone: Mapped[str] = mapped_column(String(40))
    rows: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(71))
    parquet: Mapped[str | None] = mapped_column(Text, comment="path under the application's data folder")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


# One column per word of the vocabulary: the vocabulary is the only place where a fact is defined.
facts = Table(
    "facts",
    Base.metadata,
    Column("snapshot_id", ForeignKey("snapshots.id"), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    *(Column(word.name, String(20) if word.type == "category" else BigInteger) for word in WORDS),
)
