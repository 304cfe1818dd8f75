"""From a document to its plan: exact integers over the smallest common denominator, refused when they do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm, prod
from operator import ge, gt, le, lt

from policies.composition import depth, inside, tier_in, tiers_in
from policies.condition import Condition
from policies.conditional import MOST_DEEP
from policies.dimension_score import score_test
from policies.document import Card, Indicator, Policy, Ranking, Rules, Scorecard, conditions
from policies.exact import INT64_MOST, exact, stored
from policies.findings import CODES, Finding, UnsoundPolicy, found, within
from policies.kleene import Factors, Group, Leaf, Negation, Scored, Test, sharing
from policies.plan import Axis, Line, Membership, Plan, Step
from policies.reweight import Coverages, covered
from policies.structure import structure
from policies.table import unique_findings
from policies.vocabulary import Word

# A total and the span to its best share one 64-bit sum, so each must stay below 2^31.
MOST_TOTAL = 2**31 - 1
_ORDER = {"ge": ge, "gt": gt, "le": le, "lt": lt}


def compile_plan(document: Policy) -> Plan:
    """Compile a document; raises UnsoundPolicy with the findings when its check finds an error."""
    findings = [finding for finding in structure(document) if CODES[finding.code][0] == "error"]
    if findings:
        raise UnsoundPolicy(document, findings)
    plan = _whole(document)
    for node in tiers_in(plan):
        if depth(node.part) > MOST_DEEP:
            message = f"the tier of {node.name} nests {depth(node.part)} groups deep, and SQLite reads {MOST_DEEP}"
            cure = "Write the part with fewer changes between its tiers, or flatter."
            raise UnsoundPolicy(document, [found(document, "condition_deep", ("parts", node.name), message, cure)])
    too_large = size_finding(plan)
    if too_large is not None:
        raise UnsoundPolicy(document, [too_large])
    for name, part in plan.parts:  # their codes are the whole's, their totals their own
        too_large = size_finding(part)
        if too_large is not None:
            raise UnsoundPolicy(document, [within(name, too_large)])
    findings = list(unproved(document))
    if findings:
        raise UnsoundPolicy(document, findings)
    return plan


def unproved(document: Policy) -> Iterator[Finding]:
    """Yield where ``match: unique`` tables of a policy and its parts leave gaps or overlap."""
    if all(not isinstance(one, Rules) or one.match == "first" for one in (document, *document.parts.values())):
        return
    # Cells as a proof shows them: every written value, and what lies below, between and above.
    whole = _whole(document, each=True)
    for name, plan in (("", whole), *whole.parts):
        if isinstance(plan.document, Rules) and plan.document.match == "unique":
            faults = unique_findings(plan)
            yield from (within(name, fault) for fault in faults) if name else faults


def _whole(document: Policy, each: bool = False) -> Plan:
    """Return a policy with its parts; with ``each`` every value that a condition writes has a cell of its own."""
    documents: dict[str, Policy] = {"": document, **inside(document)}
    scorings: dict[str, _Scoring] = {}
    first = 0
    for name, one in documents.items():
        if isinstance(one, Card):
            scorings[name] = _scoring(one, first, name)
            first += len(scorings[name].axes)
    scored = [axis for scoring in scorings.values() for axis in scoring.axes]
    axes = _Axes(tuple(documents.values()), scored, each)
    parts: dict[str, Plan] = {}
    for name in (*list(documents)[1:], ""):  # the whole comes last, for it reads the tiers of the parts
        read = _Conditions(documents[name], axes, scorings.get(name), parts)
        made = _card(read) if isinstance(read.document, Card) else _rules(read)
        parts[name] = replace(made, parts=tuple(parts.items()))
    return parts[""]


def size_finding(plan: Plan) -> Finding | None:
    """Prove that totals and packed codes fit their integers, or return what does not."""
    codes = prod(axis.radix for axis in plan.axes)
    if codes - 1 > INT64_MOST:
        message = f"{len(plan.axes)} inputs have {codes:,} combinations of rungs, more than 2^63"
        return found(plan.document, "plan_too_large", (), message, "Use fewer indicators or fewer rungs.")
    weights = max((one.known[0][0] for one in sharing(plan.indicators)), default=0)
    if max(plan.highest - min(plan.lowest, 0), plan.scale, weights) > MOST_TOTAL:
        message = f"a total of 100 is {plan.scale:,} of the common unit, more than 2^31"
        cure = "Use rounder weights, points or out_of."
        if any(part.factors is not None for part in plan.indicators):
            cure = "Use rounder weights, points or out_of, or a higher minimum_coverage, which leaves fewer factors."
        return found(plan.document, "plan_too_large", (), message, cure)
    return None


def _population(document: Policy) -> tuple[Membership, ...]:
    words = document.population.applies_to if document.population else {}
    return tuple(Membership(name, tuple(values), document.fact(name).values) for name, values in words.items())


@dataclass(frozen=True)
class _Scoring:
    """The indicators of a scorecard in integers; ``unit`` of them are a point."""

    axes: tuple[Axis, ...]
    scored: tuple[Scored, ...]
    bands: tuple[int, ...]
    unit: int


def _scoring(document: Card, first: int, part: str) -> _Scoring:
    """Return the indicators of a scorecard; their axes begin at the place ``first`` and, in a part, with its name."""
    parts = document.indicators
    axes = [_ladder_axis(document, indicator, part) for _, indicator, _ in parts]
    shares = [document.share(dimension, indicator) for dimension, indicator, _ in parts]
    points = [_points(document, indicator, axis) for (_, indicator, _), axis in zip(parts, axes, strict=True)]
    missing = [_missing(document, indicator, values) for (_, indicator, _), values in zip(parts, points, strict=True)]
    worth = [document.worth(dimension, indicator) for dimension, indicator, _ in parts]
    begins = document.tiers.bands.cuts if isinstance(document, Scorecard) else {}
    cuts = [begins[tier] for tier in document.tiers.order[:-1] if tier in begins]
    shared = covered(document)
    factor = lcm(*(one.unit for _, one in shared))  # every contribution at a factor of 1 is a multiple of it
    unit = factor * lcm(
        *(cut.denominator for cut in cuts),
        *((w * p).denominator for w, values, two in zip(worth, points, missing, strict=True) for p in (*values, *two)),
    )
    scored = tuple(
        Scored(
            indicator.id,
            dimension.id,
            share,
            axis,
            tuple(int(w * p * unit) for p in (two[0], *values)),
            int(w * two[1] * unit),
        )
        for axis, ((dimension, indicator, _), share, w, values, two) in enumerate(
            zip(parts, shares, worth, points, missing, strict=True), first
        )
    )
    for places, one in shared:
        scored = _sharing(scored, places, one, factor)
    after = isinstance(document, Scorecard) and document.tiers.bands.closed == "right"
    bands = (*(int(cut * unit) + after for cut in cuts), 0) if cuts else ()
    return _Scoring(tuple(axes), scored, bands, unit)


def _sharing(scored: tuple[Scored, ...], places: Sequence[int], one: Coverages, unit: int) -> tuple[Scored, ...]:
    """Return the indicators, of which those at some places share out what is missing by the factors of their dimension."""
    members = [scored[place] for place in places]
    least, most = zip(*((part.contributions[0] // unit, part.missing_best // unit) for part in members), strict=True)
    known = tuple((weight, unit * one.whole // weight) for weight in one.enough)
    factors = Factors(members[0].axis, unit, known, *one.limits(least, most, unit))
    weights = dict(zip(places, one.weights, strict=True))
    return tuple(
        replace(part, weight=weights[place], factors=factors) if place in weights else part
        for place, part in enumerate(scored)
    )


def _card(read: _Conditions) -> Plan:
    document, scoring = read.document, read.scoring
    assert scoring is not None
    percentiles = document.tiers.shares if isinstance(document, Ranking) else {}
    return Plan(
        document.id, document.kind, document.tiers.names, _population(document), read.axes, scoring.scored,
        100 * scoring.unit, scoring.bands, steps=_steps(document, read), document=document,
        shares=tuple(percentiles[tier] for tier in document.tiers.order if tier in percentiles),
    )  # fmt: skip


def _ladder_axis(document: Card, indicator: Indicator, part: str) -> Axis:
    word, apart = document.fact(indicator.input), document.not_applicable_points(indicator) is not None
    name = f"{part}.{indicator.id}" if part else indicator.id
    if indicator.values is not None:
        return Axis(name, word, values=word.values, apart=apart)
    if indicator.ladder is None:
        return Axis(name, word, tuple(range(1, 11)), apart=apart)
    after = indicator.ladder.closed == "right"
    cuts = tuple(int(stored(word, cut, document.unit(word.name))) + after for cut in indicator.ladder.cuts)
    return Axis(name, word, cuts[1:] if indicator.ladder.below is None else cuts, apart=apart)


def _points(document: Card, indicator: Indicator, axis: Axis) -> tuple[Fraction, ...]:
    """Return the points of codes 1, 2, ... of an indicator."""
    outside = document.not_applicable_points(indicator)
    last = () if outside is None else (outside,)
    if indicator.values is not None:
        return (*(indicator.values[value] for value in axis.values), *last)
    if indicator.ladder is None:
        return (*(Fraction(points) for points in range(axis.cells)), *last)
    below = () if indicator.ladder.below is None else (indicator.ladder.below,)
    return (*below, *indicator.ladder.points, *last)


def _missing(document: Card, indicator: Indicator, points: tuple[Fraction, ...]) -> tuple[Fraction, Fraction]:
    fixed = (indicator.missing or document.missing).points
    return (min(points), max(points)) if fixed is None else (fixed, fixed)


def _rules(read: _Conditions) -> Plan:
    document = read.document
    assert isinstance(document, Rules)
    order = document.tiers.names
    lines = tuple(Line(rule.id, read.test(rule.when), order.index(rule.then)) for rule in document.rules)
    return Plan(
        document.id, document.kind, order, _population(document), read.axes, lines=lines,
        otherwise=None if document.else_ is None else order.index(document.else_), steps=_steps(document, read), document=document,
    )  # fmt: skip


def _steps(document: Policy, read: _Conditions) -> tuple[Step, ...]:
    """Return what follows the band: minimum conditions from the best tier down, floors, caps, sets."""
    order = document.tiers.order
    ordered, everything = (1 << len(order)) - 1, (1 << len(document.tiers.names)) - 1
    steps = [
        Step(tier, "condition", place, Negation(read.test(document.tiers.conditions[tier])), 1 << place, place + 1)
        for place, tier in enumerate(order)
        if tier in document.tiers.conditions
    ]
    # The first set that holds decides, so it is taken last.
    backwards = document.gates[::-1]
    for gate in sorted(backwards, key=lambda gate: gate.effect.kinds.index(gate.effect.kind)):
        place, kind = document.tiers.names.index(gate.effect.tier), gate.effect.kind
        hits = {"floor": ordered & ~((2 << place) - 1), "cap": (1 << place) - 1, "set": everything}[kind]
        steps.append(Step(gate.id, kind, place, read.test(gate.when), hits, place))
    return tuple(steps)


class _Axes:
    """The axes of a policy and its parts: those of the indicators where they are fine enough, else one per word."""

    def __init__(self, documents: Sequence[Policy], axes: Sequence[Axis], each: bool) -> None:
        words: dict[str, Word] = {}
        cuts: dict[str, set[int]] = {}
        apart: set[str] = set()
        for document, leaf in ((one, leaf) for one in documents for leaf in _fact_leaves(one)):
            word = words.setdefault(str(leaf.input), document.fact(str(leaf.input)))
            cuts.setdefault(word.name, set()).update(_boundaries(document, word, leaf, each))
            apart |= {word.name} if leaf.is_ is not None else set()
        wanted = [_rule_axis(words[name], cuts[name], name in apart) for name in cuts]
        held = {axis.name: next((i for i, old in enumerate(axes) if _holds_cuts(old, axis)), None) for axis in wanted}
        own = [axis for axis in wanted if held[axis.name] is None]
        self.axes = (*axes, *own)
        self.places = {name: place for name, place in held.items() if place is not None}
        self.places |= {axis.name: len(axes) + i for i, axis in enumerate(own)}


class _Conditions:
    """The conditions of one document over the axes of the whole."""

    def __init__(self, document: Policy, axes: _Axes, scoring: _Scoring | None, parts: Mapping[str, Plan]) -> None:
        self.document, self.scoring, self.parts = document, scoring, parts
        self.axes, self.places = axes.axes, axes.places

    def test(self, condition: Condition) -> Test:
        """Return a condition over the codes of the axes."""
        if condition.not_ is not None:
            return Negation(self.test(condition.not_))
        if condition.dimension is not None:
            assert isinstance(self.document, Card)
            assert self.scoring is not None
            return score_test(self.document, condition, self.scoring.scored, self.scoring.unit)
        if condition.input is None:
            return Group(condition.least, tuple(self.test(part) for part, _ in condition.parts))
        if condition.input in self.document.parts:
            plan = self.parts[condition.input]
            named = {str(value) for value in condition.comparison[1]}
            return tier_in(condition.input, plan, sum(1 << i for i, tier in enumerate(plan.tiers) if tier in named))
        place = self.places[condition.input]
        axis = self.axes[place]
        if condition.is_ is not None:
            return Leaf(place, "is", (condition.is_,), frozenset({axis.outside}))
        operator, values = condition.comparison[0], _values(self.document, axis.word, condition)
        codes = frozenset(code for code in range(1, axis.cells + 1) if _holds(operator, axis.sample(code), values))
        return Leaf(place, operator, values, codes, frozenset({0, axis.outside}))


def _fact_leaves(document: Policy) -> Iterator[Condition]:
    """Yield every comparison of a fact: not those of the tier of a part."""
    for condition, path in conditions(document):
        yield from (leaf for leaf, _ in condition.leaves(path) if leaf.input not in document.parts)


def _holds_cuts(axis: Axis, wanted: Axis) -> bool:
    return axis.word == wanted.word and axis.apart >= wanted.apart and set(axis.cuts) >= set(wanted.cuts)


def _rule_axis(word: Word, boundaries: set[int], apart: bool) -> Axis:
    axis = Axis(word.name, word, values=word.values)
    inside = [c for c in sorted(boundaries) if axis.least is None or c > axis.least]
    return Axis(word.name, word, tuple(c for c in inside if axis.most is None or c <= axis.most), word.values, apart)


def _values(document: Policy, word: Word, leaf: Condition) -> tuple[int | str, ...]:
    values = leaf.comparison[1]
    if word.type == "category":
        return tuple(str(value) for value in values)
    return tuple(int(stored(word, exact(value), document.unit(word.name))) for value in values)


def _boundaries(document: Policy, word: Word, leaf: Condition, each: bool) -> Iterable[int]:
    """Return the stored values at which a comparison changes its answer, or those around ``each`` value it writes."""
    operator, _ = leaf.comparison
    if operator == "is":
        return
    for value in _values(document, word, leaf):
        if isinstance(value, int):
            changes = {"ge": (value,), "lt": (value,), "gt": (value + 1,), "le": (value + 1,)}
            yield from (value, value + 1) if each else changes.get(operator, (value, value + 1))


def _holds(operator: str, value: int | str, values: tuple[int | str, ...]) -> bool:
    return _ORDER[operator](value, values[0]) if operator in _ORDER else value in values
