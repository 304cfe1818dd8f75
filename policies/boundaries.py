"""Boundary cases: a customer at, just below and just above every cut and every band, and what the policy makes of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from policies.attainable import Cells, Totals, cells, codes_of
from policies.case import Case, Expectation
from policies.check import outcome_of
from policies.dimension_score import score_thresholds
from policies.document import Card
from policies.exact import decimal_text, percent, percent_down, shown, written
from policies.kleene import Group, Leaf, Negation, Score, Test, TierIn, places_of
from policies.plan import Fact, Plan, outcome, stepped
from policies.reweight import covered
from policies.shares import with_cuts, written_cuts
from policies.states import state
from policies.vocabulary import Word

Customer = dict[str, Fact]
# Of the inputs that only gates and conditions read, this many combinations are tried for one that moves no tier.
_MOST_TRIED = 1_000


@dataclass(frozen=True)
class Named:
    """A generated customer in stored values, with its name in both languages."""

    zh: str
    en: str
    facts: Customer


def boundary_cases(plan: Plan, language: str = "zh") -> tuple[Case, ...]:
    """Return generated cases, each with the exact outcome that the policy gives it; ``language`` is that of their names.

    For every cut of every input one stored unit below it, the cut and one above; for every band the nearest totals
    that customers can have, as customers; every named value; every input missing, a dimension of which just enough is known to share out the rest and one of which
    just not enough is, and not applicable where the policy tells that apart.  Facts are in the document's units.  A ranking takes the cut scores of its first case that gives
    some; NotRanked when none does.
    """
    plan = with_cuts(plan)
    found: dict[tuple[tuple[str, Fact], ...], Case] = {}
    for customer in (
        *_bands(plan),
        *_scores(plan),
        *_cuts(plan),
        *_values(plan),
        *_reweighted(plan),
        *_missing(plan),
        *_not_applicable(plan),
    ):
        key = tuple(sorted(customer.facts.items()))
        if key not in found:
            name = customer.en if language == "en" else customer.zh
            found[key] = case_of(plan, name, customer.facts)
    return tuple(found.values())


def case_of(plan: Plan, name: str, facts: Mapping[str, Fact]) -> Case:
    """Return a customer in stored values as a case in the document's units, expecting what the policy makes of it."""
    given = {word: given_text(plan, plan.document.fact(word), value) for word, value in facts.items()}
    return settled(plan, Case(name=name, given=given, cuts=written_cuts(plan), expect=Expectation()))


def settled(plan: Plan, case: Case) -> Case:
    """Return a case that expects everything the policy makes of it; raises ValueError when it cannot be run."""
    made = outcome_of(plan, case)
    if made["status"] == "graded":
        made["candidates"] = None  # the tier says it
    known = {key: value for key, value in made.items() if value not in (None, ())}
    return case.model_copy(update={"expect": Expectation.model_validate(known)})


def given_text(plan: Plan, word: Word, value: Fact) -> str | None:
    """Return a stored value as the document writes it, None for a missing one."""
    if value is None or isinstance(value, str) or state(value) != "value":
        return value if isinstance(value, str) or value is None else state(value)
    number = written(word, value, plan.document.unit(word.name))
    return percent(number) if word.type == "ratio" else decimal_text(number)


def _cuts(plan: Plan) -> Iterator[Named]:
    read = cells(plan)
    bases = _bases(plan, read)
    for part in read:
        unit = plan.document.unit(part.word.name)
        for cut in part.cuts:
            base = _telling(plan, bases, part.word, cut)
            for value, zh, en in ((cut - 1, "之下", "below"), (cut, "", ""), (cut + 1, "之上", "above")):
                zh_at, en_at = (shown(part.word, cut, unit, language) for language in ("zh", "en"))
                zh_is, en_is = (shown(part.word, value, unit, language) for language in ("zh", "en"))
                yield Named(
                    f"{part.word.zh} {zh_is}" + (f" (分界 {zh_at} {zh})" if zh else " (分界)"),
                    f"{part.word.en} {en_is}" + (f" (just {en} the cut {en_at})" if en else " (a cut)"),
                    base | {part.word.name: value},
                )


