"""The parts of an explanation: inputs on their rungs, contributions, dimensions, rules, gates and minimum conditions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from policies.states import State
from policies.values import Labels


@dataclass(frozen=True)
class Rung:
    """One input and where it lies: ``value`` is None where there is none, or only the levels are known.

    ``code`` 0 is missing, and ``state`` tells what kind of missing as far as facts say; levels alone do not.
    """

    id: str
    title: Labels
    input: str
    code: int
    value: Labels | None
    range: Labels
    state: State = "value"


@dataclass(frozen=True)
class Contribution:
    """One indicator of a scorecard.

    ``contribution`` is weight x factor x points / out_of x 100, exact, or the points themselves (``weight`` None); a missing
    input counts its worst there and its best in ``best``.  ``factor`` is 1 unless the policy re-weights: then it is above 1
    where the indicator takes over weight of missing ones, and 0 where the known ones took over its own.  ``lost`` is what its best
    rung would add.
    """

    rung: Rung
    dimension: str
    weight: Fraction | None
    out_of: Fraction
    points: Fraction
    contribution: Fraction
    best: Fraction
    lost: Fraction
    factor: Fraction = Fraction(1)


@dataclass(frozen=True)
class Subtotal:
    """One dimension: the sum of its contributions, missing inputs at their worst and at their best."""

    id: str
    title: Labels
    weight: Fraction | None
    worst: Fraction
    best: Fraction


@dataclass(frozen=True)
class RuleLine:
    """One rule in its place: whether it holds (None: what is missing decides) and what it would give."""

    id: str
    title: Labels | None
    tier: str
    holds: bool | None


@dataclass(frozen=True)
class StepLine:
    """One gate or one tier's minimum condition, and what it did.

    ``effect`` is ``floor``, ``cap``, ``set`` or ``condition`` (then ``id`` is the tier that demands it).  ``holds`` says
    whether the condition as written is met, None while what is missing decides it.  ``fired`` says whether the tier
    moved: a gate that is met, or a minimum condition that is not, and that changed something; None while it may.
    """

    id: str
    title: Labels | None
    effect: str
    tier: str
    holds: bool | None
    fired: bool | None


@dataclass(frozen=True)
class PartTier:
    """One policy inside the policy, and the tiers that it may give: one when its tier is known."""

    name: str
    title: Labels
    candidates: tuple[str, ...]
