"""Mutants of a policy: documents that differ from it in one small thing, such as a cut one unit higher or a rule left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any

from pydantic import BaseModel

from policies.attainable import Totals
from policies.condition import Condition
from policies.dimension_score import full_points, score_test
from policies.document import Card, Indicator, Policy, Rules, Scorecard, conditions
from policies.exact import exact, written
from policies.kleene import Negation, Score
from policies.plan import Plan
from policies.reading import Path
from policies.reweight import covered

_OTHER = {"left": "right", "right": "left", "all": "any", "any": "all"}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is in the document, and the document with it, which may be unsound."""

    path: Path
    document: Callable[[], Policy]


def mutants(plan: Plan) -> Iterator[Mutant]:
    """Yield every mutant of a plan's document, in the order of its parts.

    A cut or threshold moves by one stored unit up and down, the beginning of a band past the nearest total that a
    customer can have; a closed side, ``all`` or ``any`` turns over; two weights change places; a rung gets other
    points; a rule, a gate, a minimum condition or a value of the population is left out.  Those of the parts follow.
    """
    yield from _alone(plan)
    for name, part in plan.parts:
        for mutant in _alone(part):
            yield Mutant(("parts", name, *mutant.path), partial(_in_part, plan.document, name, mutant))


def _in_part(document: Policy, name: str, mutant: Mutant) -> Policy:
    """Return the whole with one part changed, which has no more than what was written in it."""
    written_part = document.parts[name]
    part = mutant.document().model_copy(update={"parts": {}, "inputs": written_part.inputs})
    return document.model_copy(update={"parts": document.parts | {name: part}})


def _alone(plan: Plan) -> Iterator[Mutant]:
    document = plan.document
    for word, values in document.population.applies_to.items() if document.population else ():
        for index in range(len(values)):
            yield _without(document, ("population", "applies_to", word), index)
    if isinstance(document, Card):
        yield from _weights(document)
        yield from _coverages(document)
        for _, indicator, path in document.indicators:
            yield from _ladder(document, indicator, path)
    if isinstance(document, Scorecard):
        yield from _bands(plan, document)
    for condition, path in conditions(document):
        yield from _condition(plan, condition, path)
    for tier in document.tiers.conditions:
        yield _without(document, ("tiers", "conditions"), tier)
    for index in range(len(document.rules) if isinstance(document, Rules) else 0):
        yield _without(document, ("rules",), index)
    for index in range(len(document.gates)):
        yield _without(document, ("gates",), index)


def _weights(document: Card) -> Iterator[Mutant]:
    groups: list[tuple[Path, tuple[Any, ...]]] = [
        (("dimensions", place, "indicators"), dimension.indicators)
        for place, dimension in enumerate(document.dimensions)
    ]
    if document.weights == "relative":
        groups.append((("dimensions",), document.dimensions))
    for path, parts in groups:
        for (i, one), (j, other) in combinations(enumerate(parts), 2):
            if one.weight != other.weight:
                yield Mutant((*path, i, "weight"), partial(_swapped, document, path, i, j))


def _coverages(document: Card) -> Iterator[Mutant]:
    """Yield least coverages by which the dimension that just shares out no longer does, or one that just does not does so too."""
    path: Path = ("missing", "reweight", "minimum_coverage")
    shared = [one for _, one in covered(document)]
    enough = [Fraction(min(one.enough), one.whole) for one in shared if len(one.enough) > 1]
    short = [Fraction(one.short[0], one.whole) for one in shared if one.short[0]]
    if enough:
        above = [Fraction(known, one.whole) for one in shared for known in one.enough]
        yield _with(document, path, min(share for share in above if share > min(enough)))
    if short:
        yield _with(document, path, max(short))


def _swapped(document: Card, path: Path, i: int, j: int) -> Policy:
    one, other = (part_at(document, (*path, place, "weight")) for place in (i, j))
    return _changed(_changed(document, (*path, i, "weight"), other), (*path, j, "weight"), one)


def _ladder(document: Card, indicator: Indicator, path: Path) -> Iterator[Mutant]:
    here = (*path, "ladder")
    rungs: list[Path] = [(*path, "not_applicable", "points")] if indicator.not_applicable is not None else []
    if indicator.ladder is not None:
        for index in range(len(indicator.ladder.cuts)):
            yield from _shifted(document, indicator.input, (*here, "cuts", index))
        rungs += [(*here, "points", index) for index in range(len(indicator.ladder.points))]
        rungs += [(*here, "below")] if indicator.ladder.below is not None else []
    rungs += [(*path, "values", value) for value in indicator.values or ()]
    for place in rungs:
        yield _with(document, place, _other_points(part_at(document, place), indicator.out_of))
    if indicator.ladder is not None:
        yield _with(document, (*here, "closed"), _OTHER[indicator.ladder.closed])


