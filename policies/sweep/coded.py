"""The axes of one plan over level codes: codes, contributions, conditions and population of every customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from policies.kleene import Factors, Scored, Test, sharing
from policies.plan import Plan
from policies.sweep.levels import IMPOSSIBLE, Integers, Levels
from policies.sweep.truth import Flags, Truth, truth

APPLIES, OPEN, NOT_APPLICABLE, ERROR = range(4)


class Coded:
    """The codes of the axes of one plan over level codes."""

    def __init__(self, levels: Levels, plan: Plan) -> None:
        self.levels, self.plan = levels, plan
        self._tables: dict[int, Integers] = {}

    def table(self, place: int) -> Integers:
        """Return the codes of an axis by the fine codes of its word."""
        if place not in self._tables:
            axis = self.plan.axes[place]
            self._tables[place] = self.levels.column(axis.word.name).table(axis)
        return self._tables[place]

    def pick(self, place: int, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return for every customer the value that belongs to its code of an axis."""
        codes = self.levels.column(self.plan.axes[place].word.name).codes
        return np.take(values[self.table(place)], codes, mode="clip")

    def with_code(self, place: int, codes: Iterable[int]) -> Flags:
        """Return who has one of some codes of an axis."""
        wanted = np.zeros(self.plan.axes[place].radix, np.bool_)
        wanted[list(codes)] = True
        found = self.pick(place, wanted)
        assert found.dtype == np.bool_
        return found  # type: ignore[return-value]  # np.take keeps the type of what it picks from

    def numbers(self, place: int, values: Sequence[int]) -> Integers:
        """Return for every customer the whole number that belongs to its code of an axis."""
        return self.pick(place, np.array(values, np.int64))  # type: ignore[return-value]  # as above

    def ends(self, parts: Sequence[Scored]) -> tuple[Integers, Integers]:
        """Return the least and the greatest sum of the contributions of some indicators, those of a sharing dimension all among them."""
        worst = np.zeros(len(self.levels.customers), np.int64)
        spans: list[tuple[Scored, Flags]] = []
        for part in parts:
            if part.factors is None:
                worst += self.numbers(part.axis, part.contributions)
                if part.missing_best != part.contributions[0]:
                    spans.append((part, self.with_code(part.axis, [0])))
        best = worst.copy()
        for part, missing in spans:
            best[missing] += part.missing_best - part.contributions[0]
        for factors, members in sharing(parts).items():
            low, high = self._shared(factors, members)
            worst += low
            best += high
        return worst, best

    def _shared(self, factors: Factors, members: Sequence[Scored]) -> tuple[Integers, Integers]:
        """Return the least and the greatest sum of a dimension whose known indicators share out what is missing."""
        known = sum(self.numbers(part.axis, [0] + [part.weight] * (len(part.contributions) - 1)) for part in members)
        weights = np.array(sorted(factors.of), np.int64)
        by_weight = np.array([factors.of[weight] for weight in sorted(factors.of)], np.int64)
        places = np.minimum(np.searchsorted(weights, known), len(weights) - 1)
        enough = weights[places] == known
        base = sum(self.numbers(part.axis, [0, *part.base[1:]]) for part in members)
        told = base * by_weight[places]
        worst = sum(self.numbers(part.axis, part.contributions) for part in members)
        best = sum(self.numbers(part.axis, [part.missing_best, *part.contributions[1:]]) for part in members)
        return np.where(enough, told, worst), np.where(enough, told, best)

    @cached_property
    def population(self) -> NDArray[np.uint8]:
        """Return for every customer APPLIES, OPEN while that is not known, NOT_APPLICABLE, or ERROR for what cannot be."""
        found = np.zeros(len(self.levels.customers), np.uint8)
        for axis in self.plan.axes:
            found[self.levels.column(axis.word.name).codes == IMPOSSIBLE] = ERROR
        parts = [(self.levels.column(part.word), part) for part in self.plan.population]
        states = []
        for column, part in parts:
            inside = [APPLIES if value in part.applies else NOT_APPLICABLE for value in column.word.values]
            states.append(np.array([OPEN, OPEN, ERROR, *inside], np.uint8)[column.codes])
        if states:
            strange = np.logical_or.reduce([one == ERROR for one in states])
            outside = np.logical_or.reduce([one == NOT_APPLICABLE for one in states])
            unsure = np.logical_or.reduce([one == OPEN for one in states])
            found[unsure & (found == APPLIES)] = OPEN
            found[outside] = NOT_APPLICABLE
            found[strange] = ERROR
        return found

    def truth(self, test: Test) -> Truth:
        """Return the truth of a condition for every customer."""
        return truth(test, self.with_code, self.ends)
