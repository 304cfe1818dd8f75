"""What every table shares: the declarative base, exact money, instants in UTC, and the marks of an imported row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only for a column of type INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base; constraint names are given, so that migrations can name them on both databases."""

    metadata = MetaData(naming_convention=NAMING)

    @classmethod
    def __table_cls__(cls, name: str, metadata: MetaData, *parts: Any, **options: Any) -> Table:
        """Return the table of a class; SQLite, unless told, gives the id of a deleted newest row to the next one."""
        if any(isinstance(part, Column) and part.primary_key and part.name == "id" for part in parts):
            options["sqlite_autoincrement"] = True
        return Table(name, metadata, *parts, **options)


CENT = Decimal("0.01")


class Money(TypeDecorator[Decimal]):
    """Money exact to 1/10000 of the currency unit: an int64 at rest, a Decimal in Python."""

    impl = BigInteger
    cache_ok = True
    PER_UNIT = 10_000

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the stored integer; ValueError when the value has more than four decimals."""
        if value is None or isinstance(value, int):
            return None if value is None else value * self.PER_UNIT
        stored = Decimal(value) * self.PER_UNIT
        if stored != stored.to_integral_value():
            raise ValueError(f"{value} has more than four decimals")
        return int(stored)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return yuan (or the order's currency unit) with at least two decimals."""
        if value is None:
            return None
        exact = Decimal(value).scaleb(-4)
        return exact.quantize(CENT) if value % 100 == 0 else exact


class Figure(Money):
    """A figure that is no money, such as a share or hours, exact to 1/10000 and kept as money is; always four decimals."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the figure with four decimals."""
        return None if value is None else Decimal(value).scaleb(-4)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC at rest on both databases."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC without zone; ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)  # type: ignore[no-any-return]  # value is typed Any by SQLAlchemy

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant as an aware datetime in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


class Sourced:
    """A row that came from somewhere: its source system, its key there, and when it was known to us.

    Each table makes the pair of source system and key unique, so that importing a file twice changes nothing.
    """

    source_system: Mapped[str] = mapped_column(String(60), default="fenji")
    source_key: Mapped[str | None] = mapped_column(String(120))
    known_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
