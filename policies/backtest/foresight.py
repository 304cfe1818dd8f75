"""Foresight: what the customers of each tier bought next, at what margin, and how many of them were lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from policies.backtest.distributions import wilson
from policies.backtest.figure import part, points, whole
from policies.backtest.panel import Panel, Places, Side


@dataclass(frozen=True)
class Outcome:
    """What the customers of one place bought in (t, t + h]: amounts in fen, mean and median over all of them.

    ``unknown`` orders have no known amount and ``unprofit`` ones no known profit; neither is in its sum, and ``earning``
    is the amount of the orders whose profit is known.  ``active``
    customers ordered in the 12 months before t, ``lost`` ones of them order nothing in (t, t + h].
    """

    place: str
    customers: int
    buyers: int
    amount: int
    unknown: int
    profit: int
    unprofit: int
    earning: int
    active: int
    lost: int
    median: Fraction | None
    share: Fraction

    @property
    def mean(self) -> Fraction | None:
        """Return the mean over the customers of the place, those who bought nothing too; None of nobody."""
        return Fraction(self.amount, self.customers) if self.customers else None

    @property
    def margin(self) -> Fraction | None:
        """Return profit / amount of the orders whose profit is known; None where there are none."""
        return Fraction(self.profit, self.earning) if self.earning else None

    @property
    def buying(self) -> tuple[Fraction, Fraction] | None:
        """Return the 95 % interval of the share of buyers."""
        return wilson(self.buyers, self.customers)

    @property
    def churn(self) -> Fraction | None:
        """Return the share of the active customers who were lost; None of nobody."""
        return Fraction(self.lost, self.active) if self.active else None

    @property
    def losing(self) -> tuple[Fraction, Fraction] | None:
        """Return the 95 % interval of the churn."""
        return wilson(self.lost, self.active)

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {
            "place": self.place, "customers": self.customers, "buyers": self.buyers, "buyers_interval": _ends(self.buying),
            "amount": self.amount, "unknown": self.unknown, "mean": whole(self.mean), "median": whole(self.median),
            "share": points(self.share), "profit": self.profit, "unprofit": self.unprofit, "margin": points(self.margin),
            "active": self.active, "lost": self.lost, "churn": points(self.churn), "churn_interval": _ends(self.losing),
        }  # fmt: skip


def _ends(interval: tuple[Fraction, Fraction] | None) -> list[int | None] | None:
    return None if interval is None else [points(end) for end in interval]


# customers, buyers, amount, unknown, profit, unprofit, earning, active, lost; then the median
_Sums = tuple[int, int, int, int, int, int, int, int, int]
_NOBODY: tuple[_Sums, None] = ((0, 0, 0, 0, 0, 0, 0, 0, 0), None)


def foresight(panel: Panel, side: Side) -> tuple[Outcome, ...]:
    """Return every place of a policy in order, with what its customers bought next; share is of all that was bought.

    The median of an even number is half the sum of the two in the middle.
    """
    found: dict[int, tuple[_Sums, Fraction | None]] = {}
    for place, middle, middles, *sums in panel.rows(
        "with ranked as (select *, count(*) over (partition by place) as size, "
        "row_number() over (partition by place order by next_amount) as number "
        "from placed join customers using (customer_id) where side = $side) "
        "select place, sum(next_amount) filter (number in ((size + 1) // 2, (size + 2) // 2)), "
        "count(*) filter (number in ((size + 1) // 2, (size + 2) // 2)), count(*), count(*) filter (next_orders > 0), "
        "sum(next_amount), sum(next_unknown), sum(next_profit), sum(next_unprofit), sum(next_earning), count(*) filter (orders > 0), "
        "count(*) filter (orders > 0 and next_orders = 0) from ranked group by place",
        side=side,
    ):
        a, b, c, d, e, f, g, h, i = map(int, sums)
        found[place] = (a, b, c, d, e, f, g, h, i), Fraction(int(middle), middles)
    return _outcomes(panel.places[side], found)


def _outcomes(places: Places, found: Mapping[int, tuple[_Sums, Fraction | None]]) -> tuple[Outcome, ...]:
    everything = sum(sums[2] for sums, _ in found.values())
    return tuple(
        Outcome(name, *sums, median, part(sums[2], everything))
        for position, name in enumerate(places.names)
        for sums, median in (found.get(position, _NOBODY),)
    )


def pooled(dates: Sequence[tuple[Outcome, ...]], places: Places) -> tuple[Outcome, ...]:
    """Return the outcomes of several dates together, each customer counted once a date; without medians."""

    def total(position: int, name: str) -> int:
        return sum(getattr(row[position], name) for row in dates)

    names = ("customers", "buyers", "amount", "unknown", "profit", "unprofit", "earning", "active", "lost")
    sums: dict[int, tuple[_Sums, Fraction | None]] = {}
    for position in range(len(places.names)):
        a, b, c, d, e, f, g, h, i = (total(position, name) for name in names)
        sums[position] = (a, b, c, d, e, f, g, h, i), None
    return _outcomes(places, sums)


def breaks(outcomes: Iterable[Outcome], places: Places) -> tuple[tuple[str, str], ...]:
    """Return the neighbouring tiers (better, worse) where the worse has the higher mean; empty tiers are left out.

    The order is monotone when there is none.
    """
    means = [(row.place, row.mean) for row in outcomes if row.place in places.tiers and row.mean is not None]
    return tuple(
        (better, worse)
        for (better, high), (worse, low) in pairwise(means)
        if low is not None and high is not None and low > high
    )
