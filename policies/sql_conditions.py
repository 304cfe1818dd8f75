"""Conditions, first match, minimum conditions and gates as SQL: truth as 0, 1, 2, tiers as bits.

Nothing here nests deeper with more lines or gates: SQLite's parser gives up at some twenty levels of parentheses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlglot import exp

from policies.composition import tiers_in
from policies.dimension_score import scores_of
from policies.kleene import Group, Negation, Score, Scored, Test, TierIn
from policies.plan import Line, Plan, Step
from policies.sql_states import where_asked, where_known

Branch = tuple[exp.Expr, exp.Expr]
# Rules up to this many are one nested expression; longer tables first find the first line that certainly holds.
MOST_NESTED = 8
_OPERATORS = {"ge": exp.GTE, "gt": exp.GT, "le": exp.LTE, "lt": exp.LT}


def column(name: str) -> exp.Expr:
    """Return a column."""
    return exp.column(name)


def number(value: int) -> exp.Expr:
    """Return an integer literal."""
    return exp.convert(value)


def wide(value: int) -> exp.Expr:
    """Return a literal that makes a sum or product BIGINT, whatever its size."""
    return exp.cast(number(value), "bigint")


def case(branches: Sequence[Branch], default: exp.Expr | None = None) -> exp.Expr:
    """Return a CASE of conditions and values."""
    case = exp.Case()
    for condition, value in branches:
        case = case.when(condition, value, copy=False)
    return case if default is None else case.else_(default, copy=False)


def compare(kind: type[exp.Binary], left: exp.Expr, value: int | str) -> exp.Expr:
    """Return the comparison of an expression with a literal."""
    return kind(this=left.copy(), expression=exp.convert(value))


def either(parts: Sequence[exp.Expr]) -> exp.Expr:
    """Return whether one of several holds."""
    return exp.or_(*parts, copy=False) if len(parts) > 1 else parts[0]


def among(word: str, values: Sequence[str]) -> exp.Expr:
    """Return whether a word has one of several named values."""
    # OR and not IN: SQLite builds a temporary index for a list and searches it for every row.
    return either([compare(exp.EQ, column(word), value) for value in values]) if values else exp.false()


def truth(plan: Plan, condition: Test) -> exp.Expr:
    """Return 2 where a condition certainly holds, 0 where it certainly does not, 1 where what is missing decides it."""
    holds = _condition(plan, condition)
    return case([(holds, number(2)), (exp.Not(this=exp.paren(holds.copy())), number(0))], number(1))


def _condition(plan: Plan, condition: Test) -> exp.Expr:
    # SQL's AND, OR and NOT over NULL are strong Kleene logic, the same in every dialect.
    if isinstance(condition, Negation):
        return exp.Not(this=exp.paren(_condition(plan, condition.part)))
    if isinstance(condition, Group):
        parts = [exp.paren(_condition(plan, part)) for part in condition.parts]
        if not parts:
            return exp.false() if condition.least else exp.true()
        if len(parts) == 1:
            return parts[0]
        if condition.least in (1, len(parts)):
            return (exp.or_ if condition.least == 1 else exp.and_)(*parts)
        return _counted(condition.least, parts)
    if isinstance(condition, Score):
        return _reached(plan, condition)
    if isinstance(condition, TierIn):
        return column(f"_t{tiers_in(plan).index(condition)}")
    word = plan.axes[condition.axis].word
    if condition.operator == "is":
        return where_asked(word)
    if condition.operator in _OPERATORS:
        return where_known(word, compare(_OPERATORS[condition.operator], column(word.name), condition.values[0]))
    return where_known(word, either([compare(exp.EQ, column(word.name), value) for value in condition.values]))


def tier_layers(plan: Plan) -> list[list[exp.Expr]]:
    """Return the columns t0, t1, ... with the conditions on tiers of parts, those that read others in later layers."""
    nodes = tiers_in(plan)
    level = dict.fromkeys(nodes, 0)
    for node in nodes:  # each stands after those it reads
        below = tiers_in(replace(plan, lines=(Line("", node.part, 0),), steps=()))
        level[node] = max((level[inner] + 1 for inner in below), default=0)
    return [
        [exp.alias_(_condition(plan, node.part), f"_t{i}") for i, node in enumerate(nodes) if level[node] == layer]
        for layer in sorted(set(level.values()))
    ]


def span_bits(parts: Sequence[Scored]) -> int:
    """Return how many bits the span from the worst to the best sum of some indicators needs."""
    return sum(part.missing_best - part.contributions[0] for part in parts).bit_length()


def _reached(plan: Plan, condition: Score) -> exp.Expr:
    """Return whether a dimension's sum reaches its least: true, false, or NULL while what is missing decides it."""
    name, bits = f"_d{scores_of(plan).index(condition.parts)}", span_bits(condition.parts)
    if not bits:
        return compare(exp.GTE, column(name), condition.least)
    worst = exp.BitwiseRightShift(this=column(name), expression=number(bits))
    span = exp.BitwiseAnd(this=column(name), expression=number(2**bits - 1))
    best = exp.Add(this=exp.paren(worst), expression=exp.paren(span))
    certain, hopeless = compare(exp.GTE, column(name), condition.least << bits), compare(exp.LT, best, condition.least)
    return case([(certain, exp.true()), (hopeless, exp.false())])


