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
    top = {percent: reached(largest, percent) for percent in TOPS}
    return Concentration(customers, gini, top, tuple(reached(smallest, step) for step in STEPS))


def reached(groups: Sequence[tuple[int, int]], percent: int) -> Fraction:
    """Return the share of an amount that the first ``percent`` of the customers hold, 0 of nothing.

    A group of ties (customers, amount) that straddles the edge counts in proportion.
    """
    everyone, everything = sum(size for size, _ in groups), sum(amount for _, amount in groups)
    seats, held = Fraction(everyone * percent, 100), Fraction(0)
    for size, amount in groups:
        taken = min(Fraction(size), seats)
        held += amount * taken / size
        seats -= taken
        if not seats:
            break
    return held / everything if everything else Fraction(0)


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
    return tuple(reached(sizes, step) for step in STEPS)
