"""A policy in exact integers: what each rung code contributes, where tiers begin, how the codes are packed.

Every value of an input falls into one cell of its axis.  Code 0 is a missing or pending value, codes 1..k are the cells from
the lowest up, and where a policy tells it apart one more is not applicable; one integer holds the codes of all axes in mixed radix (``levels``) and rebuilds every contribution.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from policies.cuts import Cuts, NotRanked, reached
from policies.document import Policy
from policies.exact import DOMAIN
from policies.kleene import Scored, Test, ends, limits, truth
from policies.states import NOT_APPLICABLE, state
from policies.vocabulary import Word

Fact = int | str | None
Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Axis:
    """The cells of one input: ``cuts`` are the least stored values of codes 2, 3, ..., ``values`` named ones of 1, 2, ...

    With ``apart`` a fact that is not applicable has the last code; without it that counts like missing, code 0.
    """

    name: str
    word: Word
    cuts: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    apart: bool = False

    @property
    def least(self) -> int | None:
        """Return the least stored value the word can have, None when there is none."""
        return DOMAIN[self.word.type][0]

    @property
    def most(self) -> int | None:
        """Return the most stored value the word can have, None when there is none."""
        return DOMAIN[self.word.type][1]

    @property
    def radix(self) -> int:
        """Return the number of codes, missing and not applicable included."""
        return 1 + self.cells + self.apart

    @property
    def cells(self) -> int:
        """Return the number of cells of values, whose codes are 1 to it."""
        return len(self.values) or len(self.cuts) + 1

    @property
    def outside(self) -> int:
        """Return the code of what is not applicable."""
        return self.cells + 1 if self.apart else 0

    @property
    def each_value(self) -> bool:
        """Return whether every whole value from 0 to the word's most has a code of its own, as a panel's rating has."""
        return self.least == 0 and self.most is not None and self.cuts == tuple(range(1, self.most + 1))

    def code(self, value: Fact) -> int | None:
        """Return the code of a stored fact: 0 when it is missing, None when the word can never have it."""
        if state(value) != "value":
            return self.outside if state(value) == "not_applicable" else 0
        if self.values:
            return self.values.index(value) + 1 if value in self.values else None
        if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
            return None
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            return None
        return 1 + bisect_right(self.cuts, value)

    def sample(self, code: int) -> int | str:
        """Return a stored fact of a code: the least value of its cell, or the one just under the first cut."""
        if code > self.cells:
            return "not_applicable" if self.values else NOT_APPLICABLE
        if self.values:
            return self.values[code - 1]
        if code > 1:
            return self.cuts[code - 2]
        return self.least if self.least is not None else self.cuts[0] - 1 if self.cuts else 0


@dataclass(frozen=True)
class Line:
    """One rule: the tier (its place in the order, 0 is best) of whoever meets the condition and no line above."""

    id: str
    when: Test
    tier: int


@dataclass(frozen=True)
class Step:
    """What moves tiers after the band: where ``when`` holds, every tier of the bitmask ``hits`` becomes the tier ``to``.

    ``effect`` is ``condition`` (a tier's minimum condition is *not* met, so its ``tier`` falls by one), ``floor``,
    ``cap`` or ``set``; a plan holds its steps in the order in which they are taken.
    """

    id: str
    effect: str
    tier: int
    when: Test
    hits: int
    to: int


@dataclass(frozen=True)
class Membership:
    """One word of the population: the values the policy applies to, and every value there is."""

    word: str
    applies: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A policy in exact integers; ``compiler.compile_plan`` makes it.

    ``scale`` stands for a total of 100, ``bands[i]`` is the least total of ``tiers[i]`` (0 for the last, which takes all
    below), both 0 and empty for rules.  A ranking has ``shares`` for every tier but the last instead of bands, and grades
    one customer only with the ``cuts`` of a population (policies.ranking).  Tiers outside the order follow the others and
    have neither.  Totals lie between ``lowest`` and ``highest``.  ``otherwise`` is the tier of rules'
    ``else``, None where the lines leave nothing over.
    ``parts`` are the policies inside, over the same axes, in the order in which they are evaluated.
    """

    id: str
    kind: str
    tiers: tuple[str, ...]
    population: tuple[Membership, ...]
    axes: tuple[Axis, ...]
    indicators: tuple[Scored, ...] = ()
    scale: int = 0
    bands: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()
    otherwise: int | None = 0
    steps: tuple[Step, ...] = ()
    parts: tuple[tuple[str, Plan], ...] = ()
    shares: tuple[Fraction, ...] = ()
    cuts: Cuts | None = None
    document: Policy = field(kw_only=True, repr=False, compare=False)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Return the words a facts row must have, the population's first."""
        return tuple(dict.fromkeys([*(m.word for m in self.population), *(axis.word.name for axis in self.axes)]))

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Return the words of ``inputs``, in the same order."""
        return tuple(self.document.fact(name) for name in self.inputs)

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Return what one step of each axis's code adds to ``levels``."""
        return tuple(accumulate((axis.radix for axis in self.axes[:-1]), lambda a, b: a * b, initial=1))

    @cached_property
    def lowest(self) -> int:
        """Return the least attainable total."""
        return limits(self.indicators)[0]

    @cached_property
    def highest(self) -> int:
        """Return the greatest attainable total."""
        return limits(self.indicators)[1]

    @property
    def rest(self) -> int:
        """Return the bitmask of the tier of those who meet no line of a table; 0 where every customer meets one."""
        return 0 if self.otherwise is None else 1 << self.otherwise

    @property
    def everything(self) -> int:
        """Return the bitmask of all tiers."""
        return (1 << len(self.tiers)) - 1

    def pack(self, codes: Sequence[int]) -> int:
        """Return the codes of all axes as one integer."""
        return sum(code * stride for code, stride in zip(codes, self.strides, strict=True))

    def unpack(self, levels: int) -> tuple[int, ...]:
        """Return the code of each axis that one integer holds."""
        return tuple(levels // stride % axis.radix for stride, axis in zip(self.strides, self.axes, strict=True))

    def tier_of(self, total: int) -> int:
        """Return the place in the order of the tier that a total certainly has."""
        return reached(self.begins, total)

    @property
    def begins(self) -> tuple[int, ...]:
        """Return the least total of every tier but the last; NotRanked for a ranking without cut scores."""
        return self.frozen.certain if self.kind == "ranking" else self.bands[:-1]

    @property
    def frozen(self) -> Cuts:
        """Return the cut scores of a ranking; NotRanked while it has none."""
        if self.cuts is None:
            message = f"The ranking {self.id} compares customers, so one alone has no tier. Grade a whole population"
            raise NotRanked(f"{message}, or give the cut scores of one (policies.ranking).")
        return self.cuts

    def names(self, candidates: int) -> tuple[str, ...]:
        """Return the names of the tiers of a bitmask, best first."""
        return tuple(name for i, name in enumerate(self.tiers) if candidates >> i & 1)


def stepped(plan: Plan, candidates: int, codes: Sequence[int]) -> int:
    """Return the candidates after minimum conditions and gates."""
    for step in plan.steps:
        candidates = take(step, candidates, codes)
    return candidates


def moving_gates(plan: Plan, codes: Sequence[int]) -> tuple[str, ...]:
    """Return the ids of the gates that certainly moved the tier, in the order in which they are taken."""
    moved, candidates = [], banded(plan, codes)
    for step in plan.steps:
        after = take(step, candidates, codes)
        if step.effect != "condition" and after != candidates and truth(step.when, codes):
            moved.append(step.id)
        candidates = after
    return tuple(moved)


def take(step: Step, candidates: int, codes: Sequence[int]) -> int:
    """Return the candidates after one step; where what is missing decides it, those with it and those without."""
    hit = candidates & step.hits
    holds = truth(step.when, codes) if hit else False
    if holds is False:
        return candidates
    return (candidates & ~step.hits if holds else candidates) | 1 << step.to


def outcome(plan: Plan, codes: Sequence[int]) -> tuple[int, int, int]:
    """Return worst total, best total and the bitmask of possible tiers of the codes of all axes.

    For rules both totals are 0.
    """
    return *ends(plan.indicators, codes), stepped(plan, banded(plan, codes), codes)


def banded(plan: Plan, codes: Sequence[int]) -> int:
    """Return the tiers that bands or rules leave possible, before minimum conditions and gates."""
    if plan.kind == "rules":
        return _first_match(plan, codes)
    worst, best = ends(plan.indicators, codes)
    if plan.kind == "ranking":
        high, low = plan.frozen.places(worst, best)
        return (2 << low) - (1 << high)
    return (2 << plan.tier_of(worst)) - (1 << plan.tier_of(best))


def _first_match(plan: Plan, codes: Sequence[int]) -> int:
    candidates = 0
    for line in plan.lines:
        holds = truth(line.when, codes)
        if holds is not False:
            candidates |= 1 << line.tier
        if holds:
            return candidates
    return candidates | plan.rest
