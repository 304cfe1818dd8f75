"""Concentration: how unequally the amount of 12 months is spread over customers, and how a policy's order gathers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from policies.backtest.panel import Panel, Side

TOPS = (1, 5, 10, 20)
# Points of a Lorenz curve: its value at 0, 5, ..., 100 percent of the customers.
STEPS = tuple(range(0, 101, 5))


@dataclass(frozen=True)
class Concentration:
    """The spread over the customers whose amount is known: Gini coefficient, share of the largest, Lorenz curve."""

    customers: int
    gini: Fraction
    top: dict[int, Fraction]
    lorenz: tuple[Fraction, ...]


def concentration(panel: Panel) -> Concentration | None:
    """Return how the amount of 12 months is spread over all customers; None when there is none, or one is below 0.

    Gini = sum of (2 i - n - 1) x_i / (n sum of x) over amounts in ascending order, i from 1 (Gini 1912; Sen 1973).
    """
    groups = panel.rows("select amount, count(*) from customers where amount is not null group by 1 order by 1")
    customers, amount = sum(n for _, n in groups), sum(value * n for value, n in groups)
    if amount <= 0 or groups[0][0] < 0:
        return None
    weighted = passed = 0
    for value, n in groups:
        # The ranks of n equal amounts after ``passed`` others: their sum of 2 i - customers - 1.
        weighted += value * n * (2 * passed + n - customers)
        passed += n
    gini = Fraction(weighted, customers * amount)
    largest = [(n, value * n) for value, n in reversed(groups)]
    smallest = [(n, value * n) for value, n in groups]
    top = dict(zip(TOPS, reached(largest, TOPS), strict=True))
    return Concentration(customers, gini, top, reached(smallest, STEPS))


def reached(groups: Sequence[tuple[int, int]], percents: Sequence[int]) -> tuple[Fraction, ...]:
    """Return the share of an amount that the first customers hold, for each percentage of them in ascending order.

    A group of ties (customers, amount) that straddles an edge counts in proportion.  0 of nothing.
    """
    everyone, everything = sum(size for size, _ in groups), sum(amount for _, amount in groups)
    if not everything:
        return (Fraction(0),) * len(percents)
    found, left = [], iter(groups)
    seats = held = size = amount = 0  # what lies before the group at hand, and that group
    for percent in percents:
        while (seats + size) * 100 < everyone * percent:
            seats, held = seats + size, held + amount
            size, amount = next(left)
        part = Fraction(amount * (everyone * percent - 100 * seats), 100 * size) if size else Fraction(0)
        found.append((held + part) / everything)
    return tuple(found)


def gathered(panel: Panel, side: Side) -> tuple[Fraction, ...]:
    """Return the share of the amount of 12 months held by the first 0, 5, ... 100 percent in a policy's order.

    Customers are ordered by tier, inside it by total, those outside the tiers last; an unknown amount counts as 0.
    """
    groups = panel.rows(
        "select least(place, $tiers) as tier, case when place < $tiers then rank end as score, count(*), "
        "coalesce(sum(amount), 0) from placed join customers using (customer_id) where side = $side "
        "group by tier, score order by tier, score desc",
        side=side,
        tiers=len(panel.places[side].tiers),
    )
    sizes = [(customers, int(amount)) for _, _, customers, amount in groups]
    return reached(sizes, STEPS)
