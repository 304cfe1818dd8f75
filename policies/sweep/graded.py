"""Every customer graded with one plan over level codes: the places, their money, and who moves between two gradings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from policies.backtest.panel import OUTSIDE
from policies.impact import End, Impact, Move, Mover
from policies.oracle import Result, Status
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.coded import Coded
from policies.sweep.levels import Integers, Levels
from policies.sweep.sums import sums
from policies.sweep.truth import Flags


@dataclass(frozen=True)
class Tally:
    """The customers of one place: their number, their amount of 12 months in fen, of how many it is not known, and what they bought next."""

    place: str
    customers: int
    amount: int
    unknown: int
    next_amount: int


class Graded:
    """Every customer under one plan, in the order of ``levels.customers``.

    ``worst`` and ``best`` are totals in the plan's unit; ``candidates`` has bit i for ``plan.tiers[i]``, 0 where the policy
    does not apply, -1 for an impossible value; ``place`` is a position of ``places``.
    """

    def __init__(self, levels: Levels, plan: Plan, worst: Integers, best: Integers, candidates: Integers) -> None:
        self.levels, self.plan = levels, plan
        self.worst, self.best, self.candidates = worst, best, candidates

    @property
    def places(self) -> tuple[str, ...]:
        """Return the tiers, best first, then pending, not applicable and error."""
        return (*self.plan.tiers, *OUTSIDE)

    @cached_property
    def place(self) -> NDArray[np.uint8]:
        """Return the position in ``places`` of every customer."""
        tiers = len(self.plan.tiers)
        found = np.full(len(self.candidates), tiers, np.uint8)
        for tier in range(tiers):
            found[self.candidates == 1 << tier] = tier
        found[self.candidates == 0] = tiers + 1
        found[self.candidates < 0] = tiers + 2
        return found

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """Return every place with its customers and amounts, the empty ones too."""
        size, levels = len(self.places), self.levels
        customers = np.bincount(self.place, minlength=size).tolist()
        known = np.bincount(self.place[levels.amount.known], minlength=size).tolist()
        amount = sums(self.place, levels.amount.fen, size)
        after = sums(self.place, levels.next_amount.fen, size) if levels.next_amount else [0] * size
        return tuple(
            Tally(name, customers[i], amount[i], customers[i] - known[i], after[i])
            for i, name in enumerate(self.places)
        )

    def _place_in(self, before: Graded) -> NDArray[np.uint8]:
        """Return the position of every customer before, in this plan's order and followed by tiers that it does not have."""
        if before.places == self.places:
            return before.place
        order = [*self.places, *(name for name in before.places if name not in self.places)]
        return np.array([order.index(name) for name in before.places], np.uint8)[before.place]

    def differs(self, before: Graded) -> Flags:
        """Return which customers have another place than before."""
        found: Flags = self.place != self._place_in(before)
        return found

    def moved(self, before: Graded) -> int:
        """Return how many customers have another place than before."""
        return int(np.count_nonzero(self.differs(before)))

    def rise_and_fall(self, before: Graded) -> tuple[int, int]:
        """Return how many customers go from a tier of the order to a better and to a worse one; (0, 0) between other orders."""
        order = self.plan.document.tiers.order
        if before.plan.document.tiers.order != order:
            return 0, 0
        both = (self.place < len(order)) & (before.place < len(order))
        up, down = self.place < before.place, self.place > before.place
        return int(np.count_nonzero(both & up)), int(np.count_nonzero(both & down))

    def moved_amount(self, before: Graded) -> int:
        """Return the known amount of 12 months, in fen, of those who have another place than before."""
        return sums(self.differs(before).astype(np.uint8), self.levels.amount.fen, 2)[1]

    def impact(self, before: Graded, *, listed: int | None = 100) -> Impact:
        """Return who moves from ``before``, as policies.impact.impact does for two plans; ``listed`` names a move at most."""
        width, amount = len(self.places), self.levels.amount
        pairs = before.place.astype(np.int64) * width + self.place
        size = len(before.places) * width
        customers = np.bincount(pairs, minlength=size)
        known = np.bincount(pairs[amount.known], minlength=size)
        fen = sums(pairs, amount.fen, size)
        names = self._listed(pairs[(rows := np.flatnonzero(self.differs(before)))], rows, listed)
        return Impact(
            tuple(
                Move(before._end(pair // width), self._end(pair % width), int(customers[pair]), fen[pair],
                     int(customers[pair] - known[pair]), names.get(pair, ()))
                for pair in np.flatnonzero(customers).tolist()
            )
        )  # fmt: skip

    def _listed(self, pairs: Integers, rows: Integers, listed: int | None) -> dict[int, tuple[Mover, ...]]:
        """Return the movers of each pair with the largest amounts, the unknown ones last."""
        amount, customers = self.levels.amount, self.levels.customers
        order = np.lexsort((customers[rows], -amount.fen[rows], ~amount.known[rows], pairs))
        rows, pairs = rows[order], pairs[order]
        found = {}
        for pair, start in zip(*np.unique(pairs, return_index=True), strict=True):
            end = int(np.searchsorted(pairs, pair, side="right"))
            here = rows[start : end if listed is None else min(end, start + listed)]
            found[int(pair)] = tuple(
                Mover(int(customers[row]), int(amount.fen[row]) if amount.known[row] else None) for row in here
            )
        return found

    def _end(self, place: int) -> End:
        tiers = self.plan.tiers
        return End("graded", tiers[place]) if place < len(tiers) else End(OUTSIDE[place - len(tiers)], None)

    def row(self, customer_id: int) -> Result:
        """Return the result row of one customer; Refusal for one the snapshot does not have."""
        rows = np.flatnonzero(self.levels.customers == customer_id)
        if not len(rows):
            raise Refusal(f"The snapshot has no customer {customer_id}.", code="not_found")
        return self.rows(rows[:1])[0]

    def rows(self, places: Integers | None = None) -> list[Result]:
        """Return the result rows of the customers at some places of the snapshot, of all by default."""
        chosen = np.arange(len(self.candidates)) if places is None else places
        tiers, coded, found = self.plan.tiers, Coded(self.levels, self.plan), []
        for row in chosen.tolist():
            place, candidates = int(self.place[row]), max(int(self.candidates[row]), 0)
            status: Status = "graded" if place < len(tiers) else OUTSIDE[place - len(tiers)]  # type: ignore[assignment]  # its names are statuses
            if not candidates:
                found.append(Result(status, None, None, 0, 0, 0, 0))
                continue
            worst, best = int(self.worst[row]), int(self.best[row])
            total = worst if worst == best and self.plan.kind != "rules" else None
            codes = [
                int(coded.table(i)[self.levels.column(axis.word.name).codes[row]])
                for i, axis in enumerate(self.plan.axes)
            ]
            tier = tiers[place] if place < len(tiers) else None
            found.append(Result(status, tier, total, worst, best, candidates, self.plan.pack(codes)))
        return found
