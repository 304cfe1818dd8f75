"""Trend over ordered tiers: whether outcomes rise from the worst tier to the best, by Jonckheere and Terpstra's test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import sqrt

from policies.backtest.distributions import upper_tail
from policies.backtest.panel import Panel, Side

# (outcome, place of the tier with 0 the best, customers), by outcome
Cell = tuple[int, int, int]


@dataclass(frozen=True)
class Trend:
    """Of all pairs from two tiers, ``statistic`` counts those where the better tier has more; ties count half.

    ``z`` is its distance from chance in standard deviations, ``p`` the one-sided probability of as much by chance.
    """

    statistic: Fraction
    z: float
    p: float


def trend(panel: Panel, side: Side) -> Trend | None:
    """Return the trend of the amount bought next over the tiers of a policy; None where nothing can be compared."""
    tiers = len(panel.places[side].tiers)
    cells = panel.rows(
        "select next_amount, place, count(*) from placed join customers using (customer_id) "
        "where side = $side and place < $tiers group by all order by 1, 2",
        side=side,
        tiers=tiers,
    )
    return jonckheere_terpstra(cells, tiers)


def jonckheere_terpstra(cells: Iterable[Cell], tiers: int) -> Trend | None:
    """Return the test of Jonckheere (1954) and Terpstra (1952), normal approximation with ties (Hollander, Wolfe 1999, 6.2).

    ``cells`` come in the order of their outcome.  None for fewer than two tiers with customers, or one outcome.
    """
    sizes, lower, doubled, ties = [0] * tiers, [0] * tiers, 0, []
    for _, found in groupby(cells, key=lambda cell: cell[0]):
        here = [0] * tiers
        for _, place, customers in found:
            here[place] += customers
        for place, customers in enumerate(here):
            if customers:
                doubled += customers * (2 * sum(lower[place + 1 :]) + sum(here[place + 1 :]))
        lower = [one + other for one, other in zip(lower, here, strict=True)]
        ties.append(sum(here))
    sizes = lower
    everyone = sum(sizes)
    statistic, mean = Fraction(doubled, 2), Fraction(everyone**2 - sum(n * n for n in sizes), 4)
    variance = _variance(everyone, sizes, ties)
    if variance <= 0:
        return None
    z = float(statistic - mean) / sqrt(variance)
    return Trend(statistic, z, upper_tail(z))


def _variance(everyone: int, sizes: Sequence[int], ties: Sequence[int]) -> Fraction:
    def powers(numbers: Sequence[int]) -> tuple[int, int, int]:
        return (
            sum(n * (n - 1) * (2 * n + 5) for n in numbers),
            sum(n * (n - 1) * (n - 2) for n in numbers),
            sum(n * (n - 1) for n in numbers),
        )

    if everyone < 2:
        return Fraction(0)
    of_all, of_sizes, of_ties = powers([everyone]), powers(sizes), powers(ties)
    triples = Fraction(of_sizes[1] * of_ties[1], 36 * of_all[1]) if of_all[1] else Fraction(0)
    pairs = Fraction(of_sizes[2] * of_ties[2], 8 * of_all[2])
    return Fraction(of_all[0] - of_sizes[0] - of_ties[0], 72) + triples + pairs
