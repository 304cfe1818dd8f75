"""The meaning of a policy, slowly: one customer at a time, in fractions, straight from the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from policies.condition import Condition
from policies.document import Card, Dimension, Indicator, Policy, Ranking, Rules, Scorecard
from policies.exact import INT64_LEAST, INT64_MOST, exact, written
from policies.ladder import Ladder
from policies.plan import Fact, Facts, Plan
from policies.reading import Path
from policies.states import known, state, stored_state

# Facts, and the possible tiers of the parts that were evaluated before.
Seen = Mapping[str, Fact | frozenset[str]]
Status = Literal["graded", "pending", "not_applicable", "error"]


@dataclass(frozen=True)
class Result:
    """One row of any engine, without the key.

        ``total``, ``worst`` and ``best`` count the plan's unit (``plan.scale`` of them are 100).  ``total`` is None unless
    worst equals best; rules have no totals, so theirs are None, 0 and 0.  ``candidates`` has bit i for ``plan.tiers[i]``; while it is not known whether the
        policy applies, that is every tier.  Where the policy does not apply, or a value is impossible, everything but the
        status is None or 0.
    """

    status: Status
    tier: str | None
    total: int | None
    worst: int
    best: int
    candidates: int
    levels: int


def grade(plan: Plan, facts: Facts) -> Result:
    """Grade one customer; ``facts`` holds stored integers, named values or None by word, and may lack words.

    Raises NotRanked for a ranking without cut scores, unless the customer is not applicable or an error.
    """
    document = plan.document
    out = ruled_out(plan, facts)
    if out is not None:
        return out
    seen = with_parts(plan, facts)
    if not isinstance(document, Ranking):
        return result(plan, facts, *_graded(document, seen))
    worst, best = totals(document, seen)
    high, low = plan.frozen.places(units(plan, worst), units(plan, best))
    return result(plan, facts, moved(document, document.tiers.order[high : low + 1], seen), (worst, best))


def with_parts(plan: Plan, facts: Facts) -> Seen:
    """Return the facts of a customer and, by the name of each part, the tiers that it may give."""
    seen: dict[str, Fact | frozenset[str]] = {**facts}
    for name, part in plan.parts:
        assert not isinstance(part.document, Ranking)
        seen[name] = frozenset(_graded(part.document, seen)[0])
    return seen


def _graded(document: Scorecard | Rules, facts: Seen) -> tuple[list[str], tuple[Fraction, Fraction]]:
    """Return the tiers that are possible where the policy applies, and the worst and the best total."""
    if isinstance(document, Rules):
        return moved(document, rule_tiers(document, facts), facts), (Fraction(0), Fraction(0))
    worst, best = totals(document, facts)
    low, high = (document.tiers.order.index(tier_of(document, total)) for total in (worst, best))
    return moved(document, document.tiers.order[high : low + 1], facts), (worst, best)


def _fact(facts: Seen, name: str) -> Fact:
    """Return a fact; the tiers of parts are only compared."""
    value = facts.get(name)
    assert not isinstance(value, frozenset), f"{name} is a part"
    return value


def ruled_out(plan: Plan, facts: Facts) -> Result | None:
    """Return the result of a customer to whom the policy does not apply, or with an impossible value; None for others."""
    applied = applies(plan, facts)
    if applied is False:
        return Result("not_applicable", None, None, 0, 0, 0, 0)
    impossible = applied == "impossible" or any(axis.code(facts.get(axis.word.name)) is None for axis in plan.axes)
    return Result("error", None, None, 0, 0, 0, 0) if impossible else None


def result(plan: Plan, facts: Facts, tiers: Sequence[str], ends: tuple[Fraction, Fraction]) -> Result:
    """Return the result of a customer for whom some tiers are left; every one while the policy may not apply."""
    possible = set(tiers) if applies(plan, facts) else set(plan.tiers)
    candidates = sum(1 << plan.tiers.index(tier) for tier in possible)
    alone = next(iter(possible)) if len(possible) == 1 else None
    worst, best = (units(plan, end) for end in ends)
    total = worst if worst == best and plan.kind != "rules" else None
    levels = plan.pack([axis.code(facts.get(axis.word.name)) or 0 for axis in plan.axes])
    return Result("pending" if alone is None else "graded", alone, total, worst, best, candidates, levels)


def units(plan: Plan, total: Fraction) -> int:
    """Return a total of 0 to 100 in the plan's unit, which holds it exactly."""
    counted = total * plan.scale / 100
    if counted.denominator != 1:
        raise ArithmeticError(f"{total} is not a whole number of 1/{plan.scale // 100} points")
    return int(counted)


def applies(plan: Plan, facts: Facts) -> bool | Literal["impossible"] | None:
    """Return whether the policy applies to a customer: None while that is not known."""
    population = plan.document.population
    values = [
        (known(facts.get(name)), name, inside) for name, inside in (population.applies_to if population else {}).items()
    ]
    if any(value is not None and value not in plan.document.fact(name).values for value, name, _ in values):
        return "impossible"
    if any(value is not None and value not in inside for value, _, inside in values):
        return False
    return None if any(value is None for value, _, _ in values) else True