def _other_points(points: Fraction, most: Fraction) -> Fraction:
    return points + 1 if points + 1 <= most else points - 1 if points >= 1 else Fraction(0)


def _bands(plan: Plan, document: Scorecard) -> Iterator[Mutant]:
    """Yield bands whose beginning lets the nearest total above out, or the nearest below in."""
    totals, right = Totals(plan), document.tiers.bands.closed == "right"
    for tier, begin in zip(plan.tiers[: len(plan.bands) - 1], plan.bands[:-1], strict=True):
        above, below = totals.at_least(begin), totals.below(begin)
        for least in (None if above is None else above + 1, below):
            if least is not None:
                cut = Fraction((least - right) * 100, plan.scale)
                yield _with(document, ("tiers", "bands", "cuts", tier), cut)
    if any(totals.at_least(begin - right) == begin - right for begin in plan.bands[:-1]):
        yield _with(document, ("tiers", "bands", "closed"), _OTHER[document.tiers.bands.closed or "left"])


def _condition(plan: Plan, condition: Condition, path: Path) -> Iterator[Mutant]:
    document = plan.document
    if condition.dimension is not None:
        yield from _score(plan, condition, path)
    if condition.input is not None:
        operator, values = condition.comparison
        if condition.is_ is None and document.fact(condition.input).type != "category":
            for index in range(len(values)):
                yield from _shifted(
                    document, condition.input, (*path, operator, *([index] if operator == "in" else []))
                )
        return
    parts = condition.parts
    if condition.at_least is not None:
        for least in (condition.at_least.k - 1, condition.at_least.k + 1):
            yield _with(document, (*path, "at_least", "k"), least)
    elif condition.not_ is None and len(parts) > 1:
        name = "all" if condition.all is not None else "any"
        other = condition.model_copy(update={name: None, _OTHER[name]: getattr(condition, name)})
        yield _with(document, path, other)
    for part, inside in parts:
        yield from _condition(plan, part, (*path, *inside))


def _score(plan: Plan, condition: Condition, path: Path) -> Iterator[Mutant]:
    """Yield a dimension's threshold that lets the nearest score above out, or the nearest below in."""
    document = plan.document
    assert isinstance(document, Card)
    operator, _ = condition.comparison
    test = score_test(document, condition, plan.indicators, plan.scale // 100)
    test = test.part if isinstance(test, Negation) else test
    assert isinstance(test, Score)
    totals, above = Totals(plan, test.parts), operator in ("gt", "le")
    at, below = totals.at_least(test.least), totals.below(test.least)
    full = full_points(document, str(condition.dimension))
    for least in (None if at is None else at + 1, below):
        if least is not None:
            score = Fraction((least - above) * 10_000, plan.scale) / full
            yield _with(document, (*path, operator), score)


def _shifted(document: Policy, name: str, path: Path) -> Iterator[Mutant]:
    """Yield a number of a word one stored unit higher and lower."""
    value = part_at(document, path)
    step = written(document.fact(name), 1, document.unit(name))
    for number in (exact(value) + step, exact(value) - step):
        yield _with(document, path, str(number) if isinstance(value, str) else number)


def _with(document: Policy, path: Path, value: Any) -> Mutant:
    return Mutant(path, partial(_changed, document, path, value))


def _without(document: Policy, path: Path, item: str | int) -> Mutant:
    return Mutant((*path, item), partial(_dropped, document, path, item))


def _dropped(document: Policy, path: Path, item: str | int) -> Policy:
    items = part_at(document, path)
    if isinstance(items, dict):
        return _changed(document, path, {name: value for name, value in items.items() if name != item})
    return _changed(document, path, tuple(value for index, value in enumerate(items) if index != item))


def _changed(document: Policy, path: Path, value: Any) -> Policy:
    """Return a document with another value at a path."""
    made: Policy = _set(document, path, value)
    return made


def _attribute(part: BaseModel, key: str | int) -> str:
    """Return the attribute of a key: ``not_`` for ``not``."""
    return f"{key}" if str(key) in type(part).model_fields else f"{key}_"


def part_at(part: Any, path: Path) -> Any:
    """Return what stands at a path of a document, or of a part of one."""
    for key in path:
        part = getattr(part, _attribute(part, key)) if isinstance(part, BaseModel) else part[key]
    return part


def _set(part: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(part, BaseModel):
        name = _attribute(part, key)
        return part.model_copy(update={name: _set(getattr(part, name), rest, value)})
    if isinstance(part, dict):
        return part | {key: _set(part[key], rest, value)}
    assert isinstance(key, int)
    return (*part[:key], _set(part[key], rest, value), *part[key + 1 :])
