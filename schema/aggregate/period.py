"""The part of a date that a key goes by: its first day, of instants by the clock of the settings' zone."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Date, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from schema.expressions import local_date


@strawberry.enum(description="Part of a date to group by; the key is its first day. 日期粒度")
class DatePart(Enum):
    """Part of a date to group by."""

    YEAR = strawberry.enum_value("year", description="From 1 January. 年")
    QUARTER = strawberry.enum_value("quarter", description="From 1 January, 1 April, 1 July or 1 October. 季度")
    MONTH = strawberry.enum_value("month", description="From the first. 月")
    WEEK = strawberry.enum_value("week", description="From Monday, as ISO 8601 has it. 周(周一起)")
    DAY = strawberry.enum_value("day", description="The day. 日")


class FirstDay(GenericFunction[date]):
    """The first day of the part of a date."""

    type = Date()
    inherit_cache = True


@compiles(FirstDay, "sqlite")
def _first_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    value, part = element.clauses
    day = compiler.process(value, **options)
    if part.name == "week":
        return f"date({day}, '-6 days', 'weekday 1')"
    if part.name == "quarter":
        return f"date({day}, 'start of month', '-' || ((cast(strftime('%m', {day}) as integer) - 1) % 3) || ' months')"
    return f"date({day}, 'start of {part.name}')"


@compiles(FirstDay, "postgresql")
def _first_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    value, part = element.clauses
    return f"cast(date_trunc('{part.name}', cast({compiler.process(value, **options)} as timestamp)) as date)"


def period(value: ColumnElement[Any], part: DatePart, zone: str | None, year: int) -> ColumnElement[date]:
    """Return the first day of the part of a date, or of an instant where ``zone`` says by which clock, up to a year."""
    day = value if zone is None else local_date(value, zone, year)
    return day if part is DatePart.DAY else FirstDay(day, literal_column(str(part.value)))
