"""Structure: how many customers each tier holds, and what they bought in the 12 months before the date."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from policies.backtest.panel import Panel, Side


@dataclass(frozen=True)
class Share:
    """One place: customers, and their amount of 12 months in fen; ``unknown`` of them have an amount not known."""

    place: str
    customers: int
    amount: int
    unknown: int
    of_customers: Fraction
    of_amount: Fraction


def structure(panel: Panel, side: Side) -> tuple[Share, ...]:
    """Return every place of a policy in order, the empty ones too; shares are of all customers and of all amount."""
    found = {
        place: (customers, int(amount), unknown)
        for place, customers, amount, unknown in panel.rows(
            "select place, count(*), coalesce(sum(amount), 0), count(*) - count(amount) "
            "from placed join customers using (customer_id) where side = $side group by place",
            side=side,
        )
    }
    everyone = sum(row[0] for row in found.values())
    everything = sum(row[1] for row in found.values())
    return tuple(
        Share(name, *row, part(row[0], everyone), part(row[1], everything))
        for position, name in enumerate(panel.places[side].names)
        for row in (found.get(position, (0, 0, 0)),)
    )


def part(of: int, whole: int) -> Fraction:
    """Return a share, 0 of nothing."""
    return Fraction(of, whole) if whole else Fraction(0)
