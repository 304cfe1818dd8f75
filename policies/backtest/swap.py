"""The swap set: who enters and who leaves the group of a chosen tier and better, what they buy next, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from policies.backtest.distributions import binomial_both
from policies.backtest.figure import part, points, probability, whole
from policies.backtest.panel import Panel, Side
from policies.backtest.service import Service

Direction = Literal["in", "out", "stay"]
DIRECTIONS: tuple[Direction, ...] = ("in", "out", "stay")


@dataclass(frozen=True)
class Group:
    """Some customers: how many, their amount of the 12 months before (where known) and of the period after, in fen.

    ``cost`` is what serving them over the period costs in fen, in the tier that puts them into the group; None where the
    parameters do not say.
    """

    customers: int = 0
    amount: int = 0
    next_amount: int = 0
    buyers: int = 0
    next_profit: int = 0
    next_unprofit: int = 0
    cost: Fraction | None = None

    @property
    def buying(self) -> Fraction:
        """Return the share of the group who buy next."""
        return part(self.buyers, self.customers)

    @property
    def net(self) -> Fraction | None:
        """Return the gross profit of the period after less the cost of service; None while either is not known."""
        return None if self.cost is None or self.next_unprofit else self.next_profit - self.cost

    def plain(self) -> dict[str, Any]:
        """Return the group for JSON."""
        return {
            "customers": self.customers, "amount": self.amount, "next_amount": self.next_amount, "buyers": self.buyers,
            "buying": points(self.buying), "next_profit": self.next_profit, "next_unprofit": self.next_unprofit,
            "cost": whole(self.cost), "net": whole(self.net),
        }  # fmt: skip


@dataclass(frozen=True)
class Mover:
    """A customer who enters or leaves the group, with both places."""

    customer_id: int
    direction: Direction
    champion: str
    candidate: str
    amount: int | None
    next_amount: int
    next_orders: int


@dataclass(frozen=True)
class Swap:
    """Who is in the group under the candidate only (in), the champion only (out), and both (stay)."""

    tier: str
    groups: dict[Direction, Group]

    @property
    def net(self) -> Fraction | None:
        """Return the net value of those who enter less that of those who leave; None while one is not known."""
        come, go = self.groups["in"].net, self.groups["out"].net
        return None if come is None or go is None else come - go

    @property
    def mcnemar(self) -> float:
        """Return the exact two-sided p of as uneven an exchange by chance (McNemar 1947): in against out, one half each."""
        return binomial_both(self.groups["in"].customers, self.groups["in"].customers + self.groups["out"].customers)

    def plain(self) -> dict[str, Any]:
        """Return the swap set for JSON."""
        groups: dict[str, Any] = {direction: group.plain() for direction, group in self.groups.items()}
        return {"tier": self.tier, "net": whole(self.net), "mcnemar": probability(self.mcnemar), **groups}


def swap(panel: Panel, tier: str, service: Service | None = None, months: int = 12) -> Swap:
    """Return the swap set of ``tier`` and better; Refusal when one of the policies has no such tier.

    With ``service`` each group has its cost over ``months``: of the candidate's tiers for those who enter or stay, of
    the champion's for those who leave.
    """
    found = {direction: sums for direction, *sums in panel.rows(_MEMBERS + _COUNTED, **_bounds(panel, tier))}
    groups: dict[Direction, Group] = {}
    for direction in DIRECTIONS:
        cost = _cost(panel, tier, direction, service, months) if service else None
        a, b, c, d, e, f = map(int, found.get(direction, (0,) * 6))
        groups[direction] = Group(a, b, c, d, e, f, cost)
    return Swap(tier, groups)


def _cost(panel: Panel, tier: str, direction: Direction, service: Service, months: int) -> Fraction | None:
    side: Side = "champion" if direction == "out" else "candidate"
    rows = panel.rows(
        _MEMBERS + f"select {side}, count(*) from members where direction = $direction group by 1",  # noqa: S608 - a side's name
        direction=direction,
        **_bounds(panel, tier),
    )
    names = panel.places[side].names
    costs = [(service.cost(names[place]), customers) for place, customers in rows]
    if any(cost is None for cost, _ in costs):
        return None
    return sum((cost * customers for cost, customers in costs if cost is not None), Fraction(0)) * months / 12


def movers(panel: Panel, tier: str, limit: int) -> tuple[Mover, ...]:
    """Return the customers in and out, those with the largest amount before first, at most ``limit`` of each."""
    rows = panel.rows(_MEMBERS + _LISTED, limit=limit, **_bounds(panel, tier))
    old, new = panel.places["champion"].names, panel.places["candidate"].names
    return tuple(Mover(row[0], row[1], old[row[2]], new[row[3]], *row[4:]) for row in rows)


_MEMBERS = (
    "with members as (select customers.*, a.place as champion, b.place as candidate, "
    "case when a.place > $old and b.place <= $new then 'in' when a.place <= $old and b.place > $new then 'out' "
    "when a.place <= $old and b.place <= $new then 'stay' end as direction "
    "from placed a join placed b using (customer_id) join customers using (customer_id) "
    "where a.side = 'champion' and b.side = 'candidate') "
)
_COUNTED = (
    "select direction, count(*), coalesce(sum(amount), 0), sum(next_amount), count(*) filter (next_orders > 0), "
    "sum(next_profit), sum(next_unprofit) from members where direction is not null group by direction"
)
_LISTED = (
    "select customer_id, direction, champion, candidate, amount, next_amount, next_orders from members "
    "where direction <> 'stay' "
    "qualify row_number() over (partition by direction order by amount desc nulls last, customer_id) <= $limit "
    "order by direction, amount desc nulls last, customer_id"
)


def _bounds(panel: Panel, tier: str) -> dict[str, int]:
    return {"old": panel.places["champion"].position(tier), "new": panel.places["candidate"].position(tier)}
