"""Many scorecards over level codes as one matrix product: customers and money by place for each, exact in floating point.

Every number is a whole one below 2^24 in single precision, or below 2^53 in double, so that no sum is rounded in whatever
order it is taken.  A word whose contributions only change in proportion from variant to variant is one column of its
points; any other is one column for each of its codes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.kleene import Group, Leaf, Score, Test
from policies.plan import Plan
from policies.sweep.coded import APPLIES, ERROR, NOT_APPLICABLE, OPEN, Coded
from policies.sweep.eligibility import classes_of, places_of
from policies.sweep.factors import Floats, blocks_of, factors
from policies.sweep.levels import Integers, Levels
from policies.sweep.measures import Measures

# Chunks of this many customers and variants stay in the cache of one core.
_CUSTOMERS, _VARIANTS = 4096, 64
_SINGLE, _DOUBLE = 24, 53


def multiplies(plan: Plan) -> bool:
    """Return whether a plan's totals are sums by word, and its conditions do not look at them."""
    tests = [step.when for step in plan.steps]
    alone = all(part.factors is None for part in plan.indicators)
    return plan.kind == "scorecard" and alone and not any(_scores(test) for test in tests)


def _scores(test: Test) -> bool:
    if isinstance(test, Score):
        return True
    if isinstance(test, Leaf):
        return False
    return any(_scores(part) for part in (test.parts if isinstance(test, Group) else (test.part,)))


def likeness(levels: Levels, plan: Plan) -> Hashable:
    """Return what plans have in common that differ in weights, points, cuts and bands only: population and conditions."""
    coded = Coded(levels, plan)
    steps = tuple((step.hits, step.to, _conditions(step.when, coded)) for step in plan.steps)
    words = tuple(sorted({axis.word.name for axis in plan.axes}))
    return plan.tiers, plan.population, steps, words


def _conditions(test: Test, coded: Coded) -> Hashable:
    """Return a condition over fine codes, which says the same whatever the cells of a plan are."""
    if isinstance(test, Leaf):
        codes, table = coded.plan.axes[test.axis].word.name, coded.table(test.axis)
        return codes, np.isin(table, list(test.codes)).tobytes(), np.isin(table, list(test.unknown)).tobytes()
    assert not isinstance(test, Score)
    parts = test.parts if isinstance(test, Group) else (test.part,)
    return (type(test).__name__, getattr(test, "least", 0), *(_conditions(part, coded) for part in parts))


def by_place(levels: Levels, plans: Sequence[Plan]) -> NDArray[Any]:
    """Return (plans, places, measures) of exact whole numbers; measures are customers, unknown, amount and next amount.

    The plans are alike (``likeness``) and ``multiplies`` holds of each; the level codes have all their cuts.
    """
    coded = Coded(levels, plans[0])
    single = all(_most(plan) < 1 << _SINGLE for plan in plans)
    kind: Any = np.float32 if single else np.float64
    measures = Measures.of(levels, (_SINGLE if single else _DOUBLE) - _CUSTOMERS.bit_length() + 1)
    population, classes = coded.population, classes_of(coded)
    blocks = [blocks_of(levels, plans, best) for best in (False, True)]
    incomplete = _incomplete(levels, blocks)
    tiers = len(plans[0].tiers)
    found = np.zeros((len(plans), tiers + 3, len(measures.columns)))
    for state, place in ((OPEN, tiers), (NOT_APPLICABLE, tiers + 1), (ERROR, tiers + 2)):
        here = population == state
        found[:, place] += [float(column[here].sum()) for column in measures.columns]
    for truths in classes[1]:
        for open_ in (False, True):
            mine = (classes[0] == truths[0]) & (incomplete == open_) & (population == APPLIES)
            rows = np.flatnonzero(mine)
            if len(rows):
                places = places_of(plans[0], truths[1])
                found += _segment(levels, plans, blocks[: 1 + open_], rows, places, measures, kind)
    return measures.whole(found)


def _most(plan: Plan) -> int:
    """Return what no sum of contributions, in whatever order and with whatever sign, goes beyond."""
    parts = plan.indicators
    most = sum(max(map(abs, (*part.contributions, part.missing_best))) for part in parts)
    return 2 * most + max(map(abs, plan.begins), default=0)  # twice: each is counted from the first code on


