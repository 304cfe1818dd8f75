"""The effect of a change on the customers of a snapshot: tiers before and after, who moves, and what the check finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from api.workbench.bar_pictures import Series, bars
from api.workbench.pictures import Picture, heat_map
from api.workbench.sheet import Sentence, Sheet, findings_shown
from api.workbench.table import Head, Money, Note, Table, beside, count, merged, percent, place_name
from policies.backtest.figure import points
from policies.backtest.panel import OUTSIDE
from policies.findings import Finding
from policies.impact import Impact, Move
from policies.plan import Plan

BEFORE, AFTER = ("变更前", "before"), ("变更后", "after")


@dataclass(frozen=True)
class Count:
    """The customers of one place: their number, and their known amount of 12 months in fen."""

    customers: int = 0
    amount: int = 0


@dataclass(frozen=True, repr=False)
class Effect:
    """What one policy does beside another on the same customers; ``impact`` holds every move, exactly.

    With ``alone`` nothing came before, and only what is now is shown.
    """

    before: Plan
    after: Plan
    impact: Impact
    findings: tuple[Finding, ...]
    day: str
    currency: str = "CNY"
    names: tuple[Head, Head] = (BEFORE, AFTER)
    alone: bool = False

    @property
    def _sides(self) -> list[tuple[Head, dict[str, Count]]]:
        """Return the sides that are shown, with their names."""
        return list(zip(self.names, self.counts, strict=True))[self.alone :]

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Return the places of both policies in one order, and ``absent`` where somebody had no grade before."""
        absent = {str(move.old) for move in self.impact.moves} - {*self.before.tiers, *OUTSIDE}
        return merged([self.before.tiers, self.after.tiers], (*OUTSIDE, *sorted(absent)))

    @cached_property
    def counts(self) -> tuple[dict[str, Count], dict[str, Count]]:
        """Return the customers of every place before and after."""
        return self._counted(lambda move: str(move.old)), self._counted(lambda move: str(move.new))

    def _counted(self, end: Any) -> dict[str, Count]:
        numbers: Counter[str] = Counter()
        amounts: Counter[str] = Counter()
        for move in self.impact.moves:
            numbers[end(move)] += move.customers
            amounts[end(move)] += move.amount
        return {place: Count(numbers[place], amounts[place]) for place in self.places}

    @property
    def moved(self) -> int:
        """Return how many customers end elsewhere."""
        return sum(move.customers for move in self.impact.moved)

    @property
    def moved_amount(self) -> int:
        """Return their known amount of 12 months in fen."""
        return sum(move.amount for move in self.impact.moved)

    def directions(self) -> tuple[int, int] | None:
        """Return how many customers rise and how many fall between tiers; None where the policies' tiers differ."""
        if self.before.tiers != self.after.tiers:
            return None
        order = {tier: place for place, tier in enumerate(self.before.tiers)}
        moves = [move for move in self.impact.moved if move.old.tier and move.new.tier]
        rises = [move for move in moves if order[str(move.new.tier)] < order[str(move.old.tier)]]
        up = sum(move.customers for move in rises)
        return up, sum(move.customers for move in moves) - up

    def headline(self) -> Note:
        """Return the effect in one sentence."""
        unit = Money.of([self.moved_amount], self.currency)
        share = percent(Fraction(self.moved, self.impact.customers)) if self.impact.customers else "–"
        zh = f"{self.day}:{count(self.impact.customers)} 个客户中 {count(self.moved)} 个({share})变动,近一年金额 {unit.text(self.moved_amount)} {unit.zh}"
        en = f"{count(self.moved)} of {count(self.impact.customers)} customers move"
        if (found := self.directions()) is not None:
            zh += f";上升 {count(found[0])},下降 {count(found[1])}"
            en += f": {count(found[0])} up, {count(found[1])} down"
        return Sentence(f"{zh}。", f"{en}.")

    def distribution(self) -> Table:
        """Return customers and amount of 12 months by place, before and after."""
        unit = Money.of((one.amount for side in self.counts for one in side.values()), self.currency)
        heads = (("客户数", "customers"), ("占比", "share"), unit.head("近一年金额", "12 months"))
        all_ = max(self.impact.customers, 1)
        cells = {
            name: {
                place: (count(one.customers), percent(Fraction(one.customers, all_)), unit.text(one.amount))
                for place, one in side.items()
            }
            for name, side in self._sides
        }
        caption = (f"等级分布,{self.day}", "distribution")
        if self.alone:
            return beside(caption, (*self.after.tiers, *OUTSIDE), heads, cells)
        found = beside(caption, self.places, heads, cells)
        before, after = self.counts
        moved = tuple(
            (*row, f"{after[place].customers - before[place].customers:+,}")
            for place, row in zip(self.places, found.rows, strict=True)
        )
        return Table(found.caption, (*found.heads, ("增减", "change")), moved, groups=(*found.groups, (("", ""), 1)))

    def picture(self) -> Picture:
        """Draw customers and amount by place, before and after."""
        shown = [place for place in self.places if any(side[place].customers for _, side in self._sides)]
        unit = Money.of((one.amount for side in self.counts for one in side.values()), self.currency)
        customers, amounts = [], []
        for name, side in self._sides:
            numbers, fen = [side[place].customers for place in shown], [side[place].amount for place in shown]
            customers.append(Series(" ".join(name), numbers, [*map(count, numbers)]))
            amounts.append(Series(" ".join(name), [*map(unit.value, fen)], [f"{unit.value(one):,.0f}" for one in fen]))
        panels = [("客户数 customers", customers), (f"近一年金额({unit.zh}) amount of 12 months", amounts)]
        labels = [place_name(place).replace(" ", "\n") for place in shown]
        return bars("变更前后的等级分布 tiers before and after", labels, panels)

    def moves(self) -> Table | Note:
        """Return every move between places with its customers and amount, the largest first."""
        moves = sorted(self.impact.moved, key=lambda move: -move.customers)
        if not moves:
            return _nobody()
        unit = Money.of((move.amount for move in moves), self.currency)
        heads = (("原等级", "from"), ("新等级", "to"), ("客户数", "customers"), unit.head("近一年金额", "12 months"))
        rows = tuple((*_ends(move), count(move.customers), unit.text(move.amount)) for move in moves)
        return Table((f"变动,{self.day}", "who moves"), heads, rows, words=2)

    def moves_picture(self) -> Picture:
        """Draw the moves as a matrix; rows are the places before."""
        rows = [place for place in self.places if self.counts[0][place].customers]
        columns = [place for place in self.places if self.counts[1][place].customers]
        numbers = {(str(move.old), str(move.new)): move.customers for move in self.impact.moves}
        counts = [[numbers.get((one, other), 0) for other in columns] for one in rows]
        shares = [[number / max(sum(line), 1) for number in line] for line in counts]
        old, new = ([place_name(place).replace(" ", "\n") for place in side] for side in (rows, columns))
        names = (" ".join(self.names[0]), " ".join(self.names[1]))
        return heat_map(f"等级变动 moves, {self.day}", old, new, counts, shares, names)

    def movers(self, most: int = 20) -> Table | Note:
        """Return the customers who move with the largest amounts, by their id."""
        listed = [(mover, move) for move in self.impact.moved for mover in move.listed]
        listed.sort(key=lambda pair: (pair[0].amount is None, -(pair[0].amount or 0), pair[0].customer_id))
        if not listed:
            return _nobody()
        unit = Money.of((mover.amount for mover, _ in listed), self.currency)
        heads = (
            ("客户编号", "customer id"),
            ("原等级", "from"),
            ("新等级", "to"),
            unit.head("近一年金额", "12 months"),
        )
        rows = tuple((str(mover.customer_id), *_ends(move), unit.text(mover.amount)) for mover, move in listed[:most])
        caption = (f"变动客户,{self.day}", f"the {len(rows)} largest of {count(self.moved)} who move")
        return Table(caption, heads, rows, words=3)

    def largest(self) -> int | None:
        """Return the id of the customer with the largest amount who moves, None when nobody does."""
        named = [mover for move in self.impact.moved for mover in move.listed]
        named.sort(key=lambda mover: (mover.amount is None, -(mover.amount or 0), mover.customer_id))
        return named[0].customer_id if named else None

    def check(self) -> Table | Note:
        """Return what the check finds in the policy after the change."""
        return findings_shown(self.findings)

    def figures(self) -> dict[str, Any]:
        """Return the effect as plain integers for ``metrics.json``: numbers, fen, and shares in basis points."""
        all_ = max(self.impact.customers, 1)
        sides = {
            name: [
                {"place": place, "customers": one.customers, "amount": one.amount, "of_customers": points(Fraction(one.customers, all_))}
                for place, one in side.items()
            ]
            for name, side in zip(("before", "after"), self.counts, strict=True)
        }  # fmt: skip
        moves = [
            {"from": str(move.old), "to": str(move.new), "customers": move.customers, "amount": move.amount, "unknown": move.unknown}
            for move in self.impact.moved
        ]  # fmt: skip
        return {**sides, "moves": moves, "moved": self.moved, "moved_amount": self.moved_amount}

    def _sheet(self) -> Sheet:
        told: Iterable[Table | Note] = (self.check(),) if self.findings else ()
        return Sheet((self.headline(), *told, self.picture(), self.distribution(), self.movers(10)))

    def __repr__(self) -> str:
        return repr(self._sheet())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._sheet()._repr_mimebundle_()


def _ends(move: Move) -> tuple[str, str]:
    return place_name(str(move.old)), place_name(str(move.new))


def _nobody() -> Note:
    return Note("没有客户变动。", "No customer moves.")
