"""Integer arithmetic and dates in SQL, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, case, cast, func, literal, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from schema.tables.base import UtcDateTime
from schema.windows import offsets

Integer = ColumnElement[int]
MOST_RATIO = 10**14


class DaysBetween(GenericFunction[int]):
    """Days from the first date to the second."""

    type = BigInteger()
    inherit_cache = True


@compiles(DaysBetween, "sqlite")
def _days_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    return f"cast(julianday({second}) - julianday({first}) as integer)"


@compiles(DaysBetween, "postgresql")
def _days_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(cast({second} as date) - cast({first} as date))"


class SecondsBetween(GenericFunction[int]):
    """Whole seconds from the first instant to the second, each without its fraction."""

    type = BigInteger()
    inherit_cache = True


@compiles(SecondsBetween, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    # Without fractions, which SQLite would round to milliseconds.
    parts = (f"cast(strftime('%s', substr({part}, 1, 19)) as integer)" for part in (second, first))
    return f"({' - '.join(parts)})"


@compiles(SecondsBetween, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    parts = (f"cast(extract(epoch from date_trunc('second', {part})) as bigint)" for part in (second, first))
    return f"({' - '.join(parts)})"


class LocalDate(GenericFunction[date]):
    """The date of a UTC instant, so many seconds east of it."""

    type = Date()
    inherit_cache = True


@compiles(LocalDate, "sqlite")
def _local_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    instant, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    # Without its fraction: SQLite rounds to milliseconds, and 23:59:59.9999 would fall on the next day.
    return f"date(substr({instant}, 1, 19), ({seconds}) || ' seconds')"


@compiles(LocalDate, "postgresql")
def _local_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    instant, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"cast({instant} + ({seconds}) * interval '1 second' as date)"


def local_date(instant: Any, zone: str, year: int) -> ColumnElement[date]:
    """Return the date of a UTC instant by the clock of a zone, as the zone's rules are known to the end of a year."""
    (_, first), *later = offsets(zone, year)
    east: Any = literal(first, BigInteger)
    if later:
        changes = (
            (instant >= literal(since, UtcDateTime), literal(east, BigInteger)) for since, east in reversed(later)
        )
        east = case(*changes, else_=east)
    return LocalDate(instant, east)


def total(value: Any) -> Integer:
    """Return a sum as int64, 0 when there is nothing to add (PostgreSQL's own sum of int64 is a decimal)."""
    return cast(func.coalesce(func.sum(value), 0), BigInteger)


def fen(exact: Integer) -> Integer:
    """Return money rounded half up (half away from zero) from 1/10000 to 1/100."""
    return case((exact >= 0, (exact + 50) // 100), else_=-((-exact + 50) // 100))


def ratio(numerator: Any, denominator: Any, scale: int = 10_000) -> ColumnElement[int | None]:
    """Return numerator / denominator at ``scale`` (1, 100 or 10,000), rounded half up, and NULL for a denominator of 0.

    The denominator is not negative; a negative numerator is rounded half away from zero.  Long division, two digits at
    a time, so that nothing leaves int64 (SQLite would go on in floating point) while both are sums of money up to
    9 * 10^16; a ratio of 10^14 or more counts as 10^14, unless the scale is 1.
    """
    size = case((numerator >= 0, numerator), else_=-numerator)
    whole, rest = size // denominator, size % denominator
    rounded: Any = whole * scale
    place = scale
    while place > 1:
        place //= 100
        rounded += rest * 100 // denominator * place
        rest = rest * 100 % denominator
    rounded += case((rest >= denominator - rest, 1), else_=0)
    if scale > 1:
        most = literal(MOST_RATIO * scale, BigInteger)
        rounded = case((whole >= literal(MOST_RATIO, BigInteger), most), else_=rounded)
    return case((denominator > 0, case((numerator >= 0, rounded), else_=-rounded)), else_=null())