def _telling(plan: Plan, bases: list[tuple[Customer, frozenset[str]]], word: Word, cut: int) -> Customer:
    """Return the first customer whose tiers change at a cut, else the first whose total does, else the first of all."""
    changed = None
    for base, about in bases:
        if about and word.name not in about:
            continue
        low, high = (outcome(plan, codes_of(plan, base | {word.name: value})) for value in (cut - 1, cut))
        if low[2] != high[2]:
            return base
        if low != high and changed is None:
            changed = base
    return changed or bases[0][0]


def _bases(plan: Plan, read: tuple[Cells, ...]) -> list[tuple[Customer, frozenset[str]]]:
    """Return customers to change one input of: middling, low and high ones, and such as just meet each condition.

    Each is with the words of its condition, none for one that is of use for every word.
    """
    inside: Customer = {part.word: part.applies[0] for part in plan.population if part.applies}
    plain: list[Customer] = []
    for place in (lambda many: many // 2, lambda _: 0, lambda many: many - 1):
        customer: Customer = {part.word.name: part.values[place(len(part.values))] for part in read}
        plain.append(customer | inside)
    found = [(base, frozenset[str]()) for base in plain]
    for test in [*(line.when for line in plan.lines), *(step.when for step in plan.steps)]:
        words = frozenset(plan.axes[place].word.name for place in places_of(test))
        meeting: Customer = {
            plan.axes[place].word.name: plan.axes[place].sample(min(codes))
            for place, codes in _met(plan, test, wanted=True).items()
        }
        found += [(base | meeting, words) for base in plain]
    return found


def _met(plan: Plan, test: Test, *, wanted: bool) -> dict[int, frozenset[int]]:
    """Return codes by axis that make a condition true, or false; of several ways the first."""
    if isinstance(test, Leaf):
        everything = frozenset(range(1, plan.axes[test.axis].radix))
        codes = test.codes if wanted else everything - test.codes
        return {test.axis: codes} if codes else {}
    if isinstance(test, Score):
        best = {part.axis: part.contributions[1:] for part in test.parts}
        pick = max if wanted else min
        return {axis: frozenset([1 + worth.index(pick(worth))]) for axis, worth in best.items()}
    if isinstance(test, Negation):
        return _met(plan, test.part, wanted=not wanted)
    if isinstance(test, TierIn):
        return _met(plan, test.part, wanted=wanted)
    return _several(plan, test, test.least if wanted else len(test.parts) - test.least + 1, wanted=wanted)


def _several(plan: Plan, group: Group, needed: int, *, wanted: bool) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    for part in group.parts[:needed]:
        for place, codes in _met(plan, part, wanted=wanted).items():
            found[place] = found.get(place, codes) & codes or codes
    return found


def _bands(plan: Plan) -> Iterator[Named]:
    totals = Totals(plan)
    if not plan.scale or not totals.counted:
        return
    begins = [*plan.begins, min(0, totals.least)]
    for tier, begin in zip(plan.tiers[: len(begins)], begins, strict=True):
        at = totals.at_least(begin)
        above = None if at is None else totals.at_least(at + 1)
        under = totals.below(begin)
        for total, zh, en in ((under, "之下", "below"), (at, "", "at"), (above, "之上", "above")):
            if total is None:
                continue
            start, lowest = _points(plan, begin), tier == plan.tiers[len(begins) - 1]
            where = (
                ("最低的总分", "the lowest") if lowest else (f"{tier} 的起点 {start}", f"{start}, where {tier} begins")
            )
            yield Named(
                f"总分 {_points(plan, total)} ({where[0]}{' ' + zh if zh else ''})",
                f"total {_points(plan, total)} ({en} {where[1]})",
                _undisturbed(plan, totals, total),
            )


def _scores(plan: Plan) -> Iterator[Named]:
    """Yield customers at the thresholds of dimensions' scores, such whose tiers turn there where one can be found."""
    bases = _bases(plan, cells(plan))
    for test in dict.fromkeys(score_thresholds(plan)):
        totals = Totals(plan, test.parts)
        under, at = totals.below(test.least), totals.at_least(test.least)
        if not totals.counted or under is None or at is None:
            continue
        ends = [totals.customer(total) for total in (under, at)]
        turning = (base for base, _ in bases if len({outcome(plan, codes_of(plan, base | end))[2] for end in ends}) > 1)
        base = next(turning, bases[0][0])
        name = test.parts[0].dimension
        for end, zh, en in zip(ends, ("之下", "达到"), ("just below", "at"), strict=True):
            yield Named(f"维度 {name} 的得分{zh}分界", f"score of {name} {en} a threshold", base | end)


def _points(plan: Plan, total: int) -> str:
    return decimal_text(Fraction(total * 100, plan.scale))


def _undisturbed(plan: Plan, totals: Totals, total: int) -> Customer:
    """Return a customer with a total whom no gate or minimum condition moves, where the first thousand tries find one."""
    scored = {part.word.name for part in totals.cells}
    inside: Customer = {part.word: part.applies[0] for part in plan.population if part.applies}
    free = [part for part in cells(plan) if part.word.name not in scored and part.word.name not in inside]
    first = inside | totals.customer(total) | {part.word.name: part.values[0] for part in free}
    band = 1 << plan.tier_of(total)
    for number, values in enumerate(product(*(part.values for part in free))):
        facts = first | {part.word.name: value for part, value in zip(free, values, strict=True)}
        if stepped(plan, band, codes_of(plan, facts)) == band:
            return facts
        if number >= _MOST_TRIED:
            break
    return first


def _values(plan: Plan) -> Iterator[Named]:
    base = _bases(plan, cells(plan))[0][0]
    for name in plan.inputs:
        word = plan.document.fact(name)
        for value in word.values:
            yield Named(f"{word.zh} {value}", f"{word.en} {value}", base | {name: value})


def _missing(plan: Plan) -> Iterator[Named]:
    bases = [base for base, _ in _bases(plan, cells(plan))]
    for name in plan.inputs:
        word = plan.document.fact(name)
        # The first customer whose tier hangs on it, where there is one.
        open_ = (base for base in bases if _several_tiers(outcome(plan, codes_of(plan, base | {name: None}))[2]))
        yield Named(f"{word.zh}未知", f"{word.en} not known", next(open_, bases[0]) | {name: None})


def _reweighted(plan: Plan) -> Iterator[Named]:
    """Yield, for each dimension that shares out, customers of whom just enough of it is known, and just not enough."""
    base = _bases(plan, cells(plan))[0][0]
    for places, coverage in covered(plan.document) if isinstance(plan.document, Card) else ():
        members = [plan.indicators[place] for place in places]
        name = members[0].dimension
        enough = min(coverage.enough.items())
        for (known, there), zh, en in ((enough, "刚够", "just enough"), (coverage.short, "不够", "not enough")):
            share = percent_down(known, coverage.whole)
            lacking = [plan.axes[part.axis].word.name for place, part in enumerate(members) if place not in there]
            yield Named(
                f"{name} 已知权重约 {share},{zh}分摊",
                f"about {share} of the weight of {name} known, {en} to share out",
                base | dict.fromkeys(lacking),
            )


def _not_applicable(plan: Plan) -> Iterator[Named]:
    base = _bases(plan, cells(plan))[0][0]
    for part in cells(plan):
        if part.apart:
            yield Named(
                f"{part.word.zh}不适用", f"{part.word.en} not applicable", base | {part.word.name: part.facts[-1]}
            )


def _several_tiers(candidates: int) -> bool:
    return candidates & (candidates - 1) != 0
