"""What is wrong with numbers, conditions, gates, minimum conditions and parameters on their face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from policies.condition import Condition
from policies.dimension_score import score_findings
from policies.document import Card, Parameter, Policy, conditions
from policies.exact import DOMAIN, INT64_LEAST, INT64_MOST, UNITS, decimal_text, exact, shown, stored, unit_of
from policies.findings import Finding, found
from policies.reading import Path
from policies.values import Named, is_set
from policies.vocabulary import Word

# Four of SQLite's stages around a condition leave room for 8 groups inside each other, and one of them in reserve.
MOST_DEEP = 7


def conditional(document: Policy) -> Iterator[Finding]:
    """Yield what is wrong with a document's conditions, wherever they stand, and with what hangs on them."""
    for condition, path in conditions(document):
        yield from _condition(document, condition, path)
        if condition.depth > MOST_DEEP:
            message = f"groups are nested {condition.depth} deep, at_least counted twice, and SQLite reads {MOST_DEEP}"
            yield found(document, "condition_deep", path, message, "Write it flatter, or as several gates or rules.")
    yield from score_findings(document)
    yield from _parameters(document)
    order, last = document.tiers.order, document.tiers.order[-1]
    yield from duplicates(document, [gate.id for gate in document.gates], ("gates",))
    named: list[tuple[str, Path]] = [(tier, ("tiers", "conditions", tier)) for tier in document.tiers.conditions]
    named += [(gate.effect.tier, ("gates", i, "effect", gate.effect.kind)) for i, gate in enumerate(document.gates)]
    for tier, path in named:
        if tier not in (document.tiers.names if path[-1] == "set" else order):
            message = f"{tier!r} is not one of the tiers {', '.join(order)}"
            message += ", and only set leads to a tier outside them" if tier in document.tiers.outside else ""
            yield found(document, "tier_unknown", path, message, "Name a tier of the order.")
    if last in document.tiers.conditions:
        message = f"who misses the condition of {last} has no tier to fall to"
        yield found(document, "condition_lowest", ("tiers", "conditions", last), message, "Take the condition out.")
    for index, gate in enumerate(document.gates):
        kind, tier = gate.effect.kind, gate.effect.tier
        if (kind, tier) in (("floor", last), ("cap", order[0])):
            side = "below" if kind == "floor" else "above"
            message = f"no tier lies {side} {tier}, so the {kind} {gate.id} never moves anyone"
            cure = "Name another tier, or take the gate out."
            yield found(document, "gate_idle", ("gates", index, "effect", kind), message, cure)


def _condition(document: Policy, condition: Condition, path: Path) -> Iterator[Finding]:
    for part, inside in condition.parts:
        yield from _condition(document, part, (*path, *inside))
    if condition.at_least is not None:
        wanted, there = condition.at_least.k, len(condition.at_least.of)
        if not 1 <= wanted <= there:
            message = f"at least {wanted} of {there} conditions {'always' if wanted < 1 else 'never'} hold"
            cure = f"Write a k from 1 to {there}."
            yield found(document, "at_least_range", (*path, "at_least", "k"), message, cure)
    word = document.word(str(condition.input))
    if word is not None:
        yield from _comparison(document, condition, word, path)


def named_numbers(document: Policy) -> Iterator[tuple[Named, str, Path]]:
    """Yield every place where a parameter is named, with the word it is compared with and its path."""
    for condition, path in conditions(document):
        for leaf, place in condition.leaves(path):
            operator, values = leaf.comparison
            for value in values:
                if isinstance(value, Named):
                    yield value, str(leaf.input), (*place, operator)
    for _, indicator, path in document.indicators if isinstance(document, Card) else ():
        for index, cut in enumerate(indicator.ladder.cuts if indicator.ladder is not None else ()):
            if isinstance(cut, Named):
                yield cut, indicator.input, (*path, "ladder", "cuts", index)


