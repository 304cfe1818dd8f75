"""Cumulative gains: how much of what was bought next the first part of a ranking holds, and how much of what it could."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from policies.backtest.concentration import reached

PERCENTS = (5, 10, 20, 40)
FINEST = 400  # points of a curve, more than a picture can show


@dataclass(frozen=True)
class Gains:
    """A ranking as groups of ties (customers, amount bought next), best first; inside a group everyone counts alike."""

    groups: tuple[tuple[int, int], ...]

    @cached_property
    def customers(self) -> int:
        """Return the number of customers."""
        return sum(size for size, _ in self.groups)

    @cached_property
    def amount(self) -> int:
        """Return all that was bought next."""
        return sum(amount for _, amount in self.groups)

    def capture(self, percent: int) -> Fraction | None:
        """Return the share of all that was bought next by the first ``percent`` of the customers; None of nothing.

        A group that straddles the edge counts in proportion.
        """
        if not self.amount:
            return None
        return reached(self.groups, (percent,))[0]

    @property
    def gini(self) -> Fraction | None:
        """Return the Gini of the ranking: 2 x area under the curve - 1, straight inside a group; None of nothing."""
        if not self.amount:
            return None
        doubled = before = 0
        for size, amount in self.groups:
            doubled += size * (2 * before + amount)
            before += amount
        return Fraction(doubled, self.customers * self.amount) - 1

    def curve(self) -> tuple[tuple[float, float], ...]:
        """Return points of the curve from (0, 0) to (1, 1): shares of the customers and of the amount.

        The points are ends of groups, each at least a FINEST part of the customers after the one before.
        """
        points, size, amount, drawn = [(0.0, 0.0)], 0, 0, 0
        for more, bought in self.groups:
            size, amount = size + more, amount + bought
            if (size - drawn) * FINEST >= self.customers or size == self.customers:
                points.append((size / self.customers, amount / self.amount if self.amount else 0.0))
                drawn = size
        return tuple(points)


def gains(scored: Iterable[tuple[Hashable, int]]) -> Gains:
    """Return the gains of customers as (score, amount bought next), the highest score best; equal scores tie."""
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for score, amount in scored:
        sums[score][0] += 1
        sums[score][1] += amount
    return Gains(tuple((size, amount) for _, (size, amount) in sorted(sums.items(), reverse=True)))


def perfect(found: Iterable[int]) -> Gains:
    """Return the gains of the one ranking that knows what everybody buys next."""
    return gains((amount, amount) for amount in found)


def normalised_gini(found: Gains, best: Gains) -> Fraction | None:
    """Return the Gini of a ranking as a share of the perfect one's: 1 is perfect, 0 chance; None where all buy alike."""
    if found.gini is None or not best.gini:
        return None
    return found.gini / best.gini
