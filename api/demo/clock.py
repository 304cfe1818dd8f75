"""The demonstration's time: the window and its months, working seasons, and how long after an event it is entered."""

from __future__ import annotations

import math
from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from random import Random

from schema.formats import CHINA

# First day of the lunar year (春节).
_SPRING_FESTIVALS = (
    "2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 "
    "2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11"
)
SPRING_FESTIVALS = {int(text[:4]): date.fromisoformat(text) for text in _SPRING_FESTIVALS.split()}
# Orders by month of the year: budgets close in June and December.
MONTH_FACTORS = (0.95, 0.95, 1.10, 1.02, 1.00, 1.10, 0.95, 0.95, 1.08, 0.95, 1.08, 1.25)
DAYS_A_YEAR = 365.25


def festival_factor(day: date) -> float:
    """Return how much of a usual day's business is done: 0.06 around the spring festival, 1.25 in the weeks after."""
    distance = (day - SPRING_FESTIVALS[day.year]).days
    if -6 <= distance <= 8:
        return 0.06
    if 9 <= distance <= 30:
        return 1.25
    quiet = (day.month == 10 and day.day <= 7) or (day.month == 5 and day.day <= 3) or (day.month == 1 and day.day == 1)
    return 0.08 if quiet else 1.0


def day_weight(day: date, *, trade: bool) -> float:
    """Return a day's weight for orders (``trade``: with the season of the year) or for other events."""
    week = 1.0 if day.weekday() < 5 else 0.12 if day.weekday() == 5 else 0.04
    return week * festival_factor(day) * (MONTH_FACTORS[day.month - 1] if trade else 1.0)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later or earlier, clamped to the month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Slice:
    """One month of the window: its first day, the weights of its days summed up, and its length in usual days."""

    first: date
    sums: tuple[float, ...]
    usual_days: float

    def pick(self, rng: Random) -> date:
        """Draw a day by its weight."""
        place = bisect_right(self.sums, rng.random() * self.sums[-1])
        return self.first + timedelta(days=min(place, len(self.sums) - 1))


@dataclass(frozen=True)
class Window:
    """The days of the history, both ends included, and its months for orders and for other events."""

    start: date
    until: date
    trade: tuple[Slice, ...]
    contact: tuple[Slice, ...]

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.until - self.start).days + 1

    def at(self, share: float) -> date:
        """Return the day after a share of the window."""
        return self.start + timedelta(days=int(self.days * share))


def make_window(until: date, months: int) -> Window:
    """Return the window of so many months that ends on a day."""
    start = add_months(until + timedelta(days=1), -months)
    if start.year not in SPRING_FESTIVALS or until.year + 1 not in SPRING_FESTIVALS:
        raise ValueError(f"{start} to {until} has a spring festival that is not known; stay between 2015 and 2031")
    return Window(start, until, _slices(start, until, months, trade=True), _slices(start, until, months, trade=False))


def _slices(start: date, until: date, months: int, *, trade: bool) -> tuple[Slice, ...]:
    """Return the months of a window; a usual day weighs as much as the window's days do on average."""
    bounds = [add_months(start, number) for number in range(months)] + [until + timedelta(days=1)]
    runs = []
    for first, end in pairwise(bounds):
        weights = [day_weight(first + timedelta(days=ahead), trade=trade) for ahead in range((end - first).days)]
        runs.append((first, tuple(accumulate(weights))))
    mean = sum(sums[-1] for _, sums in runs) / ((until - start).days + 1)
    return tuple(Slice(first, sums, sums[-1] / mean) for first, sums in runs)


def poisson(rng: Random, mean: float) -> int:
    """Draw a Poisson number; ``mean`` stays small (below some hundred)."""
    limit, number, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        number += 1
        product *= rng.random()
    return number


def workday(rng: Random, day: date) -> date:
    """Return a working day of that week or the next, when the day itself is a weekend."""
    return day + timedelta(days=rng.choice((7 - day.weekday(), 8 - day.weekday()))) if day.weekday() >= 5 else day


def office_hours(rng: Random, day: date) -> datetime:
    """Draw a moment from 08:30 to 18:00 of a day."""
    seconds = rng.randrange(9 * 3600 + 1800)
    return datetime.combine(day, time(8, 30), CHINA) + timedelta(seconds=seconds)


def entry_lag(rng: Random) -> int:
    """Draw the days from an event to its entry: 60 % 0, 25 % 1-3, 13 % 4-10, 2 % 11-60."""
    share = rng.random()
    if share < 0.60:
        return 0
    if share < 0.85:
        return rng.randint(1, 3)
    return rng.randint(4, 10) if share < 0.98 else rng.randint(11, 60)


def entered(rng: Random, happened: date | datetime, earliest: datetime) -> datetime:
    """Draw when an event was entered: never before it happened, nor before ``earliest``."""
    lag = timedelta(days=entry_lag(rng))
    if not isinstance(happened, datetime):
        moment = office_hours(rng, happened + lag)
    elif lag:
        moment = office_hours(rng, happened.date() + lag)
    else:
        moment = happened + timedelta(seconds=rng.randint(300, 7200))
    return max(moment, earliest + timedelta(seconds=rng.randint(60, 7200)))