def _incomplete(levels: Levels, blocks: Sequence[dict[str, Integers]]) -> NDArray[np.bool_]:
    """Return who lacks an input whose points some plan leaves open."""
    found = np.zeros(len(levels.customers), np.bool_)
    for word, worst in blocks[0].items():
        found |= (worst != blocks[1][word]).any(axis=0)[levels.column(word).codes]
    return found


def _segment(
    levels: Levels, plans: Sequence[Plan], blocks: Sequence[dict[str, Integers]], rows: Integers,
    places: list[list[int]], measures: Measures, kind: Any,
) -> NDArray[np.float64]:  # fmt: skip
    """Return (plans, places, columns) of sums over customers of one class of eligibility; ``blocks`` has their best where it is open."""
    tiers, bands = len(plans[0].tiers), len(places)
    codes = {axis.word.name: levels.column(axis.word.name).codes[rows] for axis in plans[0].axes}
    ends = [factors(block, codes, kind) for block in blocks]
    begins = np.array([plan.begins for plan in plans], np.int64).reshape(len(plans), bands - 1)
    values = np.stack([column[rows] for column in measures.columns], axis=1).astype(kind)
    found = np.zeros((len(plans), tiers + 3, values.shape[1]))
    worker = _Bands(places) if len(blocks) == 1 else _Pairs(places, tiers)
    thresholds = [(begins - end.base[:, None]).astype(kind) for end in ends]
    for start in range(0, len(rows), _CUSTOMERS):
        here = slice(start, start + _CUSTOMERS)
        rights = [
            np.stack([values_[codes[word][here]] for word, values_ in end.columns]).astype(kind, copy=False)
            if end.columns else np.zeros((0, len(values[here])), kind)
            for end in ends
        ]  # fmt: skip
        for first in range(0, len(plans), _VARIANTS):
            some = slice(first, first + _VARIANTS)
            totals = [end.left[some] @ right for end, right in zip(ends, rights, strict=True)]
            worker.add(found[some], totals, [threshold[some] for threshold in thresholds], values[here])
    return found


class _Bands:
    """Sums by band where worst and best total are one."""

    def __init__(self, places: list[list[int]]) -> None:
        self.places = [places[band][band] for band in range(len(places))]

    def add(self, found: NDArray[np.float64], totals: list[Floats], begins: list[Floats], values: Floats) -> None:
        """Add the sums of some customers to (variants, places, columns)."""
        before = np.zeros((len(found), values.shape[1]))
        reached = np.empty_like(totals[0])
        for band, place in enumerate(self.places):
            if band < len(self.places) - 1:
                np.greater_equal(totals[0], begins[0][:, band, None], out=reached)
                upto = (reached @ values).astype(np.float64)
            else:
                upto = np.broadcast_to(values.sum(axis=0, dtype=np.float64), before.shape)
            found[:, place] += upto - before
            before = upto


class _Pairs:
    """Sums by place where what is missing leaves a span between worst and best total."""

    def __init__(self, places: list[list[int]], tiers: int) -> None:
        self.bands = len(places)
        self.places = np.array(places, np.uint8).ravel()
        self.single = [place for place in dict.fromkeys(self.places.tolist()) if place < tiers]
        self.pending = tiers

    def add(self, found: NDArray[np.float64], totals: list[Floats], begins: list[Floats], values: Floats) -> None:
        """Add the sums of some customers to (variants, places, columns)."""
        low = self._band(totals[0], begins[0])
        high = self._band(totals[1], begins[1])
        place = np.take(self.places, high.astype(np.uint16) * self.bands + low, mode="clip")
        rest = np.broadcast_to(values.sum(axis=0, dtype=np.float64), (len(found), values.shape[1])).copy()
        here = np.empty_like(totals[0])
        for tier in self.single:
            np.equal(place, tier, out=here)
            part = (here @ values).astype(np.float64)
            found[:, tier] += part
            rest -= part
        found[:, self.pending] += rest

    def _band(self, totals: Floats, begins: Floats) -> NDArray[np.uint8]:
        found = np.full(totals.shape, self.bands - 1, np.uint8)
        for band in range(self.bands - 1):
            found -= totals >= begins[:, band, None]
        return found
