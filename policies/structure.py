"""What is wrong with a document that can be seen without running it: words, units, weights, ladders, bands, tiers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from policies.beside import beside
from policies.columns import RESERVED
from policies.composition import composition_findings
from policies.conditional import conditional, duplicates, number_finding, value_list
from policies.document import Card, Dimension, Indicator, Policy, Ranking, Rules, Scorecard, conditions
from policies.exact import DOMAIN, UNITS, decimal_text, percent, shown, stored
from policies.findings import Finding, found, within
from policies.reading import Path
from policies.reweight import reweight_findings
from policies.seams import band_seams, ladder_points, ladder_seams
from policies.shares import share_findings
from policies.states import WRITTEN
from policies.values import is_set
from policies.vocabulary import VOCABULARY, Word


def structure(document: Policy) -> list[Finding]:
    """Return what is wrong with a document on its face, in the order of its lines."""
    return sorted([*_alone(document), *_whole(document)], key=lambda finding: finding.line)


def _alone(document: Policy) -> list[Finding]:
    findings = [*_inputs(document), *_population(document)]
    findings += _card(document) if isinstance(document, Card) else _rules(document)
    return [*findings, *conditional(document), *beside(document)]


def _whole(document: Policy) -> list[Finding]:
    """Return what is wrong with the parts of a policy, each as a policy of its own and together."""
    if not document.parts:
        return []
    views = document.views.items()
    return [*composition_findings(document), *(within(name, fault) for name, view in views for fault in _alone(view))]


def used_words(document: Policy) -> dict[str, Path]:
    """Return every word a document and its parts read, with the path of its first use, in document order."""
    used = _read_words(document)
    for name, part in document.parts.items():
        for word, path in _read_words(part).items():
            used.setdefault(word, ("parts", name, *path))
    return {word: path for word, path in used.items() if word not in document.parts}


def _read_words(document: Policy) -> dict[str, Path]:
    used: dict[str, Path] = {}
    for word in document.population.applies_to if document.population else ():
        used.setdefault(word, ("population", "applies_to", word))
    if isinstance(document, Card):
        for _, indicator, path in document.indicators:
            used.setdefault(indicator.input, (*path, "input"))
    for condition, place in conditions(document):
        for leaf, path in condition.leaves(place):
            used.setdefault(str(leaf.input), (*path, "input"))
    return used


def _inputs(document: Policy) -> Iterator[Finding]:
    used = used_words(document)
    for name, path in _read_words(document).items():
        if (
            name not in VOCABULARY
            and name not in document.parts
            and not any(name in home.inputs for home in (document, *document.parts.values()))
        ):
            nearest = difflib.get_close_matches(name, [*VOCABULARY, *document.inputs], 1)
            cure = (
                f"Did you mean {nearest[0]}?" if nearest else "Choose a word of policies/vocabulary.py, or declare it."
            )
            yield found(document, "unknown_word", path, f"{name!r} is not a word of the vocabulary", cure)
    for name, restated in document.inputs.items():
        path = ("inputs", name)
        word = document.word(name)
        if name not in used:
            yield found(document, "unused_input", path, f"nothing uses {name!r}", "Remove it or use it.")
        if word is None or word.own or restated.title is not None or restated.values is not None:
            yield from _declared(document, name)
        if word is None:
            continue
        if not word.own and restated.type is not None and restated.type != word.type:
            message = f"{name} is of type {word.type}, not {restated.type}"
            yield found(document, "wrong_type", (*path, "type"), message, f"Write type: {word.type}.")
        if restated.unit is not None and restated.unit not in UNITS[word.type]:
            units = ", ".join(unit for unit in UNITS[word.type] if unit) or "no unit"
            message = f"{name} ({word.type}) cannot be written in {restated.unit!r}"
            yield found(document, "wrong_unit", (*path, "unit"), message, f"Write {units}.")


def _declared(document: Policy, name: str) -> Iterator[Finding]:
    """Yield what is wrong with an input that declares a fact of its own."""
    path, given = ("inputs", name), document.inputs[name]
    if name in VOCABULARY:
        message = f"{name} is a word of the vocabulary, which has its title and values already"
        yield found(document, "declared_wrong", path, message, "Take title and values out, or choose another name.")
        return
    kinds = [*UNITS, "flag"]
    if given.title is None or given.type not in kinds:
        said = "has no title" if given.title is None else f"is of type {given.type!r}"
        message = f"{name!r} is not a word of the vocabulary, and as a fact of this document it {said}"
        cure = f"Give it title: {{zh, en}} and type: one of {', '.join(kinds)}; or choose a word of the vocabulary."
        yield found(document, "declared_wrong", path, message, cure)
    elif (given.type == "category") != (given.values is not None):
        message = f"{name} is a {given.type} with{'out' if given.values is None else ''} values"
        cure = "Give a category values: [..., ...], and nothing else any."
        yield found(document, "declared_wrong", path, message, cure)
    elif repeated := [value for value in given.values or () if (given.values or ()).count(value) > 1]:
        yield found(document, "declared_wrong", path, f"{name} has the value {repeated[0]!r} twice", "Keep one.")
    elif stated := [value for value in given.values or () if value in WRITTEN]:
        message = f"{stated[0]!r} says that a fact has no value, and {name} names it as one"
        yield found(document, "declared_wrong", path, message, "Call the value otherwise.")
    elif padded := [value for value in given.values or () if not value or value != value.strip()]:
        message = f"no file of facts can say {padded[0]!r}: a cell is read without the blanks around it"
        yield found(document, "declared_wrong", path, message, "Write the value without them.")
    elif name in RESERVED or name != name.lower():
        message = f"{name} means something else in SQL or in a file of facts"
        yield found(document, "declared_wrong", path, message, "Choose another name, in small letters.")


def _population(document: Policy) -> Iterator[Finding]:
    for name, values in document.population.applies_to.items() if document.population else ():
        path = ("population", "applies_to", name)
        word = document.word(name)
        if word is None:
            continue
        if word.type != "category":
            message = f"a population names values, and {name} is a {word.type}"
            yield found(document, "wrong_comparison", path, message, "Use a word with named values, such as status.")
            continue
        for value in sorted(set(values) - set(word.values)):
            yield found(document, "outside_domain", path, f"{name} is never {value!r}", f"Known: {value_list(word)}.")


def _card(document: Card) -> Iterator[Finding]:
    ids = [dimension.id for dimension in document.dimensions]
    ids += [indicator.id for _, indicator, _ in document.indicators]
    yield from duplicates(document, ids, ("dimensions",))
    yield from _weighed(document)
    total = sum((dimension.weight or Fraction(0) for dimension in document.dimensions), Fraction(0))
    if total != 1 and document.weights != "points":
        parts = " + ".join(percent(dimension.weight or Fraction(0)) for dimension in document.dimensions)
        cure = "Change a weight so that the sum is exactly 100 %."
        yield found(document, "weights_total", ("dimensions",), f"{parts} = {percent(total)}, not 100%", cure)
    for index, dimension in enumerate(document.dimensions):
        if document.weights != "points":
            yield from _dimension(document, dimension, ("dimensions", index))
    for _, indicator, path in document.indicators:
        yield from _indicator(document, indicator, path)
    yield from reweight_findings(document)
    if isinstance(document, Scorecard):
        yield from _bands(document)
    elif isinstance(document, Ranking):
        yield from duplicates(document, list(document.tiers.order), ("tiers", "order"))
        yield from share_findings(document)


def _weighed(document: Card) -> Iterator[Finding]:
    """Yield each dimension and indicator that lacks its weight, or has one where points are added up as they are."""
    parts = [(part.id, part.weight, ("dimensions", i)) for i, part in enumerate(document.dimensions)]
    parts += [(part.id, part.weight, path) for _, part, path in document.indicators]  # type: ignore[misc]  # paths of two lengths
    for name, weight, path in parts:
        if weight is None and document.weights != "points":
            cure = "Write its weight, or weights: points to add the points up as they are."
            yield found(
                document, "weight_missing", path, f"{name} has no weight, and weights are {document.weights}", cure
            )
        if weight is not None and document.weights == "points":
            message = f"{name} weighs {percent(weight)}, and the points are added up as they are"
            yield found(document, "weight_unused", (*path, "weight"), message, "Take it out, or say weights: absolute.")


def _dimension(document: Card, dimension: Dimension, path: Path) -> Iterator[Finding]:
    weights = [((*path, "weight"), dimension.weight)]
    weights += [((*path, "indicators", j, "weight"), part.weight) for j, part in enumerate(dimension.indicators)]
    for place, weight in weights:
        if weight is not None and not 0 < weight <= 1:
            text = document.text(*place) or str(weight)
            message = f"a weight of {text} is {percent(weight)}"
            such = f"{text}%" if weight > 1 and not text.endswith("%") else "10%"
            cure = f"Write a share above 0 and up to 100%, such as {such}."
            yield found(document, "weight_range", place, message, cure)
    total = sum((indicator.weight or Fraction(0) for indicator in dimension.indicators), Fraction(0))
    wanted = dimension.weight or Fraction(0) if document.weights == "absolute" else Fraction(1)
    if total != wanted:
        parts = " + ".join(percent(indicator.weight or Fraction(0)) for indicator in dimension.indicators)
        other = "relative" if document.weights == "absolute" else "absolute"
        cure = f"Make them sum to {percent(wanted)}, or say weights: {other} if that is meant."
        message = f"weights are {document.weights}, and in {dimension.id} {parts} = {percent(total)}"
        yield found(document, "weights_dimension", path, f"{message}, not {percent(wanted)}", cure)


def _indicator(document: Card, indicator: Indicator, path: Path) -> Iterator[Finding]:
    word = document.word(indicator.input)
    missing, place = indicator.missing, (*path, "missing")
    if missing is None:
        missing, place = document.missing, ("missing",)
    points = [(place, missing.points)] if missing.points is not None else []
    outside = document.not_applicable_points(indicator)
    if outside is not None:
        points.append(((*path, "not_applicable") if indicator.not_applicable else ("not_applicable",), outside))
    if indicator.ladder is not None:
        ladder = (*path, "ladder")
        rungs = indicator.ladder.intervals
        named = enumerate(indicator.ladder.points) if rungs is None else rungs.items()
        points += [((*ladder, "points" if rungs is None else "intervals", rung), value) for rung, value in named]
        below = indicator.ladder.written_below
        points += [((*ladder, "below"), below)] if below is not None else []
        if word is not None:
            yield from _ladder(document, indicator, word, ladder)
    elif indicator.values is not None:
        points += [((*path, "values", name), value) for name, value in indicator.values.items()]
        if word is not None:
            yield from _values(document, indicator, word, path)
    elif word is not None and (word.type != "rating" or indicator.out_of != 10):
        message = (
            f"a panel rates from 0 to 10, and {indicator.id} takes {word.name} ({word.type}) out of {indicator.out_of}"
        )
        yield found(document, "panel_input", path, message, "Take a rating out_of: 10, or write a ladder.")
    added = document.weights == "points"  # then points may be taken away
    for where, value in points:
        if value > indicator.out_of or (value < 0 and not added):
            message = f"{indicator.id} gives {decimal_text(value)} of at most {decimal_text(indicator.out_of)} points"
            yield found(document, "points_range", where, message, "Change the points or out_of.")
    if indicator.out_of < 0 or (indicator.out_of == 0 and not added):
        message = f"{indicator.id} is out of {decimal_text(indicator.out_of)} points"
        yield found(document, "points_range", (*path, "out_of"), message, "Write a number above 0.")


def _values(document: Card, indicator: Indicator, word: Word, path: Path) -> Iterator[Finding]:
    given = indicator.values or {}
    if not word.values:
        message = f"{word.name} is a {word.type} and has no named values"
        yield found(document, "wrong_comparison", (*path, "values"), message, "Write a ladder.")
        return
    for name in [name for name in given if name not in word.values]:
        message, cure = f"{word.name} is never {name!r}", f"Known: {value_list(word)}."
        yield found(document, "outside_domain", (*path, "values", name), message, cure)
    for name in [name for name in word.values if name not in given]:
        message = f"{word.name} can be {name!r}, and then {indicator.id} has no points"
        yield found(document, "values_open", (*path, "values"), message, "Give it points.", {word.name: name})


def _ladder(document: Card, indicator: Indicator, word: Word, path: Path) -> Iterator[Finding]:
    ladder, unit = indicator.ladder, document.unit(word.name)
    assert ladder is not None
    if word.type == "category":
        message = f"{word.name} has named values ({value_list(word)}) and no order"
        yield found(document, "wrong_comparison", path, message, "Write values: {name: points} for each.")
        return
    if ladder.intervals is not None:
        yield from ladder_seams(document, indicator, word, path)
    if max(ladder.earned) < indicator.out_of:
        best, most = decimal_text(max(ladder.earned)), decimal_text(indicator.out_of)
        message = f"the best rung of {indicator.id} gives {best} of {most} points"
        yield found(document, "full_points_unreached", path, message, "Check out_of: it is the points of a full score.")
    if len(ladder.points) == len(ladder.cuts):
        yield from ladder_points(document, indicator, word, path)
    if not ladder.cuts:
        return
    if len(ladder.points) != len(ladder.cuts):
        message = f"{indicator.id} has {len(ladder.cuts)} cuts and {len(ladder.points)} points"
        yield found(document, "ladder_length", path, message, "Give each cut its points; below is written apart.")
    for index, (low, high) in enumerate(pairwise(ladder.cuts), 1):
        if low >= high and is_set(low) and is_set(high):
            message = f"{decimal_text(high)} does not lie above {decimal_text(low)}"
            yield found(document, "cuts_order", (*path, "cuts", index), message, "Write the cuts from low to high.")
    faults = [number_finding(document, word, cut, (*path, "cuts", i)) for i, cut in enumerate(ladder.cuts)]
    yield from (fault for fault in faults if fault is not None)
    known = all(is_set(cut) for cut in ladder.cuts) and (unit is None or unit in UNITS[word.type])
    if known and not any(faults):
        lowest = int(stored(word, ladder.cuts[0], unit)) + (ladder.closed == "right")
        least = DOMAIN[word.type][0]
        is_open = least is None or lowest > least
        if ladder.below is None and is_open:
            under = shown(word, lowest - 1, unit)
            example = {word.name: under}
            message = f"{word.name} can be {under}, under the lowest cut, and then {indicator.id} has no points"
            yield found(document, "ladder_open", path, message, "Add below: with the points for that.", example)
        if ladder.below is not None and not is_open:
            message = f"{word.name} never lies under {decimal_text(ladder.cuts[0])}"
            yield found(document, "below_unreached", (*path, "below"), message, "Remove below.")


def _bands(document: Scorecard) -> Iterator[Finding]:
    order, bands = document.tiers.order, document.tiers.bands
    cuts, path = bands.cuts, ("tiers", "bands", "cuts" if bands.intervals is None else "intervals")
    yield from duplicates(document, list(document.tiers.names), ("tiers", "order"))
    yield from band_seams(document)
    if set(order) == set(bands.intervals or ()) and not cuts:
        return
    if document.weights == "points" and cuts and order[-1] not in cuts:
        cuts = {**cuts, order[-1]: min(least_points(document), *(cut - 1 for cut in cuts.values()))}  # takes all below
    if set(order) != set(cuts):
        named = bands.intervals or cuts
        missing, extra = [t for t in order if t not in named], [t for t in named if t not in order]
        message = (
            f"tiers without a band: {', '.join(missing) or 'none'}; bands without a tier: {', '.join(extra) or 'none'}"
        )
        yield found(document, "bands_tiers", path, message, "Give each tier of the order one band.")
        return
    for better, worse in pairwise(order):
        if cuts[better] <= cuts[worse]:
            message = (
                f"{better} begins at {decimal_text(cuts[better])}, not above {worse} at {decimal_text(cuts[worse])}"
            )
            yield found(document, "bands_order", (*path, better), message, "Let each better tier begin higher.")
    if document.weights == "points" and cuts[order[-1]] > (least := least_points(document)):
        message = f"the lowest tier {order[-1]} begins at {decimal_text(cuts[order[-1]])}, and a total can be {decimal_text(least)}"
        cure = f"Leave {order[-1]} out of the bands: it takes all below."
        yield found(document, "bands_floor", (*path, order[-1]), message, cure, {"total": decimal_text(least)})
    if document.weights != "points" and cuts[order[-1]] != 0:
        begin = decimal_text(cuts[order[-1]])
        message = f"the lowest tier {order[-1]} begins at {begin}, so a total of 0 has no tier"
        yield found(document, "bands_floor", (*path, order[-1]), message, f"Write {order[-1]}: 0.", {"total": "0"})
    for tier, cut in cuts.items():
        if not 0 <= cut <= 100 and document.weights != "points":
            message = f"{tier} begins at {decimal_text(cut)}, and totals lie between 0 and 100"
            yield found(document, "bands_scale", (*path, tier), message, "Write bands on the scale 0 to 100.")


def least_points(document: Scorecard) -> Fraction:
    """Return the least total that can occur where points are added up."""
    least = Fraction(0)
    for _, indicator, _ in document.indicators:
        fixed = (indicator.missing or document.missing).points
        rungs = [*(indicator.values or {}).values(), *(indicator.ladder.points if indicator.ladder else ())]
        rungs += [] if indicator.ladder is None or indicator.ladder.below is None else [indicator.ladder.below]
        least += min([*(rungs or [Fraction(0)]), *([] if fixed is None else [fixed])])
    return least


def _rules(document: Rules) -> Iterator[Finding]:
    yield from duplicates(document, list(document.tiers.names), ("tiers", "order"))
    yield from duplicates(document, [rule.id for rule in document.rules], ("rules",))
    named: list[tuple[str, Path]] = [(rule.then, ("rules", i, "then")) for i, rule in enumerate(document.rules)]
    for tier, path in [*named, *([] if document.else_ is None else [(document.else_, ("else",))])]:
        if tier not in document.tiers.names:
            message = f"{tier!r} is not one of the tiers {', '.join(document.tiers.names)}"
            yield found(document, "tier_unknown", path, message, "Name a tier of the order.")
    order = document.tiers.names
    given = {document.else_, *(name for name, _ in named), *(gate.effect.tier for gate in document.gates)}
    given |= {worse for better, worse in pairwise(document.tiers.order) if better in document.tiers.conditions}
    for tier in order:
        if tier not in given:
            cure = "Add a rule for it or take it out."
            yield found(document, "tier_unreachable", ("tiers", "order"), f"no rule gives {tier}", cure)