def impossible_words(plan: Plan, facts: Facts) -> tuple[str, ...]:
    """Return the words whose value can never be: a rating of 11, a status that does not exist."""
    wrong = [part.word for part in plan.population if known(facts.get(part.word)) not in (None, *part.values)]
    wrong += [axis.word.name for axis in plan.axes if axis.code(facts.get(axis.word.name)) is None]
    return tuple(dict.fromkeys(wrong))


def totals(
    document: Card, facts: Seen, parts: Sequence[tuple[Dimension, Indicator, Path]] | None = None
) -> tuple[Fraction, Fraction]:
    """Return the total of 0 to 100 with every missing input at its worst, and at its best; of some indicators only."""
    worst = best = Fraction(0)
    for dimension, indicator, path in document.indicators if parts is None else parts:
        low, high = _ends(document, indicator, _fact(facts, indicator.input))
        worth = document.worth(dimension, indicator)
        factor = _factor(document, dimension, path, facts)
        if factor is not None:  # the known ones share out what is missing
            worth *= factor if _counts(document, indicator, facts) else 0
        worst, best = worst + worth * low, best + worth * high
    return worst, best


def _factor(document: Card, dimension: Dimension, path: Path, facts: Seen) -> Fraction | None:
    """Return what an indicator counts for itself and for the missing ones of its dimension; None where nothing is shared out."""
    members = dict(document.reweighted(dimension))
    if path[-1] not in members or document.missing.reweight is None:
        return None
    weights = {place: one.weight or Fraction(0) for place, one in members.items()}
    there = sum((weights[place] for place, one in members.items() if _counts(document, one, facts)), Fraction(0))
    whole = sum(weights.values())
    enough = there >= document.missing.reweight.minimum_coverage * whole
    return whole / there if there and enough else None


def _counts(document: Card, indicator: Indicator, facts: Seen) -> bool:
    """Return whether an input has points of its own: it is known, or not applicable and that has points."""
    value = _fact(facts, indicator.input)
    outside = state(value) == "not_applicable" and document.not_applicable_points(indicator) is not None
    return outside or known(value) is not None


def _ends(document: Card, indicator: Indicator, value: Fact) -> tuple[Fraction, Fraction]:
    """Return the worst and the best points of a fact in any of its states."""
    outside = document.not_applicable_points(indicator)
    if state(value) == "not_applicable" and outside is not None:
        return outside, outside
    if known(value) is None:
        return missing_points(document, indicator)
    return (points(document, indicator, value),) * 2


def points(document: Card, indicator: Indicator, value: Fact) -> Fraction:
    """Return the points of a known stored value."""
    if indicator.values is not None:
        return indicator.values[str(value)]
    assert isinstance(value, int)
    word = document.fact(indicator.input)
    if indicator.ladder is None:
        return Fraction(value)
    return climb(indicator.ladder, written(word, value, document.unit(word.name)))


def climb(ladder: Ladder, value: Fraction) -> Fraction:
    """Return the points of the highest rung that a written value reaches."""
    earned = ladder.below
    for cut, rung in zip(ladder.cuts, ladder.points, strict=True):
        if value > cut or (value == cut and ladder.closed == "left"):
            earned = rung
    if earned is None:
        raise ArithmeticError(f"{value} lies under the lowest rung {ladder.cuts[0]}")
    return earned


def missing_points(document: Card, indicator: Indicator) -> tuple[Fraction, Fraction]:
    """Return the worst and the best points that a missing value may stand for."""
    fixed = (indicator.missing or document.missing).points
    if fixed is not None:
        return fixed, fixed
    outside = document.not_applicable_points(indicator)
    rungs = [] if outside is None else [outside]
    if indicator.values is not None:
        rungs += indicator.values.values()
        return min(rungs), max(rungs)
    if indicator.ladder is None:
        return min([Fraction(0), *rungs]), max([Fraction(10), *rungs])
    rungs += [*indicator.ladder.points, *([] if indicator.ladder.below is None else [indicator.ladder.below])]
    return min(rungs), max(rungs)


def tier_of(document: Scorecard, total: Fraction) -> str:
    """Return the tier of a total of 0 to 100."""
    bands = document.tiers.bands
    for tier in document.tiers.order[:-1]:
        if total > bands.cuts[tier] or (total == bands.cuts[tier] and bands.closed == "left"):
            return tier
    return document.tiers.order[-1]


def rule_tiers(document: Rules, facts: Seen) -> list[str]:
    """Return the tiers of every rule that may apply, down to the first that certainly does."""
    possible: list[str] = []
    for rule in document.rules:
        holds = truth(document, rule.when, facts)
        if holds is not False:
            possible.append(rule.then)
        if holds:
            return possible
    return possible if document.else_ is None else [*possible, document.else_]


