"""Discrimination: how well a policy's order tells who buys next from who does not, and how much its top captures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from policies.backtest.concentration import reached
from policies.backtest.panel import Panel, Side

PERCENTS = (5, 10, 20, 40)
# tier, rank inside it (None outside the tiers)
Place = tuple[int, int | None]


@dataclass(frozen=True)
class Tied:
    """The customers of one place of the order: how many, how many of them buy next, and for how much in fen."""

    customers: int
    buyers: int
    amount: int


Order = dict[Place, Tied]


@dataclass(frozen=True)
class Discrimination:
    """``auc``: probability that a buyer stands before a customer who does not buy, ties half; ``ks`` by Kolmogorov and Smirnov.

    Both are None when everybody buys or nobody does.  ``capture`` is the share of all that was bought next by the top 5,
    10, 20 and 40 percent of all customers, None when nothing was bought.
    """

    auc: Fraction | None
    ks: Fraction | None
    capture: dict[int, Fraction | None]

    @property
    def gini(self) -> Fraction | None:
        """Return 2 AUC - 1, the accuracy ratio."""
        return None if self.auc is None else 2 * self.auc - 1

    @property
    def lift(self) -> dict[int, Fraction | None]:
        """Return how many times its share of the customers each top captures."""
        return {percent: None if share is None else share * 100 / percent for percent, share in self.capture.items()}


def order(panel: Panel, side: Side) -> Order:
    """Return the customers by their place in a policy's order: by tier, inside it by total, outside the tiers all tied last."""
    rows = panel.rows(
        "select least(place, $tiers) as tier, case when place < $tiers then rank end as score, count(*), "
        "count(*) filter (next_orders > 0), sum(next_amount) "
        "from placed join customers using (customer_id) where side = $side group by tier, score",
        side=side,
        tiers=len(panel.places[side].tiers),
    )
    return {(tier, score): Tied(customers, buyers, int(amount)) for tier, score, customers, buyers, amount in rows}


def added(orders: Iterable[Order]) -> Order:
    """Return several orders in one, each customer counted once a date."""
    sums: dict[Place, list[int]] = {}
    for one in orders:
        for place, tied in one.items():
            total = sums.setdefault(place, [0, 0, 0])
            for i, number in enumerate((tied.customers, tied.buyers, tied.amount)):
                total[i] += number
    return {place: Tied(*total) for place, total in sums.items()}


def discrimination(found: Order) -> Discrimination:
    """Return how well an order foretells."""
    tied = [found[place] for place in sorted(found, key=lambda place: (place[0], -(place[1] or 0)))]
    bought = any(one.amount for one in tied)
    sizes = [(one.customers, one.amount) for one in tied]
    shares = reached(sizes, PERCENTS) if bought else (None,) * len(PERCENTS)
    capture = dict(zip(PERCENTS, shares, strict=True))
    return Discrimination(*separation([(one.buyers, one.customers - one.buyers) for one in tied]), capture)


def separation(tied: Sequence[tuple[int, int]]) -> tuple[Fraction | None, Fraction | None]:
    """Return AUC (Mann and Whitney 1947) and KS of (buyers, others) in their order, best first."""
    buyers, others = (sum(one[i] for one in tied) for i in (0, 1))
    if not buyers or not others:
        return None, None
    won = farthest = here = there = 0
    for bought, rest in tied:
        won += bought * (2 * (others - there) - rest)
        here, there = here + bought, there + rest
        farthest = max(farthest, abs(here * others - there * buyers))
    return Fraction(won, 2 * buyers * others), Fraction(farthest, buyers * others)