def _counted(least: int, parts: Sequence[exp.Expr]) -> exp.Expr:
    """Return whether at least so many hold: true, false, or NULL while what is missing decides it."""
    certain = _added([case([(part, number(1))], number(0)) for part in parts])
    failing = _added([case([(exp.Not(this=part.copy()), number(1))], number(0)) for part in parts])
    return case(
        [
            (compare(exp.GTE, exp.paren(certain), least), exp.true()),
            (compare(exp.GT, exp.paren(failing), len(parts) - least), exp.false()),
        ]
    )


def _added(values: Iterable[exp.Expr]) -> exp.Expr:
    first, *others = values
    for value in others:
        first = exp.Add(this=first, expression=value)
    return first


def first_match(plan: Plan) -> exp.Expr:
    """Return the tiers of each line that may hold, down to the first that certainly does.

    It reads the columns r0, r1, ... with the truth of each line, and ``f`` where ``first_certain`` is wanted.
    """
    if len(plan.lines) <= MOST_NESTED:
        known: exp.Expr = number(plan.rest)
        for i, line in reversed(list(enumerate(plan.lines))):
            rest = case([(compare(exp.EQ, column(f"r{i}"), 2), number(0))], known)
            here = case([(compare(exp.GTE, column(f"r{i}"), 1), number(1 << line.tier))], number(0))
            known = exp.BitwiseOr(this=exp.paren(here), expression=exp.paren(rest))
        return known
    ways: dict[int, list[exp.Expr]] = {}
    if plan.otherwise is not None:
        ways[plan.otherwise] = [compare(exp.EQ, column("f"), len(plan.lines))]
    for i, line in enumerate(plan.lines):
        way = exp.and_(compare(exp.GTE, column(f"r{i}"), 1), compare(exp.GTE, column("f"), i))
        ways.setdefault(line.tier, []).append(exp.paren(way))
    return _joined(case([(either(parts), number(1 << tier))], number(0)) for tier, parts in sorted(ways.items()))


def first_certain(plan: Plan) -> exp.Expr:
    """Return the place of the first line that certainly holds, their number when none does."""
    places = [(compare(exp.EQ, column(f"r{i}"), 2), number(i)) for i in range(len(plan.lines))]
    return case(places, number(len(plan.lines)))