def moved(document: Policy, tiers: Sequence[str], facts: Seen) -> list[str]:
    """Return the tiers that follow from those of the band: minimum conditions first, then floors, caps and sets."""
    order, possible = document.tiers.order, set(tiers)
    for place, tier in enumerate(order):
        demanded = document.tiers.conditions.get(tier)
        holds = True if demanded is None or tier not in possible else truth(document, demanded, facts)
        if holds is not True:
            possible = (possible - {tier} if holds is False else possible) | {order[place + 1]}
    for kind in ("floor", "cap", "set"):
        gates = [gate for gate in document.gates if gate.effect.kind == kind]
        for gate in reversed(gates):  # of several sets the first that holds decides
            holds = truth(document, gate.when, facts)
            after = {_effect(order, kind, gate.effect.tier, tier) for tier in possible}
            possible = after if holds else possible if holds is False else possible | after
    return sorted(possible, key=document.tiers.names.index)


def _effect(order: Sequence[str], kind: str, named: str, tier: str) -> str:
    if kind == "set":
        return named
    if tier not in order:
        return tier
    return (min if kind == "floor" else max)(named, tier, key=order.index)


def truth(document: Policy, condition: Condition, facts: Seen) -> bool | None:
    """Return whether a condition holds, in strong Kleene logic: None when what is missing decides it."""
    if condition.not_ is not None:
        inner = truth(document, condition.not_, facts)
        return None if inner is None else not inner
    if condition.all is not None:
        parts = [truth(document, part, facts) for part in condition.all]
        return False if False in parts else None if None in parts else True
    if condition.any is not None:
        parts = [truth(document, part, facts) for part in condition.any]
        return True if True in parts else None if None in parts else False
    if condition.at_least is not None:
        parts = [truth(document, part, facts) for part in condition.at_least.of]
        certain, open_ = parts.count(True), parts.count(None)
        return True if certain >= condition.at_least.k else None if certain + open_ >= condition.at_least.k else False
    if condition.dimension is not None:
        assert isinstance(document, Card)
        return _compared(condition, dimension_score(document, condition.dimension, facts))
    tiers = facts.get(str(condition.input))
    if isinstance(tiers, frozenset):
        inside = {tier in condition.comparison[1] for tier in tiers}
        return inside.pop() if len(inside) == 1 else None
    value = _fact(facts, str(condition.input))
    if condition.is_ is not None:
        return {"value": False, "not_applicable": True}.get(state(value))
    value = known(value)
    if value is None:
        return None
    word = document.fact(str(condition.input))
    operator, values = condition.comparison
    if isinstance(value, str):
        return value in values
    number, wanted = written(word, value, document.unit(word.name)), [exact(item) for item in values]
    return {
        "ge": number >= wanted[0], "gt": number > wanted[0], "le": number <= wanted[0], "lt": number < wanted[0],
        "eq": number == wanted[0], "in": number in wanted,
    }[operator]  # fmt: skip


def dimension_score(document: Card, name: str, facts: Seen) -> tuple[Fraction, Fraction]:
    """Return a dimension's points in percent of its full points, every missing input at its worst, and at its best."""
    parts = [part for part in document.indicators if part[0].id == name]
    full = sum(
        (document.worth(dimension, indicator) * indicator.out_of for dimension, indicator, _ in parts), Fraction(0)
    )
    worst, best = totals(document, facts, parts)
    return worst * 100 / full, best * 100 / full


def _compared(condition: Condition, score: tuple[Fraction, Fraction]) -> bool | None:
    """Return whether a score that lies between two ends certainly compares as a condition says; None where it may."""
    operator, (wanted,) = condition.comparison
    assert isinstance(wanted, Fraction)
    answers = {
        {"ge": end >= wanted, "gt": end > wanted, "le": end <= wanted, "lt": end < wanted}[operator] for end in score
    }
    return answers.pop() if len(answers) == 1 else None


def facts_of(document: Policy, given: Mapping[str, str | None]) -> dict[str, Fact]:
    """Return facts written as the document writes them (``amount_12m: 50`` in 万元) as stored values.

    Raises ValueError for a word that is not known or a value that is finer than the fact is stored.
    """
    facts: dict[str, Fact] = {}
    for name, text in given.items():
        word = document.word(name)
        if word is None:
            raise ValueError(f"{name!r} is neither a word of the vocabulary nor a fact that the document declares")
        said = None if text is None else stored_state(text, bool(word.values))
        if text is None or said is not None or word.type == "category":
            facts[name] = text if said is None else said
            continue
        if text.endswith("%") and word.type != "ratio":
            raise ValueError(f"{name} is a {word.type}, and {text} is a share")
        value = exact(text) / written(word, 1, document.unit(name))
        if value.denominator != 1:
            raise ValueError(f"{name} cannot be {text}: that is finer than it is stored")
        if not INT64_LEAST <= value <= INT64_MOST:
            raise ValueError(f"{name} cannot be {text}: that is outside the 64-bit integers in which it is kept")
        facts[name] = int(value)
    return facts
