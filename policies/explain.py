"""Why one customer has its grade: each rung, point and contribution, the way to the next tier, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from policies.answers import by_value, unknown_population
from policies.display import explanation_html
from policies.document import Card, Rules
from policies.exact import shown
from policies.explained import Contribution, PartTier, RuleLine, Rung, StepLine, Subtotal
from policies.hold import Standing, held_text
from policies.kleene import Scored, each_end, factors, places_of, truth
from policies.lift import Change, Distance, cheapest_change, distance_down, distance_up, points_of, reach
from policies.oracle import Status, grade, impossible_words
from policies.plain import plain
from policies.plan import Axis, Facts, Plan, banded, outcome, take
from policies.ranking import RankFigures, rank_figures
from policies.refusal import Refusal
from policies.review import Reviewed, ReviewReason, reasons_to_review
from policies.sentences import sentences
from policies.states import NAMES, State, state
from policies.values import Labels


class LevelsDisagree(Refusal):
    """Facts and packed levels that are not of the same customer and day."""

    code = "levels_disagree"


@dataclass(frozen=True)
class Explanation:
    """Why a customer has its grade; totals and contributions are exact on the scale 0 to 100.

    The contributions sum to ``worst`` exactly, and to ``total`` when nothing is missing.  ``reasons`` are the ids of
    the indicators that lose points, most first; ``missing`` of the inputs that are not known and matter; ``impossible``
    are words whose value cannot be (only facts show them).  ``up``, ``down`` and ``cheapest`` are None where there is no
    such tier, or while the grade is not settled.  ``band`` are the tiers before ``conditions`` and ``gates``, which stand
    in the order in which they are taken.  ``review_reasons`` are why a person must look at it, ``held`` why the computed
    tier does not take effect, None where it does or where no standing was given.
    """

    policy: str
    title: Labels
    status: Status
    tier: str | None
    total: Fraction | None
    worst: Fraction
    best: Fraction
    candidates: tuple[str, ...]
    parts: tuple[PartTier, ...]
    inputs: tuple[Rung, ...]
    contributions: tuple[Contribution, ...]
    dimensions: tuple[Subtotal, ...]
    rules: tuple[RuleLine, ...]
    matched: str | None
    band: tuple[str, ...]
    conditions: tuple[StepLine, ...]
    gates: tuple[StepLine, ...]
    missing: tuple[str, ...]
    impossible: tuple[str, ...]
    reasons: tuple[str, ...]
    up: Distance | None
    down: Distance | None
    cheapest: Change | None
    review_reasons: tuple[ReviewReason, ...] = ()
    rank: RankFigures | None = None
    held: Labels | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a fraction becomes ``{"exact": "25/3", "shown": "8.3"}``, rounded down."""
        values = plain(self)
        assert isinstance(values, dict)
        return values

    def lines(self, language: str = "zh") -> list[str]:
        """Return the explanation as sentences in ``zh`` or ``en``."""
        return sentences(self, language)

    def _repr_html_(self) -> str:
        return explanation_html(self)


def explain(
    plan: Plan,
    facts: Facts | None = None,
    *,
    levels: int | None = None,
    status: str | None = None,
    candidates: int | None = None,
    previous: str | None = None,
    standing: Standing | None = None,
) -> Explanation:
    """Explain one customer from its facts, from the packed levels of its result, or from both.

    Levels alone rebuild every contribution; facts add the values, and must lie on the same rungs (LevelsDisagree).
    ``status`` and ``candidates`` are the stored ones: levels alone do not tell whether the policy applies;
    ``previous`` is the tier of the grading before, for ``review_reasons``, ``standing`` where the
    grading left the customer, for ``held``.  Raises ValueError when neither facts nor levels are given.
    """
    found = _explained(plan, facts, levels, status, candidates)
    ends = (found.worst, found.best) if found.contributions else None
    gates = [line.id for line in found.gates if line.fired]
    reasons = reasons_to_review(plan.document, Reviewed(found.status, found.tier, ends, gates), previous)
    held = None if standing is None else held_text(plan.document, standing)
    return replace(found, review_reasons=reasons, held=held)


