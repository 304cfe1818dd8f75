"""The tornado: each weight, rung and band moved one step down and one step up, and how many customers that moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from policies.compiler import compile_plan
from policies.document import Card, Policy, Scorecard
from policies.exact import UNITS, decimal_text, exact, percent, stored, unit_of, written
from policies.refusal import Refusal
from policies.sweep.change import Scale
from policies.sweep.graded import Graded
from policies.sweep.grid import variant
from policies.sweep.levels import Levels
from policies.sweep.steps import Steps


@dataclass(frozen=True)
class Effect:
    """One figure at another value: customers with another place, how many rise and fall, and their amount in fen.

    ``refused`` says why the policy cannot have that value; nobody moves then.
    """

    value: str
    customers: int = 0
    up: int = 0
    down: int = 0
    amount: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Bar:
    """One figure of the policy: its path, its value, and the effects of the lower and of the higher one."""

    path: str
    value: str
    lower: Effect
    higher: Effect

    @property
    def customers(self) -> int:
        """Return how many customers the more sensitive direction moves."""
        return max(self.lower.customers, self.higher.customers)


@dataclass(frozen=True)
class _Figure:
    path: str
    value: str
    lower: str
    higher: str
    scale: Scale


def tornado(levels: Levels, document: Policy, steps: Steps | None = None) -> tuple[Bar, ...]:
    """Return the figures of a scorecard or ranking, the most sensitive first; of a policy without weights, none.

    A weight that moves scales the others of its dimension, one of a dimension the other dimensions.  A moved cut is rounded
    to a whole stored unit and by one unit at least.
    """
    if not isinstance(document, Card):
        return ()
    before = levels.grade(compile_plan(document))
    bare = document.model_copy(update={"cases": (), "interpretations": ()})
    bars = [
        Bar(one.path, one.value, *(_effect(levels, before, bare, one, value) for value in (one.lower, one.higher)))
        for one in _figures(document, steps or Steps())
    ]
    return tuple(sorted(bars, key=lambda bar: (-bar.customers, bar.path)))


def _effect(levels: Levels, before: Graded, document: Policy, figure: _Figure, value: str) -> Effect:
    try:
        plan = variant(document, {figure.path: value}, figure.scale).plan
    except Refusal as refusal:
        return Effect(value, refused=refusal.message)
    after = levels.grade(plan)
    return Effect(value, after.moved(before), *after.rise_and_fall(before), after.moved_amount(before))


def _figures(document: Card, steps: Steps) -> Iterator[_Figure]:
    if document.weights != "points":
        yield from _weights(document, steps.weights)
    for dimension, indicator, _ in document.indicators:
        if indicator.ladder is None or indicator.ladder.intervals is not None:
            continue
        word, unit = document.fact(indicator.input), document.unit(indicator.input)
        for place, cut in enumerate(indicator.ladder.cuts):
            at = int(stored(word, cut, unit))
            by = max(round(abs(at) * steps.cuts), 1)
            if at == 0 or UNITS[word.type].get(unit_of(word, unit)) is None:
                continue  # where counting begins is no figure that anybody would tune
            low, high = (decimal_text(written(word, at + sign * by, unit)) for sign in (-1, 1))
            yield _Figure(f"{dimension.id}.{indicator.id}.cuts.{place}", decimal_text(cut), low, high, "none")
    if isinstance(document, Scorecard) and document.tiers.bands.intervals is None:
        for tier in document.tiers.order[:-1]:
            cut = document.tiers.bands.cuts[tier]
            low, high = (decimal_text(cut + sign * steps.bands) for sign in (-1, 1))
            yield _Figure(f"tiers.{tier}", decimal_text(cut), low, high, "none")


def _weights(document: Card, by: Fraction) -> Iterator[_Figure]:
    for dimension in document.dimensions:
        if len(document.dimensions) > 1:
            yield _weight(f"{dimension.id}.weight", exact(dimension.weight or 0), by)
        for part in dimension.indicators if len(dimension.indicators) > 1 else ():
            yield _weight(f"{dimension.id}.{part.id}.weight", exact(part.weight or 0), by)


def _weight(path: str, weight: Fraction, by: Fraction) -> _Figure:
    now, low, high = (
        percent(value) if "/" not in decimal_text(value * 100) else str(value)
        for value in (weight, weight - by, weight + by)
    )
    return _Figure(path, now, low, high, "dimension")
