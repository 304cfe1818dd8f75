"""Which parts of a policy its own cases reach: rungs, rules, gates, minimum conditions and tiers, and which they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from policies.case import Case
from policies.check import outcome_of
from policies.display import coverage_html
from policies.document import Card, Indicator, Policy, Rules, Scorecard
from policies.exact import decimal_text
from policies.kleene import factors, sharing, truth
from policies.lift import reach
from policies.oracle import facts_of
from policies.plan import Axis, Facts, Plan, banded, take
from policies.reading import Path
from policies.shares import for_case
from policies.states import known
from policies.values import Labels

# What is counted, in this order.
KINDS: dict[str, Labels] = {
    "rung": Labels(zh="评分档", en="rungs"),
    "rule": Labels(zh="规则", en="rules and else"),
    "bound": Labels(zh="分数段", en="bands"),
    "reweight": Labels(zh="权重分摊", en="re-weighting"),
    "condition": Labels(zh="最低条件", en="minimum conditions"),
    "gate": Labels(zh="门槛", en="gates"),
    "tier": Labels(zh="等级", en="tiers"),
    "population": Labels(zh="适用范围", en="population"),
}


@dataclass(frozen=True)
class Part:
    """One part that a case can reach: its kind, its line, what it is, and the names of the cases that reach it."""

    kind: str
    line: int
    title: Labels
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """How many parts of one kind some case reaches."""

    kind: str
    title: Labels
    reached: int
    parts: int


@dataclass(frozen=True)
class Coverage:
    """The parts of a policy and the cases that reach them; ``cases`` is how many cases there are."""

    cases: int
    parts: tuple[Part, ...]

    @property
    def shares(self) -> tuple[Share, ...]:
        """Return the shares of every kind of which the policy has a part."""
        found = []
        for kind, title in KINDS.items():
            of_kind = [part for part in self.parts if part.kind == kind]
            if of_kind:
                found.append(Share(kind, title, sum(bool(part.cases) for part in of_kind), len(of_kind)))
        return tuple(found)

    @property
    def share(self) -> Fraction:
        """Return the share of all parts that some case reaches."""
        return Fraction(len(self.parts) - len(self.missed), len(self.parts))

    @property
    def missed(self) -> tuple[Part, ...]:
        """Return the parts that no case reaches, in the order of their lines."""
        return tuple(sorted((part for part in self.parts if not part.cases), key=lambda part: part.line))

    def _repr_html_(self) -> str:
        return coverage_html(self)


# What a case reaches: the kind, the path of the part, and which of its sides.
Reached = tuple[str, Path, str]


def coverage(plan: Plan) -> Coverage:
    """Return what the cases of a plan's document reach; a case that cannot be run reaches nothing.

    A rung is reached by a customer who stands on it, a rule by one whose tier it decides, a band by a customer's total
    or a bare one.  A gate, a minimum condition and the population have two sides, and each is a part of its own.
    """
    by: dict[Reached, list[str]] = {}
    for case in plan.document.cases:
        for what in set(_reached(plan, case)):
            by.setdefault(what, []).append(case.name)
    parts = tuple(
        Part(kind, plan.document.line(*path), title, tuple(by.get((kind, path, side), ())))
        for (kind, path, side), title in _parts(plan)
    )
    return Coverage(len(plan.document.cases), parts)


def _parts(plan: Plan) -> Iterator[tuple[Reached, Labels]]:
    """Yield every part that a case can reach, in the order of evaluation."""
    document = plan.document
    if document.population is not None:
        yield ("population", ("population",), "yes"), Labels(zh="适用范围: 适用", en="the population: applies")
        if any(set(part.values) - set(part.applies) for part in plan.population):
            yield (
                ("population", ("population",), "no"),
                Labels(zh="适用范围: 不适用", en="the population: does not apply"),
            )
    if isinstance(document, Card):
        yield from _rungs(plan, document)
        yield from _reweighted(plan, document)
    if isinstance(document, Scorecard):
        for tier in document.tiers.order:
            title = _band(document, tier)
            yield ("bound", ("tiers", "bands", "cuts", tier), ""), title
    if isinstance(document, Rules):
        for index, rule in enumerate(document.rules):
            yield ("rule", ("rules", index), ""), _named("规则", "the rule", rule.id, rule.title)
        if document.else_ is not None:
            yield ("rule", ("else",), ""), Labels(zh="其余客户 else", en="else")
    for tier in plan.tiers:
        if tier in document.tiers.conditions:
            for side, zh, en in (("yes", "满足", "met"), ("no", "不满足", "not met")):
                title = Labels(zh=f"{tier} 的最低条件: {zh}", en=f"the minimum condition of {tier}: {en}")
                yield ("condition", ("tiers", "conditions", tier), side), title
    for index, gate in enumerate(document.gates):
        for side, zh, en in (("yes", "触发", "fires"), ("no", "不触发", "does not fire")):
            name = _named("门槛", "the gate", gate.id, gate.title)
            yield ("gate", ("gates", index), side), Labels(zh=f"{name.zh}: {zh}", en=f"{name.en}: {en}")
    for tier in plan.tiers:
        yield ("tier", ("tiers", "order"), tier), Labels(zh=f"定级为 {tier}", en=f"graded {tier}")


def _reweighted(plan: Plan, document: Card) -> Iterator[tuple[Reached, Labels]]:
    for shared, members in sharing(plan.indicators).items():
        name, path = members[0].dimension, _dimension_path(document, members[0].dimension)
        if len(shared.known) > 1:
            done = Labels(zh=f"{name} 的缺失权重由已知指标分摊", en=f"missing weight of {name} is shared out")
            yield ("reweight", path, "shared"), done
        short = Labels(zh=f"{name} 已知的权重不足以分摊", en=f"too little of {name} is known to share out")
        yield ("reweight", path, "short"), short


def _band(document: Scorecard, tier: str) -> Labels:
    if tier not in document.tiers.bands.cuts:
        return Labels(zh=f"{tier} 的分数段", en=f"the band of {tier}")
    cut = decimal_text(document.tiers.bands.cuts[tier])
    return Labels(zh=f"{tier} 的分数段 (从 {cut} 起)", en=f"the band of {tier}, from {cut}")


def _rungs(plan: Plan, document: Card) -> Iterator[tuple[Reached, Labels]]:
    for (_, indicator, path), scored in zip(document.indicators, plan.indicators, strict=True):
        axis, unit = plan.axes[scored.axis], document.unit(indicator.input)
        name = _named("", "", indicator.id, indicator.title)
        if indicator.panel is not None:  # a rating is its own points, so any will do
            yield ("rung", (*path, "panel"), ""), Labels(zh=f"{name.zh}: 有评分", en=f"{name.en}: rated")
        for code in range(1 if indicator.panel is None else axis.cells + 1, axis.radix):
            here = reach(axis, code, unit)
            place = _rung_path(document, indicator, path, axis, code)
            yield ("rung", place, indicator.id), Labels(zh=f"{name.zh}: {here.zh}", en=f"{name.en}: {here.en}")


def _dimension_path(document: Card, name: str) -> Path:
    return "dimensions", [dimension.id for dimension in document.dimensions].index(name)


def _rung_path(document: Card, indicator: Indicator, path: Path, axis: Axis, code: int) -> Path:
    """Return where the points of a cell are written; the first cell is ``below`` where the ladder has one."""
    if code > axis.cells:
        return (*path, "not_applicable") if indicator.not_applicable is not None else ("not_applicable",)
    if indicator.ladder is None:
        return (*path, "values", axis.values[code - 1])
    index = code - 1 - (axis.cells - len(indicator.ladder.cuts))
    return (*path, "ladder", "points", index) if index >= 0 else (*path, "ladder", "below")


def _named(zh: str, en: str, name: str, title: Labels | None) -> Labels:
    told = (title.zh, title.en) if title is not None else ("", "")
    return Labels(zh=" ".join(f"{zh} {name} {told[0]}".split()), en=" ".join(f"{en} {name} {told[1]}".split()))


def _reached(plan: Plan, case: Case) -> Iterator[Reached]:
    """Yield every part that one case reaches."""
    document = plan.document
    try:
        made = outcome_of(plan, case)
    except ValueError:
        return
    plan = for_case(plan, case)
    if "total" in case.given:  # a bare total tests the bands
        yield "bound", ("tiers", "bands", "cuts", str(made["tier"])), ""
        return
    if made["status"] == "not_applicable":
        yield "population", ("population",), "no"
    if made["status"] not in ("graded", "pending"):
        return
    facts = facts_of(document, case.given)
    if all(known(facts.get(part.word)) is not None for part in plan.population):
        yield "population", ("population",), "yes"
        yield from _inside(plan, document, facts)
    if made["status"] == "graded":
        yield "tier", ("tiers", "order"), str(made["tier"])


def _inside(plan: Plan, document: Policy, facts: Facts) -> Iterator[Reached]:
    """Yield the parts that a customer reaches to whom the policy applies."""
    codes = [axis.code(facts.get(axis.word.name)) or 0 for axis in plan.axes]
    if isinstance(document, Card):
        for (_, indicator, path), scored in zip(document.indicators, plan.indicators, strict=True):
            axis, code = plan.axes[scored.axis], codes[scored.axis]
            if 0 < code <= axis.cells and indicator.panel is not None:
                yield "rung", (*path, "panel"), ""
            elif code:
                yield "rung", _rung_path(document, indicator, path, axis, code), indicator.id
        for shared, factor in factors(plan.indicators, codes).items():
            name = next(part.dimension for part in plan.indicators if part.factors == shared)
            if factor != 1:
                yield "reweight", _dimension_path(document, name), "short" if factor is None else "shared"
    for index, line in enumerate(plan.lines):
        holds = truth(line.when, codes)
        if holds is not False:
            if holds:
                yield "rule", ("rules", index), ""
            break
    else:
        if plan.lines and plan.otherwise is not None:
            yield "rule", ("else",), ""
    candidates = banded(plan, codes)
    if not isinstance(document, Rules) and candidates & (candidates - 1) == 0:
        yield "bound", ("tiers", "bands", "cuts", plan.names(candidates)[0]), ""
    for step in plan.steps:
        holds = truth(step.when, codes) if step.effect != "condition" or candidates & step.hits else None
        if holds is not None and step.effect == "condition":
            # The step asks whether the condition is *not* met.
            yield "condition", ("tiers", "conditions", step.id), "no" if holds else "yes"
        elif holds is not None:
            index = [gate.id for gate in document.gates].index(step.id)
            yield "gate", ("gates", index), "yes" if holds else "no"
        candidates = take(step, candidates, codes)