def stages(plan: Plan) -> list[list[tuple[str, Step]]]:
    """Return minimum conditions, floors, caps and sets, as far as there are any, each step with its column of truth."""
    named = [(f"g{i}", step) for i, step in enumerate(plan.steps)]
    kinds = dict.fromkeys(step.effect for step in plan.steps)
    return [[(name, step) for name, step in named if step.effect == kind] for kind in kinds]


def moved(plan: Plan, stage: Sequence[tuple[str, Step]]) -> exp.Expr:
    """Return the candidates ``m`` after one stage, each step's truth being in its column."""
    landing, staying = {"condition": _falls, "floor": _bounds, "cap": _bounds, "set": _sets}[stage[0][1].effect](
        plan, stage
    )
    taken = either([compare(exp.GT, column(name), 0) for name, _ in stage])
    return case([(taken, exp.BitwiseOr(this=exp.paren(landing), expression=exp.paren(staying)))], column("m"))


def _falls(plan: Plan, stage: Sequence[tuple[str, Step]]) -> tuple[exp.Expr, exp.Expr]:
    """Return where who misses a minimum condition lands, and who stays: one tier down, tested again there."""
    names = {step.tier: name for name, step in stage}
    stays = {
        tier: _unless(names[tier], 1 << tier) if tier in names else number(1 << tier) for tier in range(len(plan.tiers))
    }
    landings = []
    for tier in names:
        above = [tier]
        while above[-1] - 1 in names:
            above.append(above[-1] - 1)
        # Who lies between the nearest tier above that certainly keeps everyone and this one may fall through.
        chain: list[Branch] = [
            (compare(exp.EQ, column(names[place]), 0), number((2 << tier) - (2 << place))) for place in above
        ]
        fallen = _has(case(chain, number((2 << tier) - (1 << above[-1]))))
        there = [fallen, compare(exp.LT, column(names[tier + 1]), 2)] if tier + 1 in names else [fallen]
        landings.append(case([(exp.and_(*there), number(2 << tier))], number(0)))
    return _joined(landings), _and(column("m"), _joined(stays.values()))


def _unless(name: str, bit: int) -> exp.Expr:
    return case([(compare(exp.EQ, column(name), 2), number(0))], number(bit))


def _bounds(plan: Plan, stage: Sequence[tuple[str, Step]]) -> tuple[exp.Expr, exp.Expr]:
    """Return where floors or caps land, and who stays: the strictest that certainly holds ends both."""
    floor = stage[0][1].effect == "floor"
    strictest = sorted(stage, key=lambda item: item[1].tier, reverse=not floor)
    within = case(
        [(compare(exp.EQ, column(name), 2), number(plan.everything & ~step.hits)) for name, step in strictest],
        number(plan.everything),
    )
    landings = [
        case([(exp.and_(compare(exp.GTE, column(name), 1), _has(number(step.hits))), number(1 << step.to))], number(0))
        for name, step in stage
    ]
    return _and(_joined(landings), within), _and(column("m"), within.copy())


def _sets(plan: Plan, stage: Sequence[tuple[str, Step]]) -> tuple[exp.Expr, exp.Expr]:
    """Return the tiers that are set, and who stays: the first in the document that certainly holds decides."""
    landings, before = [], list[str]()
    for name, step in reversed(stage):
        parts = [compare(exp.GTE, column(name), 1), *(compare(exp.LT, column(other), 2) for other in before)]
        landings.append(case([(exp.and_(*parts), number(1 << step.to))], number(0)))
        before.append(name)
    certain = either([compare(exp.EQ, column(name), 2) for name in before])
    return _joined(landings), case([(certain, number(0))], column("m"))


def _has(bits: exp.Expr) -> exp.Expr:
    return compare(exp.NEQ, exp.paren(_and(column("m"), bits)), 0)


def _and(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.BitwiseAnd(this=exp.paren(left), expression=exp.paren(right))


def _joined(parts: Iterable[exp.Expr]) -> exp.Expr:
    first, *others = parts
    for part in others:
        first = exp.BitwiseOr(this=first, expression=exp.paren(part))
    return first