def _explained(
    plan: Plan, facts: Facts | None, levels: int | None, status: str | None, candidates: int | None
) -> Explanation:
    if facts is not None:
        result = grade(plan, facts)
        if levels is not None and levels != result.levels:
            message = (
                f"The facts give levels {result.levels} and the grade has {levels}: they are of another day or policy."
            )
            raise LevelsDisagree(f"{message} Take the facts of the grade's own snapshot.")
        return _explanation(plan, plan.unpack(result.levels), result.status, result.candidates, facts)
    if levels is None:
        raise ValueError("explain needs facts or levels")
    codes = plan.unpack(levels)
    possible = outcome(plan, codes)[2] if candidates is None else candidates
    if status in ("not_applicable", "error"):
        return _explanation(plan, (), "error" if status == "error" else "not_applicable", 0, {})
    alone = possible & (possible - 1) == 0 and status != "pending"
    return _explanation(plan, codes, "graded" if alone else "pending", possible, {})


def _explanation(plan: Plan, codes: Sequence[int], status: Status, candidates: int, facts: Facts) -> Explanation:
    if status in ("not_applicable", "error"):
        codes = ()
    worst, best, _ = outcome(plan, codes) if codes else (0, 0, 0)
    rungs = tuple(_rung(plan, axis, code, facts) for axis, code in zip(plan.axes, codes, strict=bool(codes)))
    counted = each_end(plan.indicators, codes) if rungs else ()
    shared = factors(plan.indicators, codes) if rungs else {}
    parts = tuple(
        _contribution(plan, part, rungs[part.axis], two, None if part.factors is None else shared[part.factors])
        for part, two in zip(plan.indicators, counted, strict=bool(rungs))
    )
    lines = _rule_lines(plan, codes) if codes else ()
    band = banded(plan, codes) if codes else 0
    steps = _step_lines(plan, codes, band) if codes else ()
    graded = status == "graded"
    ordered = candidates < 1 << len(plan.document.tiers.order)
    exact = graded and ordered and worst == best and plan.kind != "rules"
    losing = sorted((part for part in parts if part.lost > 0), key=lambda part: -part.lost)
    unknown = [part.word for part in plan.population if facts and state(facts.get(part.word)) != "value"]
    return Explanation(
        policy=plan.id,
        title=plan.document.title,
        status=status,
        tier=plan.names(candidates)[0] if graded else None,
        total=points_of(plan, worst) if codes and worst == best and plan.kind != "rules" else None,
        worst=points_of(plan, worst),
        best=points_of(plan, best),
        candidates=plan.names(candidates),
        parts=_parts(plan, codes),
        inputs=rungs,
        contributions=parts,
        dimensions=_subtotals(plan, parts),
        rules=lines,
        matched=next((line.id for line in lines if line.holds), None) if graded else None,
        band=plan.names(band),
        conditions=tuple(line for line in steps if line.effect == "condition"),
        gates=tuple(line for line in steps if line.effect != "condition"),
        missing=_by_value(plan, codes, rungs, unknown)
        if status == "pending"
        else (*unknown, *_missing(plan, codes, rungs)),
        impossible=impossible_words(plan, facts),
        reasons=tuple(part.rung.id for part in losing),
        up=distance_up(plan, worst, codes) if exact else None,
        down=distance_down(plan, worst, codes) if exact else None,
        cheapest=cheapest_change(plan, codes, rungs) if graded and ordered else None,
        rank=rank_figures(plan) if codes and plan.shares else None,
    )


def _parts(plan: Plan, codes: Sequence[int]) -> tuple[PartTier, ...]:
    if not codes:
        return ()
    return tuple(PartTier(name, part.document.title, part.names(outcome(part, codes)[2])) for name, part in plan.parts)


def _rung(plan: Plan, axis: Axis, code: int, facts: Facts) -> Rung:
    word, unit = axis.word, plan.document.unit(axis.word.name)
    title = Labels(zh=word.zh, en=word.en)
    if isinstance(plan.document, Card):
        given = next((part.title for _, part, _ in plan.document.indicators if part.id == axis.name), None)
        title = given or title
    value = facts.get(word.name)
    is_in = state(value) if word.name in facts else _state(axis, code)
    if value is None or is_in != "value":
        return Rung(axis.name, title, word.name, code, None, reach(axis, code, unit) if code else NAMES[is_in], is_in)
    known = Labels(zh=shown(word, value, unit), en=shown(word, value, unit, "en"))
    return Rung(axis.name, title, word.name, code, known, reach(axis, code, unit))


