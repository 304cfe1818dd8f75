"""Structure: how many customers each tier holds, what they bought in the 12 months before the date, and at what margin."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.figure import part, points
from policies.backtest.panel import Panel, Side


@dataclass(frozen=True)
class Share:
    """One place: customers, and their amount of 12 months in fen; ``unknown`` of them have an amount not known.

    ``profit`` is the gross profit of the ``customers - unprofit`` for whom it is known, ``earning`` their amount.
    """

    place: str
    customers: int
    amount: int
    unknown: int
    profit: int
    unprofit: int
    earning: int
    of_customers: Fraction
    of_amount: Fraction

    @property
    def margin(self) -> Fraction | None:
        """Return profit / amount of the customers whose profit is known; None where they bought nothing."""
        return Fraction(self.profit, self.earning) if self.earning else None

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {
            "place": self.place, "customers": self.customers, "amount": self.amount, "unknown": self.unknown,
            "profit": self.profit, "unprofit": self.unprofit, "margin": points(self.margin),
            "of_customers": points(self.of_customers), "of_amount": points(self.of_amount),
        }  # fmt: skip


def structure(panel: Panel, side: Side) -> tuple[Share, ...]:
    """Return every place of a policy in order, the empty ones too; shares are of all customers and of all amount."""
    found: dict[int, tuple[int, int, int, int, int, int]] = {}
    for place, *sums in panel.rows(
        "select place, count(*), coalesce(sum(amount), 0), count(*) - count(amount), coalesce(sum(profit), 0), "
        "count(*) - count(profit), coalesce(sum(amount) filter (profit is not null), 0) "
        "from placed join customers using (customer_id) where side = $side group by place",
        side=side,
    ):
        a, b, c, d, e, f = map(int, sums)
        found[place] = a, b, c, d, e, f
    everyone = sum(row[0] for row in found.values())
    everything = sum(row[1] for row in found.values())
    return tuple(
        Share(name, *row, part(row[0], everyone), part(row[1], everything))
        for position, name in enumerate(panel.places[side].names)
        for row in (found.get(position, (0, 0, 0, 0, 0, 0)),)
    )
