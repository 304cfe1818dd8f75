"""Foresight: how well the order that a policy gives its customers foretells what they buy next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from policies.backtest.panel import Panel, Places, Side
from policies.backtest.structure import part


@dataclass(frozen=True)
class Outcome:
    """What the customers of one place bought in (t, t + h]: amounts in fen, mean and median over all of them."""

    place: str
    customers: int
    buyers: int
    amount: int
    unknown: int
    median: Fraction | None
    share: Fraction

    @property
    def mean(self) -> Fraction | None:
        """Return the mean over the customers of the place, those who bought nothing too; None of nobody."""
        return Fraction(self.amount, self.customers) if self.customers else None


# customers, buyers, amount, unknown, median
_Sums = tuple[int, int, int, int, Fraction | None]


def foresight(panel: Panel, side: Side) -> tuple[Outcome, ...]:
    """Return every place of a policy in order, with what its customers bought next; share is of all that was bought.

    ``unknown`` is the number of orders whose amount is not known and therefore not in ``amount``.  The median of an
    even number is half the sum of the two in the middle.
    """
    found = {
        row[0]: (row[1], row[2], int(row[3]), int(row[4]), Fraction(int(row[5]), row[6]))
        for row in panel.rows(
            "with ranked as (select place, next_amount, next_orders, next_unknown, count(*) over (partition by place) "
            "as size, row_number() over (partition by place order by next_amount) as number "
            "from placed join customers using (customer_id) where side = $side) "
            "select place, count(*), count(*) filter (next_orders > 0), sum(next_amount), sum(next_unknown), "
            "sum(next_amount) filter (number in ((size + 1) // 2, (size + 2) // 2)), "
            "count(*) filter (number in ((size + 1) // 2, (size + 2) // 2)) from ranked group by place",
            side=side,
        )
    }
    return _outcomes(panel.places[side], found)


def _outcomes(places: Places, found: Mapping[int, _Sums]) -> tuple[Outcome, ...]:
    everything = sum(row[2] for row in found.values())
    return tuple(
        Outcome(name, *row, part(row[2], everything))
        for position, name in enumerate(places.names)
        for row in (found.get(position, (0, 0, 0, 0, None)),)
    )


def pooled(dates: Sequence[tuple[Outcome, ...]], places: Places) -> tuple[Outcome, ...]:
    """Return the outcomes of several dates together, each customer counted once a date; without medians."""
    sums = {
        position: (
            sum(row[position].customers for row in dates),
            sum(row[position].buyers for row in dates),
            sum(row[position].amount for row in dates),
            sum(row[position].unknown for row in dates),
            None,
        )
        for position in range(len(places.names))
    }
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


def capture(panel: Panel, side: Side, percents: Sequence[int] = (10, 20)) -> dict[int, Fraction | None]:
    """Return the share of all that was bought next by the top 10, 20, ... percent of all customers.

    Customers are ordered by tier, inside it by total; those outside the tiers come last, all tied.  Tied customers share
    a place in the top: when a group straddles the edge, the same fraction of each counts.  None when nothing was bought.
    """
    groups = panel.rows(
        "select least(place, $tiers) as tier, case when place < $tiers then rank end as score, count(*), "
        "sum(next_amount) from placed join customers using (customer_id) where side = $side "
        "group by tier, score order by tier, score desc",
        side=side,
        tiers=len(panel.places[side].tiers),
    )
    sizes = [(customers, int(amount)) for _, _, customers, amount in groups]
    return {percent: _captured(sizes, percent) for percent in percents}


def _captured(groups: Sequence[tuple[int, int]], percent: int) -> Fraction | None:
    everyone, everything = sum(size for size, _ in groups), sum(amount for _, amount in groups)
    seats, held = Fraction(everyone * percent, 100), Fraction(0)
    for size, amount in groups:
        taken = min(Fraction(size), seats)
        held += amount * taken / size
        seats -= taken
    return held / everything if everything else None
