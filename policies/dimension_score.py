"""A dimension's score: its points in percent of what full points in all its indicators would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

from policies.condition import Condition
from policies.document import Card, Policy, conditions
from policies.exact import decimal_text
from policies.findings import Finding, found
from policies.kleene import Group, Leaf, Negation, Score, Scored, Test
from policies.plan import Plan
from policies.values import Named


def full_points(document: Card, name: str) -> Fraction:
    """Return what full points in every indicator of a dimension add to the total."""
    parts = [(dimension, part) for dimension, part, _ in document.indicators if dimension.id == name]
    return sum((document.worth(dimension, part) * part.out_of for dimension, part in parts), Fraction(0))


def score_test(document: Card, condition: Condition, scored: Sequence[Scored], unit: int) -> Test:
    """Return the test of a dimension's score over the contributions of its indicators, ``unit`` of which are a point."""
    operator, (value,) = condition.comparison
    assert isinstance(value, Fraction)
    bound = value / 100 * full_points(document, str(condition.dimension)) * unit
    least = ceil(bound) if operator in ("ge", "lt") else floor(bound) + 1
    test = Score(tuple(part for part in scored if part.dimension == condition.dimension), least)
    return test if operator in ("ge", "gt") else Negation(test)


def scores_of(plan: Plan) -> tuple[tuple[Scored, ...], ...]:
    """Return the dimensions, each as its indicators, whose scores the conditions of a plan compare."""
    return tuple(dict.fromkeys(score.parts for score in score_thresholds(plan)))


def score_thresholds(plan: Plan) -> Iterator[Score]:
    """Yield every comparison of a dimension's score in the conditions of a plan."""
    for test in [*(line.when for line in plan.lines), *(step.when for step in plan.steps)]:
        yield from _scores(test)


def _scores(test: Test) -> Iterator[Score]:
    if isinstance(test, Score):
        yield test
    elif not isinstance(test, Leaf):
        for part in test.parts if isinstance(test, Group) else (test.part,):
            yield from _scores(part)


def score_findings(document: Policy) -> Iterator[Finding]:
    """Yield what is wrong with the comparisons of dimensions' scores."""
    known = [dimension.id for dimension in document.dimensions] if isinstance(document, Card) else []
    for condition, path in conditions(document):
        for leaf, place in condition.scores(path):
            operator, (value,) = leaf.comparison
            assert isinstance(value, Fraction)
            if leaf.dimension not in known:
                message = f"{leaf.dimension!r} is not one of the dimensions {', '.join(known) or '(there are none)'}"
                yield found(
                    document, "dimension_unknown", (*place, "dimension"), message, "Name a dimension by its id."
                )
            elif isinstance(document, Card) and full_points(document, str(leaf.dimension)) <= 0:
                message = f"{leaf.dimension} has no full points, so no share of them can be compared"
                cure = "Compare an input, or give an indicator out_of above 0."
                yield found(document, "dimension_unknown", (*place, "dimension"), message, cure)
            if isinstance(value, Named):
                message = f"the parameter {value.name} is a figure of an input, and a dimension's score has no type"
                yield found(document, "wrong_type", (*place, operator), message, "Write the number out.")
            elif not 0 <= value <= 100:
                message = f"a dimension's score lies between 0 and 100, and {decimal_text(value)} does not"
                yield found(document, "outside_domain", (*place, operator), message, "Write points of 100, such as 80.")
