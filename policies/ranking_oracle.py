"""The meaning of a ranking, slowly: every customer set against every other, in fractions, straight from the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from policies.document import Ranking
from policies.oracle import Result, applies, moved, result, ruled_out, totals, with_parts
from policies.plan import Facts, Plan


@dataclass(frozen=True)
class _Contestant:
    """One who is ranked, or may be: whether the policy certainly applies, and the totals with what is missing."""

    sure: bool
    worst: Fraction
    best: Fraction


def grade_all(plan: Plan, population: Sequence[Facts]) -> list[Result]:
    """Grade a whole population by a ranking, in its order; takes the square of its number of steps."""
    document = plan.document
    assert isinstance(document, Ranking)
    out = [ruled_out(plan, facts) for facts in population]
    field = {
        i: _Contestant(applies(plan, facts) is True, *totals(document, facts))
        for i, facts in enumerate(population)
        if out[i] is None
    }
    found = []
    for i, (facts, outside) in enumerate(zip(population, out, strict=True)):
        if outside is None:
            me, others = field[i], [other for j, other in field.items() if j != i]
            tiers = document.tiers.order[_best(document, me, others) : _worst(document, me, others) + 1]
            outside = result(plan, facts, moved(document, tiers, with_parts(plan, facts)), (me.worst, me.best))
        found.append(outside)
    return found


def _best(document: Ranking, me: _Contestant, others: Sequence[_Contestant]) -> int:
    """Return the place of the tier with the others at their worst; who may be outside is inside and not better."""
    better = sum(other.sure and other.worst > me.best for other in others)
    ranked = 1 + sum(other.sure or other.worst <= me.best for other in others)
    return _place(document, Fraction(better, ranked))


def _worst(document: Ranking, me: _Contestant, others: Sequence[_Contestant]) -> int:
    """Return the place of the tier with the others at their best; who may be outside is inside where better."""
    better = sum(other.best > me.worst for other in others)
    ranked = 1 + sum(other.sure or other.best > me.worst for other in others)
    return _place(document, Fraction(better, ranked))


def _place(document: Ranking, ahead: Fraction) -> int:
    upper = document.tiers.order[:-1]
    return next((i for i, tier in enumerate(upper) if ahead < document.tiers.shares[tier]), len(upper))
