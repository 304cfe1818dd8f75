"""Conditions over rung codes in strong Kleene logic: true, false, or unknown while what is missing decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Scored:
    """One indicator in integers: ``contributions[code]``; a missing input counts ``contributions[0]`` to ``missing_best``.

    ``share`` is its share of the total, None where points are added up as they are.
    """

    id: str
    dimension: str
    share: Fraction | None
    axis: int
    contributions: tuple[int, ...]
    missing_best: int


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
    worst = sum(part.contributions[codes[part.axis]] for part in parts)
    missing = [part for part in parts if codes[part.axis] == 0]
    return worst, worst + sum(part.missing_best - part.contributions[0] for part in missing)
