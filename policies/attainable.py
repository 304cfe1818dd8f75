"""The totals that customers of a scorecard can have, and a customer for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from policies.kleene import Scored
from policies.plan import Axis, Fact, Facts, Plan
from policies.vocabulary import Word

# Above this many units the totals that can occur are taken as an unbroken range, and no customer is built for one.
MOST_COUNTED = 2_000_000


@dataclass(frozen=True)
class Cells:
    """The cells of one word: a stored value for each, from the lowest up, told apart by every axis that reads it.

    ``facts`` are the values and, where a policy tells it apart, not applicable as the last.
    """

    word: Word
    facts: tuple[int | str, ...]
    cuts: tuple[int, ...]
    apart: bool

    @property
    def values(self) -> tuple[int | str, ...]:
        """Return the values without what is not applicable."""
        return self.facts[:-1] if self.apart else self.facts


def cells(plan: Plan) -> tuple[Cells, ...]:
    """Return the cells of every word that a plan's axes read, in the order of the axes."""
    read: dict[str, list[Axis]] = {}
    for axis in plan.axes:
        read.setdefault(axis.word.name, []).append(axis)
    found = []
    for axes in read.values():
        least, most = axes[0].least, axes[0].most
        inside = {cut for axis in axes for cut in axis.cuts if least is None or cut > least}
        cuts = tuple(sorted(cut for cut in inside if most is None or cut <= most))
        joint = Axis(axes[0].name, axes[0].word, cuts, axes[0].values, any(axis.apart for axis in axes))
        facts = tuple(joint.sample(code) for code in range(1, joint.radix))
        found.append(Cells(joint.word, facts, cuts, joint.apart))
    return tuple(found)


class Totals:
    """The totals that can occur with nothing missing, of all indicators or of some.

    A word that several indicators read counts for all of them at once.
    """

    def __init__(self, plan: Plan, parts: Sequence[Scored] | None = None) -> None:
        self._plan, self._parts = plan, plan.indicators if parts is None else parts
        words = {plan.axes[part.axis].word for part in self._parts}
        self.cells = tuple(part for part in cells(plan) if part.word in words)
        self._worth = tuple(tuple(self._points(part.word, value) for value in part.facts) for part in self.cells)
        self.least = sum(min(worth) for worth in self._worth)
        self.most = sum(max(worth) for worth in self._worth)
        # Totals with nothing missing lie further apart than the plan's unit where that must hold factors of re-weighting.
        self._step = gcd(*(units - min(worth) for worth in self._worth for units in worth)) or 1
        self._reached = self._sums() if self.counted else []

    def _points(self, word: Word, value: Fact) -> int:
        """Return what a value of one word adds, by every indicator that reads it."""
        axes = [(part, self._plan.axes[part.axis]) for part in self._parts]
        return sum(part.contributions[axis.code(value) or 0] for part, axis in axes if axis.word == word)

    @property
    def counted(self) -> bool:
        """Return whether the totals are few enough to be told one by one."""
        return (self.most - self.least) // self._step <= MOST_COUNTED

    def _sums(self) -> list[int]:
        """Return, for the first 0, 1, 2, ... words, the sums above their least, in steps, as a bitmask."""
        masks = [1]
        for worth in self._worth:
            after = 0
            for above in {(units - min(worth)) // self._step for units in worth}:
                after |= masks[-1] << above
            masks.append(after)
        return masks

    def at_least(self, total: int) -> int | None:
        """Return the least total that can occur and is not below ``total``; None when there is none."""
        if not self.counted:
            return max(total, self.least) if total <= self.most else None
        begin = -((self.least - max(total, self.least)) // self._step)
        rest = self._reached[-1] >> begin
        return self.least + (begin + (rest & -rest).bit_length() - 1) * self._step if rest else None

    def below(self, total: int) -> int | None:
        """Return the greatest total that can occur and is below ``total``; None when there is none."""
        if total <= self.least:
            return None
        if not self.counted:
            return min(total - 1, self.most)
        steps = -((self.least - total) // self._step)
        inside = self._reached[-1] & ((1 << steps) - 1)
        return self.least + (inside.bit_length() - 1) * self._step

    def customer(self, total: int) -> dict[str, Fact]:
        """Return stored values by word that have exactly this total; raises LookupError when there are none."""
        rest, between = divmod(total - self.least, self._step)
        if not self.counted or rest < 0 or between or not self._reached[-1] >> rest & 1:
            raise LookupError(f"no customer has a total of {total} units")
        values: dict[str, Fact] = {}
        for place in reversed(range(len(self.cells))):
            worth, before = self._worth[place], self._reached[place]
            steps = [(units - min(worth)) // self._step for units in worth]
            ways = [code for code, step in enumerate(steps) if _has(before, rest - step)]
            # The best value that leads there: gates mostly look at the low end.
            known = [code for code in ways if code < len(self.cells[place].values)]
            code = (known or ways)[-1]
            values[self.cells[place].word.name] = self.cells[place].facts[code]
            rest -= steps[code]
        return values


def codes_of(plan: Plan, facts: Facts) -> Sequence[int]:
    """Return the codes of a customer on all axes; a value that can never be counts as missing."""
    return [axis.code(facts.get(axis.word.name)) or 0 for axis in plan.axes]


def _has(mask: int, bit: int) -> bool:
    return bit >= 0 and bool(mask >> bit & 1)
