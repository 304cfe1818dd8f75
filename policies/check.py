"""Everything a document's check finds: its structure, the totals that can occur, and its own cases."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import floor, prod

from policies.attainable import Totals
from policies.case import Case
from policies.compiler import compile_plan, size_finding, unproved
from policies.cuts import NotRanked, reached
from policies.document import Card, Policy, Rules, Scorecard
from policies.exact import decimal_text, exact, floor_tenth, shown
from policies.findings import Finding, Findings, UnsoundPolicy, found, within
from policies.kleene import Negation, places_of, truth
from policies.oracle import facts_of, grade, tier_of
from policies.plan import Plan
from policies.reading import Path
from policies.shares import for_case
from policies.structure import structure
from policies.table import reach_findings
from policies.totals import HARMLESS, legible, totals_findings

_MOST_CELLS = 20_000


def check(document: Policy) -> Findings:
    """Return every finding of a document, errors and warnings, in the order of its lines; an empty list is a clean one."""
    findings = structure(document)
    errors = {finding.code for finding in findings if finding.severity == "error"}
    plain = isinstance(document, Scorecard) and legible(document) and errors <= HARMLESS
    if isinstance(document, Scorecard) and plain:
        told = list(totals_findings(document))
        findings = [*(finding for finding in findings if not told or finding.code != "band_gap"), *told]
    if isinstance(document, Rules) and document.match == "unique" and errors == {"tier_unreachable"}:
        findings += unproved(document)
    if not errors:
        try:
            plan = compile_plan(document)
            findings += [*(() if plain else _reach(plan)), *constant(plan), *failing_cases(plan)]
            for name, part in plan.parts:
                inner = [*_reach(part), *constant(part), *failing_cases(part)]
                findings += [within(name, finding) for finding in inner]
        except UnsoundPolicy as error:
            findings += error.findings
    return Findings(sorted(findings, key=lambda finding: finding.line))


def sound(document: Policy) -> Plan:
    """Return the plan of a document whose check finds no error, cases included; raises UnsoundPolicy otherwise."""
    findings = check(document)
    if any(finding.severity == "error" for finding in findings):
        raise UnsoundPolicy(document, findings)
    return compile_plan(document)


def _reach(plan: Plan) -> Iterator[Finding]:
    return reach_findings(plan) if plan.lines else unreachable(plan)


def unreachable(plan: Plan) -> Iterator[Finding]:
    """Yield each tier of a scorecard that no total can reach, and no gate or fall leads to."""
    if plan.kind == "rules" or size_finding(plan) is not None:
        return
    if plan.kind == "ranking":
        yield from _all_tie(plan)
        return
    totals = Totals(plan)
    top = totals.most + 1
    begins = [*plan.bands[:-1], min(plan.bands[-1], totals.least)]
    for tier, begin in zip(plan.tiers[: len(begins)], begins, strict=True):
        if any(step.to == plan.tiers.index(tier) for step in plan.steps):
            top = begin
            continue  # a gate or a condition moves customers there
        first = totals.at_least(begin)
        met = first is not None and first < top
        if not met:
            worst, best = (floor_tenth(100 * total / _exact(plan)) for total in (totals.least, totals.most))
            message = f"no customer can be {tier}: totals lie between {worst} and {best}"
            example = {"total": best}
            cure = "Check weights, out_of and points, or move the band."
            yield found(plan.document, "tier_unreachable", ("tiers", "bands", "cuts", tier), message, cure, example)
        top = begin
    for place in range(len(plan.bands), len(plan.tiers)):
        if not any(step.to == place for step in plan.steps):
            message = f"no gate sets {plan.tiers[place]}, which stands outside the order"
            yield found(plan.document, "tier_unreachable", ("tiers", "outside"), message, "Add a gate, or take it out.")


def _all_tie(plan: Plan) -> Iterator[Finding]:
    """Yield the tiers of a ranking in which everybody has the same total, and all tie for the best."""
    if plan.lowest != plan.highest:
        return
    total = floor_tenth(100 * plan.highest / _exact(plan))
    for place, tier in enumerate(plan.document.tiers.order[1:], 1):
        if not any(step.to == place for step in plan.steps):
            message = f"no customer can be {tier}: every total is {total}, and all tie for {plan.tiers[0]}"
            cure = "Let points differ, or take the tier out."
            yield found(plan.document, "tier_unreachable", ("tiers", "order"), message, cure, {"total": total})


def constant(plan: Plan) -> Iterator[Finding]:
    """Yield each gate and minimum condition that every customer meets, or none, as far as its inputs' values tell.

    Conditions over more than ``_MOST_CELLS`` combinations of cells are left out.
    """
    for step in plan.steps:
        demanded = step.effect == "condition"
        when = step.when.part if isinstance(step.when, Negation) and demanded else step.when
        places = sorted(places_of(when))
        if prod(plan.axes[place].radix - 1 for place in places) > _MOST_CELLS:
            continue
        answers = set()
        for cells in product(*(range(1, plan.axes[place].radix) for place in places)):
            codes = [0] * len(plan.axes)
            for place, code in zip(places, cells, strict=True):
                codes[place] = code
            answers.add(truth(when, codes))
        if len(answers) == 1:
            path: Path = ("tiers", "conditions", step.id)
            if not demanded:
                path = ("gates", [gate.id for gate in plan.document.gates].index(step.id), "when")
            name = f"the minimum condition of {step.id}" if demanded else f"the gate {step.id}"
            who = "every customer meets" if True in answers else "no customer meets"
            axes = [plan.axes[place] for place in places]
            example = {
                axis.word.name: shown(axis.word, axis.sample(1), plan.document.unit(axis.word.name)) for axis in axes
            }
            yield found(plan.document, "condition_constant", path, f"{who} {name}", "Correct its values.", example)


def failing_cases(plan: Plan) -> Iterator[Finding]:
    """Yield each case of a document that cannot be run or comes out differently."""
    document = plan.document
    for index, case in enumerate(document.cases):
        path: Path = ("cases", index)
        tiers = [*([case.expect.tier] if case.expect.tier else []), *(case.expect.candidates or ())]
        for tier in tiers:
            if tier not in plan.tiers:
                message = f"the case {case.name!r} expects {tier!r}, which is none of {', '.join(plan.tiers)}"
                yield found(document, "tier_unknown", path, message, "Name a tier of the order.")
        try:
            outcome = outcome_of(plan, case)
        except ValueError as error:
            yield found(document, "case_invalid", path, f"the case {case.name!r}: {error}", "Correct the case.")
            continue
        expected = {name: value for name, value in case.expect if value is not None}
        wrong = {name: outcome[name] for name, value in expected.items() if outcome[name] != value}
        if wrong:
            wanted = ", ".join(f"{name} {_text(expected[name])}" for name in wrong)
            got = ", ".join(f"{name} {_text(value)}" for name, value in wrong.items())
            message = f"the case {case.name!r} expects {wanted} and comes out with {got}"
            cure = "Correct the policy, or the case if the policy is right."
            yield found(document, "case_fails", path, message, cure, dict(case.given))


def outcome_of(plan: Plan, case: Case) -> dict[str, object]:
    """Return what a case comes out as: status, tier, total (0 to 100) and candidates; raises ValueError when it cannot."""
    plan = for_case(plan, case)
    try:
        return _outcome_of(plan, case)
    except NotRanked as error:
        raise ValueError(str(error)) from error


def _outcome_of(plan: Plan, case: Case) -> dict[str, object]:
    if "total" in case.given:
        total = case.given["total"]
        if isinstance(plan.document, Rules) or len(case.given) > 1 or total is None:
            raise ValueError("total stands alone, and only in a scorecard or a ranking")
        number = _total(plan.document, total)
        tier = tier_of_total(plan, number)
        return {"status": "graded", "tier": tier, "total": number, "candidates": (tier,)}
    unread = sorted(set(case.given) - set(plan.inputs))
    if unread:
        raise ValueError(f"the policy does not read {', '.join(unread)}")
    result = grade(plan, facts_of(plan.document, case.given))
    total_of = None if result.total is None else result.total * 100 / _exact(plan)
    return {
        "status": result.status,
        "tier": result.tier,
        "total": total_of,
        "candidates": plan.names(result.candidates),
    }


def tier_of_total(plan: Plan, total: Fraction) -> str:
    """Return the tier of a total of 0 to 100 by bands, or by the cut scores of a ranking."""
    if isinstance(plan.document, Scorecard):
        return tier_of(plan.document, total)
    return plan.tiers[reached(plan.begins, floor(total * plan.scale / 100))]


def _exact(plan: Plan) -> Fraction:
    return Fraction(plan.scale)


def _total(document: Card, text: str) -> Fraction:
    number = exact(text)
    if document.weights != "points" and not 0 <= number <= 100:
        raise ValueError(f"a total lies between 0 and 100, and {text} does not")
    return number


def _text(value: object) -> str:
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, tuple):
        return "/".join(map(str, value))
    return "none" if value is None else str(value)
