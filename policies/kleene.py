"""Conditions over rung codes in strong Kleene logic: true, false, or unknown while what is missing decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class Factors:
    """What the known indicators of a dimension count: their contributions at a factor of 1, times the factor of their weight.

    ``known`` are the pairs of known weight and factor, ``unit`` the factor where all are known.  A known weight that is not
    among them is too little to share out the rest.  Sums lie between ``least`` and ``most``; ``axis`` is the first
    indicator's.
    """

    axis: int
    unit: int
    known: tuple[tuple[int, int], ...]
    least: int
    most: int

    @cached_property
    def of(self) -> dict[int, int]:
        """Return the factor by known weight."""
        return dict(self.known)


@dataclass(frozen=True)
class Scored:
    """One indicator in integers: ``contributions[code]``; a missing input counts ``contributions[0]`` to ``missing_best``.

    ``share`` is its share of the total, None where points are added up as they are.  Where the policy re-weights, the
    indicators of a dimension that share out what is missing have the same ``factors``, and each its ``weight`` among them.
    """

    id: str
    dimension: str
    share: Fraction | None
    axis: int
    contributions: tuple[int, ...]
    missing_best: int
    weight: int = 0
    factors: Factors | None = None

    @property
    def base(self) -> tuple[int, ...]:
        """Return the contributions at a factor of 1."""
        unit = self.factors.unit if self.factors is not None else 1
        return tuple(contribution // unit for contribution in self.contributions)


@dataclass(frozen=True)
class Leaf:
    """One comparison: true where the axis has one of ``codes``, not known at one of ``unknown``, false elsewhere."""

    axis: int
    operator: str
    values: tuple[int | str, ...]
    codes: frozenset[int]
    unknown: frozenset[int] = frozenset({0})


@dataclass(frozen=True)
class Score:
    """Whether the contributions of some indicators sum to at least ``least`` of the plan's unit."""

    parts: tuple[Scored, ...]
    least: int


@dataclass(frozen=True)
class Group:
    """Several conditions of which ``least`` must hold: all of them, any one, or k."""

    least: int
    parts: tuple[Test, ...]


@dataclass(frozen=True)
class Negation:
    """What holds where another condition certainly does not."""

    part: Test


@dataclass(frozen=True)
class TierIn:
    """Whether the tier of a part is one of the bitmask ``tiers``; ``part`` says the same as a condition over facts."""

    name: str
    tiers: int
    part: Test


Test = Leaf | Score | Group | Negation | TierIn


def truth(condition: Test, codes: Sequence[int]) -> bool | None:
    """Return whether a condition holds (strong Kleene logic), None when what is missing decides it."""
    if isinstance(condition, Leaf):
        code = codes[condition.axis]
        return None if code in condition.unknown else code in condition.codes
    if isinstance(condition, Score):
        worst, best = ends(condition.parts, codes)
        return True if worst >= condition.least else False if best < condition.least else None
    if isinstance(condition, TierIn):
        return truth(condition.part, codes)
    if isinstance(condition, Negation):
        inner = truth(condition.part, codes)
        return None if inner is None else not inner
    parts = [truth(part, codes) for part in condition.parts]
    if parts.count(True) >= condition.least:
        return True
    return False if len(parts) - parts.count(False) < condition.least else None


def places_of(condition: Test) -> set[int]:
    """Return the places of the axes a condition reads."""
    if isinstance(condition, Leaf):
        return {condition.axis}
    if isinstance(condition, Score):
        return {part.axis for part in condition.parts}
    parts = condition.parts if isinstance(condition, Group) else (condition.part,)
    return {place for part in parts for place in places_of(part)}


def ends(parts: Sequence[Scored], codes: Sequence[int]) -> tuple[int, int]:
    """Return the least and the greatest sum of the contributions of some indicators."""
    if any(part.factors is not None for part in parts):
        counted = each_end(parts, codes)
        return sum(worst for worst, _ in counted), sum(best for _, best in counted)
    worst = sum(part.contributions[codes[part.axis]] for part in parts)
    missing = [part for part in parts if codes[part.axis] == 0]
    return worst, worst + sum(part.missing_best - part.contributions[0] for part in missing)


def each_end(parts: Sequence[Scored], codes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the least and the greatest contribution of each of some indicators, those of a dimension all among them."""
    shared, found = factors(parts, codes), []
    for part in parts:
        code, factor = codes[part.axis], None if part.factors is None else shared[part.factors]
        worst = part.contributions[code]
        best = part.missing_best if code == 0 else worst
        if factor is not None:
            worst = best = int(worst * factor) if code else 0
        found.append((worst, best))
    return found


def factors(parts: Sequence[Scored], codes: Sequence[int]) -> dict[Factors, Fraction | None]:
    """Return what the known indicators of each dimension that shares out are multiplied by; None where too little is known."""
    found: dict[Factors, Fraction | None] = {}
    for shared, members in sharing(parts).items():
        factor = shared.of.get(sum(part.weight for part in members if codes[part.axis]))
        found[shared] = None if factor is None else Fraction(factor, shared.unit)
    return found


def sharing(parts: Sequence[Scored]) -> dict[Factors, tuple[Scored, ...]]:
    """Return those indicators which share out what is missing, by the factors that they have in common."""
    found: dict[Factors, tuple[Scored, ...]] = {}
    for part in parts:
        if part.factors is not None:
            found[part.factors] = (*found.get(part.factors, ()), part)
    return found


def limits(parts: Sequence[Scored]) -> tuple[int, int]:
    """Return the least and the greatest sum that some indicators can have."""
    alone, shared = [part for part in parts if part.factors is None], sharing(parts)
    return (
        sum(min(*part.contributions, part.missing_best) for part in alone) + sum(one.least for one in shared),
        sum(max(*part.contributions, part.missing_best) for part in alone) + sum(one.most for one in shared),
    )
