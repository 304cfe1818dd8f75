"""Days and months as windows: where a day ends in a zone, and a date some months before, clamped to the month's end."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_day(day: date, zone: str) -> datetime:
    """Return the first instant after ``day`` in the zone: what is known by the day's end was known before it."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))


def months_before(day: date, months: int) -> date:
    """Return the date ``months`` before ``day`` (after it when negative), clamped to the month's end.

    2026-03-31 minus one month is 2026-02-28.
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_month_end(day: date) -> bool:
    """Say whether ``day`` is the last of its month."""
    return day.day == monthrange(day.year, day.month)[1]