def _state(axis: Axis, code: int) -> State:
    """Return the state that a code tells."""
    return "missing" if code == 0 else "value" if code <= axis.cells else "not_applicable"


def _contribution(
    plan: Plan, part: Scored, rung: Rung, counted: tuple[int, int], factor: Fraction | None
) -> Contribution:
    """Return what an indicator counts; ``factor`` is its dimension's, None where nothing is shared out."""
    assert isinstance(plan.document, Card)
    out_of = next(item.out_of for _, item, _ in plan.document.indicators if item.id == part.id)
    got, best = (points_of(plan, end) for end in counted)
    own = Fraction(1) if factor is None else factor if rung.code else Fraction(0)
    most = points_of(plan, max(*part.contributions[1:], part.missing_best)) * own
    alone = points_of(plan, part.contributions[rung.code])
    points = alone if part.share is None else alone * out_of / (part.share * 100)
    return Contribution(rung, part.dimension, part.share, out_of, points, got, best, most - got, own)


def _subtotals(plan: Plan, parts: Sequence[Contribution]) -> tuple[Subtotal, ...]:
    if not parts or not isinstance(plan.document, Card):
        return ()
    return tuple(
        Subtotal(
            dimension.id,
            dimension.title,
            dimension.weight,
            sum((part.contribution for part in parts if part.dimension == dimension.id), Fraction(0)),
            sum((part.best for part in parts if part.dimension == dimension.id), Fraction(0)),
        )
        for dimension in plan.document.dimensions
    )


def _rule_lines(plan: Plan, codes: Sequence[int]) -> tuple[RuleLine, ...]:
    titles = {rule.id: rule.title for rule in plan.document.rules} if isinstance(plan.document, Rules) else {}
    lines = [
        RuleLine(line.id, titles.get(line.id), plan.tiers[line.tier], truth(line.when, codes)) for line in plan.lines
    ]
    if not lines:
        return ()
    return (*lines, *([] if plan.otherwise is None else [RuleLine("else", None, plan.tiers[plan.otherwise], True)]))


def _step_lines(plan: Plan, codes: Sequence[int], candidates: int) -> tuple[StepLine, ...]:
    titles = {gate.id: gate.title for gate in plan.document.gates}
    lines = []
    for step in plan.steps:
        taken, after = truth(step.when, codes), take(step, candidates, codes)
        demanded = step.effect == "condition"
        holds = not taken if demanded and taken is not None else taken
        title = None if demanded else titles.get(step.id)
        fired = taken if after != candidates else False
        lines.append(StepLine(step.id, title, step.effect, plan.tiers[step.tier], holds, fired))
        candidates = after
    return tuple(lines)


def _by_value(plan: Plan, codes: Sequence[int], rungs: Sequence[Rung], unknown: Sequence[str]) -> tuple[str, ...]:
    """Return what is missing, the answer most likely to settle the tier first."""
    names = [*unknown, *_missing(plan, codes, rungs)]
    order = by_value(plan, codes, unknown_population(plan, unknown))
    words = {rung.id: rung.input for rung in rungs}
    place = {name: order.index(word) if (word := words.get(name, name)) in order else len(order) for name in names}
    return tuple(sorted(names, key=lambda name: place[name]))


def _missing(plan: Plan, codes: Sequence[int], rungs: Sequence[Rung]) -> list[str]:
    """Return the inputs that are not known; one that only conditions read counts while a condition hangs on it."""
    if not codes:
        return []
    open_ = {place for step in plan.steps if truth(step.when, codes) is None for place in places_of(step.when)}
    open_ |= {part.axis for part in plan.indicators} or set(range(len(plan.axes)))
    return [rung.id for place, rung in enumerate(rungs) if rung.code == 0 and place in open_]