def _parameters(document: Policy) -> Iterator[Finding]:
    uses = list(named_numbers(document))
    for name, parameter in document.parameters.items():
        path: Path = ("parameters", name)
        if parameter.value is None:
            message = f"the parameter {name} has no value, so nobody can be graded"
            cure = "Write the figure that your company decides, such as value: 50."
            yield found(document, "parameter_unset", path, message, cure)
        if name not in {use.name for use, _, _ in uses}:
            cure = "Remove it, or name it in a cut or after ge, gt, le or lt."
            yield found(document, "parameter_unused", path, f"nothing uses the parameter {name}", cure)
        units = next((units for kind, units in UNITS.items() if kind == parameter.type), None)
        if units is None:
            message = f"{parameter.type!r} is not a type"
            cure = f"Write one of {', '.join(kind for kind in UNITS if kind != 'category')}."
            yield found(document, "wrong_type", (*path, "type"), message, cure)
        elif parameter.unit is not None and parameter.unit not in units:
            message = f"{name} ({parameter.type}) cannot be written in {parameter.unit!r}"
            cure = f"Write {', '.join(unit for unit in units if unit) or 'no unit'}."
            yield found(document, "wrong_unit", (*path, "unit"), message, cure)
    for use, name, path in uses:
        word = document.word(name)
        if word is not None:
            yield from _use(document, document.parameters[use.name], use.name, word, path)


def _use(document: Policy, parameter: Parameter, name: str, word: Word, path: Path) -> Iterator[Finding]:
    if parameter.type != word.type:
        message = f"the parameter {name} is of type {parameter.type}, and {word.name} of type {word.type}"
        yield found(document, "wrong_type", path, message, f"Compare {word.name} with a {word.type}.")
        return
    mine, its = unit_of(word, parameter.unit), unit_of(word, document.unit(word.name))
    if mine != its:
        message = f"the parameter {name} is written in {mine}, and {word.name} in {its}"
        yield found(document, "wrong_unit", path, message, "Write both in the same unit.")


def duplicates(document: Policy, ids: list[str], path: Path) -> Iterator[Finding]:
    """Yield each id that stands more than once."""
    for name, times in Counter(ids).items():
        if times > 1:
            yield found(document, "duplicate_id", path, f"{name!r} stands {times} times", "Give each its own id.")


def value_list(word: Word) -> str:
    """Return the values of a category word."""
    return ", ".join(word.values)


def number_finding(document: Policy, word: Word, number: Fraction, path: Path, *, cut: bool = True) -> Finding | None:
    """Return what is wrong with a written number of a word, or None.

    A cut may stand one below or above what the word can be; a value may not.
    """
    text = document.text(*path) or decimal_text(number)
    if not is_set(number):
        return None  # reported where the parameter stands
    if isinstance(number, Named):
        text = f"{number.name} ({decimal_text(number)})"
    unit = document.unit(word.name)
    if text.endswith("%") and word.type != "ratio":
        return found(
            document, "wrong_unit", path, f"{text} is a share, and {word.name} is a {word.type}", "Drop the %."
        )
    if unit is not None and unit not in UNITS[word.type]:
        return None  # reported where the unit stands
    value = stored(word, number, unit)
    if value.denominator != 1:
        step = shown(word, 1, unit)
        message = f"{text} is not a whole number of {step}, in which {word.name} is stored"
        return found(document, "not_exact", path, message, f"Round it to {step}.")
    if not INT64_LEAST < value < INT64_MOST:
        side, bound = ("above", INT64_MOST) if value > 0 else ("below", INT64_LEAST)
        message = f"{text} is {side} {shown(word, bound, unit)}, where {word.name} as it is stored ends"
        return found(document, "not_exact", path, message, "Write a value inside, or check the unit.")
    least, most = DOMAIN[word.type]
    if (least is not None and value < least) or (most is not None and value > most + cut):
        message = f"{word.name} is never {text}: it lies between {_bound(word, least)} and {_bound(word, most)}"
        return found(document, "outside_domain", path, message, "Write a value inside, or check the unit.")
    return None


def _bound(word: Word, value: int | None) -> str:
    return "any" if value is None else shown(word, value)


def _comparison(document: Policy, leaf: Condition, word: Word, path: Path) -> Iterator[Finding]:
    operator, values = leaf.comparison
    if operator == "is":
        return
    if word.type == "category" and operator not in ("eq", "in"):
        message = f"{word.name} has named values ({value_list(word)}) and no order, so {operator} says nothing"
        yield found(document, "wrong_comparison", (*path, operator), message, "Write eq: or in:.")
        return
    for index, value in enumerate(values):
        place = (*path, operator, index) if operator == "in" else (*path, operator)
        if word.type == "category":
            if value not in word.values:
                yield found(
                    document, "outside_domain", place, f"{word.name} is never {value!r}", f"Known: {value_list(word)}."
                )
            continue
        try:
            number = exact(value)
        except ValueError as error:
            yield found(document, "not_exact", place, str(error), "Write a number.")
            continue
        fault = number_finding(document, word, number, place, cut=operator not in ("eq", "in"))
        if fault is not None:
            yield fault
