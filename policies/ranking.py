"""Percentile tiers in two phases: the totals of a whole population are counted, and become literal cut scores.

A customer is in the best tier i for which (number strictly better) < share i x (number ranked), counted exactly.  With
missing data each customer is set against the others at their best and at their worst, so that its candidates contain the
tier of every completion, and the best and the worst of them occur.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate
from math import ceil
from typing import Any

from policies.cuts import Cuts
from policies.plan import Plan

# One row of the histogram: least total, greatest total, 1 where the policy may not apply (else 0), and how many customers.
Count = tuple[int, int, int, int]


@dataclass(frozen=True)
class Seats:
    """One tier of a ranked population, counted with those above it.

    ``seats`` is the number of places up to and with this tier, ``sure`` the customers who are certainly there by rank
    alone, ``possible`` those who may be; ``overflow`` are the sure ones beyond the seats, who tie for the last of them.
    ``cut`` is the total of 0 to 100 that certainly reaches the tier; None where nobody does.
    """

    tier: str
    share: Fraction
    cut: Fraction | None
    seats: int
    sure: int
    possible: int
    overflow: int


@dataclass(frozen=True)
class RankFigures:
    """What a ranked customer is set against: how many were ranked, how many more may be, and how the tiers fill.

    ``better`` is how many are certainly before the customer and how many may be, None where nobody counted them.
    """

    population: int
    unknown: int
    better: tuple[int, int] | None
    tiers: tuple[Seats, ...]


def rank_figures(plan: Plan, better: tuple[int, int] | None = None) -> RankFigures:
    """Return what a customer is set against by a ranking with cut scores."""
    return RankFigures(plan.frozen.population, plan.frozen.unknown, better, seats(plan))


def ranked(plan: Plan, histogram: Iterable[Count]) -> Plan:
    """Return the plan with the cut scores of a population, as ``sql.histogram_statement`` counts it."""
    return replace(plan, cuts=cuts_of(plan, histogram))


def frozen(plan: Plan, cuts: Mapping[str, Any] | None) -> Plan:
    """Return the plan with cut scores that a run has kept (``Cuts.to_json``); as it is without any."""
    return plan if cuts is None else replace(plan, cuts=Cuts.of_json(cuts))


def cuts_of(plan: Plan, histogram: Iterable[Count]) -> Cuts:
    """Return the cut scores of a population."""
    rows = list(histogram)
    known, unknown = ([row for row in rows if bool(row[2]) is open_] for open_ in (False, True))
    worst, best = (_Above(plan, known, end) for end in (0, 1))
    may_worst, may_best = (_Above(plan, unknown, end) for end in (0, 1))

    def may_be(share: Fraction, total: int) -> bool:
        # The others at their worst; who may be outside the population is inside and behind.
        behind = may_worst.customers - may_worst(total)
        return _within(share, worst(total), worst.customers + behind)

    def is_(share: Fraction, total: int, itself: int = 0) -> bool:
        # The others at their best; who may be outside the population is inside when before this one.
        before = may_best(total)
        return _within(share, best(total) + before - itself, best.customers + before)

    def least(totals: set[int], holds: Callable[[Fraction, int], bool]) -> tuple[int, ...]:
        # What holds of a total holds of every greater one, and changes only at totals that occur.
        points = sorted({plan.lowest, *totals})
        first = [bisect_left(points, True, key=partial(holds, share)) for share in plan.shares]
        return tuple(points[place] if place < len(points) else plan.highest + 1 for place in first)

    optimistic = least({row[0] for row in rows}, may_be)
    certain = least({row[1] for row in rows}, is_)
    open_ = least({row[1] for row in rows}, lambda share, total: is_(share, total, 1))
    # Nobody of the population is moved by this: who is sure of a tier may be in it.  A stranger's candidates stay in order.
    open_ = tuple(map(max, open_, optimistic))
    cuts = Cuts(optimistic, certain, open_, worst.customers, may_worst.customers)
    found: Counter[tuple[int, int]] = Counter()
    for low, high, _, customers in known:
        found[cuts.places(low, high)] += customers
    tiers = range(len(plan.shares))
    sure = tuple(sum(n for (_, low), n in found.items() if low <= i) for i in tiers)
    possible = tuple(sum(n for (high, _), n in found.items() if high <= i) for i in tiers)
    return replace(cuts, sure=sure, possible=possible)


def seats(plan: Plan) -> tuple[Seats, ...]:
    """Return how the tiers of a ranked plan fill, the last one left out."""
    cuts, lines = plan.frozen, []
    for i, share in enumerate(plan.shares):
        places = ceil(share * cuts.population)
        cut = None if cuts.certain[i] > plan.highest else Fraction(cuts.certain[i] * 100, plan.scale)
        sure, possible = (cuts.sure[i], cuts.possible[i]) if cuts.population else (0, 0)
        lines.append(Seats(plan.tiers[i], share, cut, places, sure, possible, max(sure - places, 0)))
    return tuple(lines)


def _within(share: Fraction, better: int, population: int) -> bool:
    return better * share.denominator < share.numerator * population


class _Above:
    """How many customers of a histogram have a total above another: their least (end 0) or greatest (end 1)."""

    def __init__(self, plan: Plan, rows: list[Count], end: int) -> None:
        counted: Counter[int] = Counter()
        for row in rows:
            counted[row[end]] += row[3]
        self.totals = sorted(counted)
        self.upto = [0, *accumulate(counted[total] for total in self.totals)]
        self.customers = self.upto[-1]

    def __call__(self, total: int) -> int:
        return self.customers - self.upto[bisect_right(self.totals, total)]
