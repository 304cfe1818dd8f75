"""The frontier: how much of the revenue each variant captures in the better tiers, against the service that these take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from policies.backtest.panel import OUTSIDE
from policies.refusal import Refusal
from policies.sweep.history import History

Revenue = Literal["next_amount", "amount"]


@dataclass(frozen=True)
class Point:
    """One variant: customers of the tier of interest and better and the hours they take, both on average over the dates.

    ``amount`` and ``next_amount`` are their money over all dates in fen, ``of_amount`` and ``of_next`` its share of that of all
    customers.  ``efficient`` says that no other variant captures more for as little, or as much for less.
    """

    variant: int
    name: str
    customers: Fraction
    hours: Fraction
    amount: int
    next_amount: int
    of_amount: Fraction
    of_next: Fraction
    efficient: bool = False


def frontier(
    history: History,
    names: Sequence[str],
    tier: str,
    *,
    hours: Mapping[str, Fraction] | None = None,
    revenue: Revenue = "next_amount",
) -> tuple[Point, ...]:
    """Return every variant as a point, in their order.

    The load is the hours that the customers of ``tier`` and better take, ``hours`` of each tier a customer and period, or
    their number where no hours are given.  Refusal for a tier that there is not, and for one without hours.
    """
    tiers = history.places[: -len(OUTSIDE)]
    if tier not in tiers:
        raise Refusal(f"There is no tier {tier!r}; choose among {', '.join(tiers)}.", code="invalid")
    chosen = tiers[: tiers.index(tier) + 1]
    lacking = [name for name in chosen if hours is not None and name not in hours]
    strange = [name for name in hours or () if name not in tiers]
    if lacking or strange:
        what = f"name {strange[0]!r}, which is no tier" if strange else f"lack {', '.join(lacking)}"
        raise Refusal(
            f"The service hours {what}; give hours a customer for each of {', '.join(chosen)}.", code="invalid"
        )
    dates = max(len(history.dates), 1)
    found = []
    for variant, name in enumerate(names):
        tallies = history.tallies(variant)
        inside = tallies[: len(chosen)]
        customers = sum(one.customers for one in inside)
        each = {one.place: Fraction(1) for one in inside} if hours is None else hours
        load = sum((each[one.place] * one.customers for one in inside), Fraction(0))
        amount, after = sum(one.amount for one in inside), sum(one.next_amount for one in inside)
        of_amount = _share(amount, sum(one.amount for one in tallies))
        of_next = _share(after, sum(one.next_amount for one in tallies))
        point = Point(variant, name, Fraction(customers, dates), load / dates, amount, after, of_amount, of_next)
        found.append(point)
    best = efficient([(point.hours, getattr(point, revenue)) for point in found])
    return tuple(Point(**{**point.__dict__, "efficient": marked}) for point, marked in zip(found, best, strict=True))


def efficient(points: Sequence[tuple[Fraction, int]]) -> list[bool]:
    """Return which (load, captured) no other point beats: none has more for no more load, nor as much for less."""
    found = [False] * len(points)
    most: int | None = None
    level: tuple[Fraction, int] | None = None
    for place in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if most is None or points[place][1] > most:
            most, level = points[place][1], points[place]
        found[place] = points[place] == level
    return found


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)
