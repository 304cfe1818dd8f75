"""Cuts alone: with weights fixed a histogram of totals is enough, and thousands of bands cost a lookup each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.document import Scorecard
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.coded import APPLIES, ERROR, NOT_APPLICABLE, OPEN, Coded
from policies.sweep.eligibility import classes_of, places_of
from policies.sweep.levels import Integers, Levels
from policies.sweep.measures import Measures

# A square of this many cuts is summed at once.
_MOST_CUTS = 600


@dataclass(frozen=True)
class _Part:
    """The customers of one class: their distinct least and greatest totals with sums of the columns, and where bands lead."""

    worst: Integers
    best: Integers
    sums: Integers
    places: list[list[int]]
    settled: bool


class Histogram:
    """The totals of a snapshot under one scorecard, whose bands may then be moved at will."""

    def __init__(self, levels: Levels, plan: Plan) -> None:
        """Count the totals; Refusal for a policy that is no scorecard, for only its tiers begin at totals."""
        if plan.kind != "scorecard":
            message = f"{plan.id} is of the kind {plan.kind}; only the tiers of a scorecard begin at totals that can be moved."
            raise Refusal(message, code="invalid")
        self.plan = plan
        # As wide as a double still sums exactly over all customers.
        self._measures = Measures.of(levels, 53 - len(levels.customers).bit_length())
        graded, coded = levels.grade(plan), Coded(levels, plan)
        classes, vectors = classes_of(coded)
        columns = np.stack(self._measures.columns, axis=1)
        applies, settled = coded.population == APPLIES, graded.worst == graded.best
        self._parts = []
        for number, truths in vectors:
            for alone in (True, False):
                rows = np.flatnonzero((classes == number) & applies & (settled == alone))
                if len(rows):
                    made = _distinct(graded.worst[rows], graded.best[rows], columns[rows])
                    self._parts.append(_Part(*made, places_of(plan, truths), alone))
        tiers = len(plan.tiers)
        states = ((OPEN, tiers), (NOT_APPLICABLE, tiers + 1), (ERROR, tiers + 2))
        self._fixed = [(place, columns[coded.population == state].sum(axis=0)) for state, place in states]

    def begins(self, cuts: Sequence[Mapping[str, Fraction | int]]) -> Integers:
        """Return (variants, tiers - 1) least totals in the plan's unit; a tier that is not named begins where it did.

        Refusal for a tier that has no beginning, and for one that does not begin above the next worse.
        """
        document = self.plan.document
        assert isinstance(document, Scorecard)
        names, after = document.tiers.order[:-1], document.tiers.bands.closed == "right"
        found = np.empty((len(cuts), len(names)), np.int64)
        for row, named in enumerate(cuts):
            strange = [tier for tier in named if tier not in names]
            if strange:
                message = f"No total begins {strange[0]!r}; the tiers that begin at one are {', '.join(names)}."
                raise Refusal(message, code="invalid")
            for place, tier in enumerate(names):
                if tier not in named:
                    found[row, place] = self.plan.bands[place]
                    continue
                bound = Fraction(named[tier]) * self.plan.scale / 100
                found[row, place] = floor(bound) + 1 if after else ceil(bound)
        falling = np.all(found[:, :-1] >= found[:, 1:], axis=1)
        if not falling.all():
            wrong = dict(cuts[int(np.flatnonzero(~falling)[0])])
            shown = ", ".join(f"{tier} {value}" for tier, value in wrong.items())
            raise Refusal(f"With {shown} a better tier begins below a worse one; let the cuts fall.", code="invalid")
        return found

    def sweep(self, begins: Integers) -> NDArray[Any]:
        """Return (variants, places, 4) exact whole numbers: customers, unknown amounts, amount and next amount by place."""
        found = np.zeros((len(self.plan.tiers) + 3, len(begins), len(self._measures.columns)), np.int64)
        for place, sums in self._fixed:
            found[place] += sums
        for part in self._parts:
            if part.settled:
                _settled(found, part, begins)
            else:
                _open(found, part, begins, len(self.plan.tiers))
        return self._measures.whole(found).swapaxes(0, 1)


def _distinct(worst: Integers, best: Integers, columns: Integers) -> tuple[Integers, Integers, Integers]:
    """Return distinct pairs of totals, ascending, with the sums of the columns."""
    order = np.lexsort((best, worst))
    worst, best = worst[order], best[order]
    first = np.flatnonzero(np.append(True, (worst[1:] != worst[:-1]) | (best[1:] != best[:-1])))
    return worst[first], best[first], np.add.reduceat(columns[order], first, axis=0)


def _settled(found: Integers, part: _Part, begins: Integers) -> None:
    """Add the sums by band of those whose total is known: differences of a running sum."""
    running = np.concatenate([np.zeros((1, part.sums.shape[1]), np.int64), np.cumsum(part.sums, axis=0)])
    upto = np.broadcast_to(running[-1], (len(begins), running.shape[1]))
    for band in range(begins.shape[1] + 1):
        below = running[np.searchsorted(part.worst, begins[:, band])] if band < begins.shape[1] else np.zeros_like(upto)
        found[part.places[band][band]] += upto - below
        upto = below


def _open(found: Integers, part: _Part, begins: Integers, pending: int) -> None:
    """Add the sums of those whose total is open, by the bands of both ends: rectangles of a running sum in two directions."""
    cuts = np.unique(begins)
    if len(cuts) > _MOST_CUTS and len(begins) > 1:
        half = len(begins) // 2
        _open(found[:, :half], part, begins[:half], pending)
        _open(found[:, half:], part, begins[half:], pending)
        return
    size, bands = len(cuts) + 1, begins.shape[1] + 1
    cell = np.searchsorted(cuts, part.best, side="right") * size + np.searchsorted(cuts, part.worst, side="right")
    square = np.stack([np.bincount(cell, weights=column, minlength=size * size) for column in part.sums.T], axis=1)
    running = np.zeros((size + 1, size + 1, part.sums.shape[1]), np.int64)
    running[1:, 1:] = square.astype(np.int64).reshape(size, size, -1).cumsum(axis=0).cumsum(axis=1)
    corners = running.reshape(-1, running.shape[2])
    begun = [np.searchsorted(cuts, begins[:, band]) + 1 for band in range(bands - 1)]
    low: list[Any] = [*begun, 0]
    high: list[Any] = [size, *begun]
    rest = np.broadcast_to(running[-1, -1], (len(begins), running.shape[2])).copy()
    for best in range(bands):
        for worst in range(best, bands):
            place = part.places[best][worst]
            if place == pending:
                continue
            square_of = [
                (high[best], high[worst]),
                (low[best], low[worst]),
                (low[best], high[worst]),
                (high[best], low[worst]),
            ]
            up, down, left, right = (corners.take(i * (size + 1) + j, axis=0) for i, j in square_of)
            inside = up + down - left - right
            found[place] += inside
            rest -= inside
    found[pending] += rest
