"""Days and months as windows: where a day ends in a zone, and a date some months before, clamped to the month's end."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
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


@lru_cache(maxsize=64)
def offsets(zone: str, year: int) -> tuple[tuple[datetime, int], ...]:
    """Return from which instants on the zone's clock is how many seconds east of UTC, from 1970 to the end of ``year``.

    The oldest comes first and holds for all before it, too.
    """
    there = ZoneInfo(zone)

    def seconds(instant: datetime) -> int:
        offset = instant.astimezone(there).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    instant = datetime(1970, 1, 1, tzinfo=UTC)
    found = [(instant, seconds(instant))]
    while instant.year <= year:
        later = instant + timedelta(days=1)
        if seconds(later) != found[-1][1]:
            low, high = instant, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if seconds(middle) == found[-1][1] else (low, middle)
            found.append((high.replace(microsecond=0), seconds(later)))
        instant = later
    return tuple(found)


def is_month_end(day: date) -> bool:
    """Say whether ``day`` is the last of its month."""
    return day.day == monthrange(day.year, day.month)[1]
