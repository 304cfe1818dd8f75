"""The swap set: who enters and who leaves the group of a chosen tier and better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from policies.backtest.panel import Panel

Direction = Literal["in", "out", "stay"]


@dataclass(frozen=True)
class Group:
    """Some customers: how many, their amount of the 12 months before (where known) and of the period after, in fen."""

    customers: int
    amount: int
    next_amount: int


@dataclass(frozen=True)
class Mover:
    """A customer who enters or leaves the group, with both places."""

    customer_id: int
    direction: Direction
    champion: str
    candidate: str
    amount: int | None
    next_amount: int


@dataclass(frozen=True)
class Swap:
    """Who is in the group under the candidate only (in), the champion only (out), and both (stay)."""

    tier: str
    groups: dict[Direction, Group]


def swap(panel: Panel, tier: str) -> Swap:
    """Return the swap set of ``tier`` and better; Refusal when one of the policies has no such tier."""
    found = {
        direction: Group(customers, int(amount), int(later))
        for direction, customers, amount, later in panel.rows(_MEMBERS + _COUNTED, **_bounds(panel, tier))
    }
    nobody = Group(0, 0, 0)
    directions: tuple[Direction, ...] = ("in", "out", "stay")
    return Swap(tier, {direction: found.get(direction, nobody) for direction in directions})


def movers(panel: Panel, tier: str, limit: int) -> tuple[Mover, ...]:
    """Return the customers in and out, those with the largest amount before first, at most ``limit`` of each."""
    rows = panel.rows(_MEMBERS + _LISTED, limit=limit, **_bounds(panel, tier))
    old, new = panel.places["champion"].names, panel.places["candidate"].names
    return tuple(Mover(row[0], row[1], old[row[2]], new[row[3]], row[4], row[5]) for row in rows)


_MEMBERS = (
    "with members as (select customer_id, a.place as champion, b.place as candidate, amount, next_amount, "
    "case when a.place > $old and b.place <= $new then 'in' when a.place <= $old and b.place > $new then 'out' "
    "when a.place <= $old and b.place <= $new then 'stay' end as direction "
    "from placed a join placed b using (customer_id) join customers using (customer_id) "
    "where a.side = 'champion' and b.side = 'candidate') "
)
_COUNTED = (
    "select direction, count(*), coalesce(sum(amount), 0), sum(next_amount) from members "
    "where direction is not null group by direction"
)
_LISTED = (
    "select customer_id, direction, champion, candidate, amount, next_amount from members where direction <> 'stay' "
    "qualify row_number() over (partition by direction order by amount desc nulls last, customer_id) <= $limit "
    "order by direction, amount desc nulls last, customer_id"
)


def _bounds(panel: Panel, tier: str) -> dict[str, int]:
    return {"old": panel.places["champion"].position(tier), "new": panel.places["candidate"].position(tier)}
