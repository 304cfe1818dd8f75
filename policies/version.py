"""The canonical form of a document, its two hashes, and where two documents differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from policies.bands import Bands
from policies.condition import Condition
from policies.document import Card, Dimension, Indicator, Policy, Ranking, Rules, conditions
from policies.exact import UNITS, exact, stored
from policies.ladder import Ladder
from policies.reading import Path
from policies.structure import used_words
from policies.values import is_set, number_text

# Part of every semantic form: a later change of meaning gets a new number, and old hashes stay what they were.
SEMANTICS = 1


def canonical(document: Policy) -> str:
    """Return a document as JSON with sorted keys and exact numbers; parsing it gives an equal document."""
    form = document.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    for path, text in _refused_shares(document):
        _put(form, path, text)
    return _json(form)


def _refused_shares(document: Policy) -> Iterator[tuple[Path, str]]:
    """Yield each ``1%`` of a word that is no ratio: as the number 1/100 it would pass the check that refuses it."""
    found: list[tuple[str, Path]] = [
        (str(leaf.input), (*path, leaf.comparison[0]))
        for condition, whole in conditions(document)
        for leaf, path in condition.leaves(whole)
        if leaf.comparison[0] not in ("eq", "in")  # those are kept as text
    ]
    for _, indicator, path in document.indicators if isinstance(document, Card) else ():
        cuts = indicator.ladder.cuts if indicator.ladder is not None else ()
        found += [(indicator.input, (*path, "ladder", "cuts", index)) for index in range(len(cuts))]
    for name, place in found:
        text, word = document.text(*place), document.word(name)
        if text is not None and text.strip().endswith("%") and (word is None or word.type != "ratio"):
            yield place, text.strip()


def _put(form: Any, path: Path, text: str) -> None:
    for key in path[:-1]:
        form = form[key]
    form[path[-1]] = text


def document_hash(document: Policy) -> str:
    """Return ``sha256:`` and the hash over everything in a document, labels and cases included; layout and comments do not count."""
    return _sha256(canonical(document))


def semantic_hash(document: Policy) -> str:
    """Return ``sha256:`` and the hash over what can change a result: no label, source, case, interpretation, panel or id does.

    Numbers count by their value (``15%`` is ``0.15``, 10 万元 are 100000 元), defaults as if they were written.  The order
    of indicators and rules counts, because the packed levels follow it.
    """
    return _sha256(_json(semantic_form(document)))


def semantic_form(document: Policy) -> dict[str, Any]:
    """Return what can change a result, as plain values; only of a document whose words and units are known."""
    population = document.population.applies_to if document.population else {}
    form: dict[str, Any] = {
        "semantics": SEMANTICS,
        "kind": document.kind,
        "population": {word: sorted(set(values)) for word, values in population.items()},
        "tiers": list(document.tiers.order),
        **({"outside": list(document.tiers.outside)} if document.tiers.outside else {}),
        **_gates(document),
        **_beside(document),
    }
    if document.parts:
        form["parts"] = {
            name: semantic_form(view.model_copy(update={"parts": {}})) for name, view in document.views.items()
        }
    used = used_words(document)
    if own := [word for word in document.own if word.name in used]:
        form["facts"] = {word.name: [word.type, *word.values] for word in own}
    if isinstance(document, Rules):
        rules = [{"when": _condition(document, rule.when), "then": rule.then} for rule in document.rules]
        return {**form, "rules": rules, "else": document.else_}
    indicators = [_indicator(document, dimension, indicator) for dimension, indicator, _ in document.indicators]
    if isinstance(document, Ranking):
        shares = {tier: str(share) for tier, share in document.tiers.shares.items()}
        return {**form, "indicators": indicators, "shares": shares}
    bands, last = document.tiers.bands, document.tiers.order[-1]
    # The last may be written or not where points are added up.
    cuts = {tier: str(cut) for tier, cut in bands.cuts.items() if document.weights != "points" or tier != last}
    band_form = {"closed": bands.closed, "cuts": cuts} if cuts else _as_written(bands)
    return {**form, "indicators": indicators, "bands": band_form}


def _as_written(part: Bands | Ladder) -> dict[str, Any]:
    """Return intervals that cannot be read as cut points, as they are written: no plan follows from them."""
    return part.model_dump(mode="json", include={"intervals", "below", "shared_edge"})


def _indicator(document: Card, dimension: Dimension, indicator: Indicator) -> dict[str, Any]:
    missing, share = indicator.missing or document.missing, document.share(dimension, indicator)
    form: dict[str, Any] = {
        "input": indicator.input,
        "share": "points" if share is None else str(share),
        "out_of": str(indicator.out_of),
        "missing": "pending" if missing.points is None else str(missing.points),
    }
    if missing.reweight is not None:
        # With the dimension, inside which alone weight is shared out.
        place = document.dimensions.index(dimension)
        form["missing"] = f"reweight {missing.reweight.minimum_coverage} in {place}"
    outside = document.not_applicable_points(indicator)
    if outside is not None:
        form["not_applicable"] = str(outside)
    if indicator.values is not None:
        return {**form, "values": {value: str(indicator.values[value]) for value in sorted(indicator.values)}}
    if indicator.ladder is None:
        return {**form, "score": "rating"}
    ladder = indicator.ladder
    if not ladder.cuts:
        return {**form, **_as_written(ladder)}
    return {
        **form,
        "cuts": [_stored(document, indicator.input, cut) for cut in ladder.cuts],
        "points": [str(points) for points in ladder.points],
        "below": None if ladder.below is None else str(ladder.below),
        "closed": ladder.closed,
    }


def _gates(document: Policy) -> dict[str, Any]:
    """Return minimum conditions and gates; no key where there are none, so that older hashes stay."""
    form: dict[str, Any] = {}
    if document.tiers.conditions:
        wanted = document.tiers.conditions
        form["conditions"] = {tier: _condition(document, wanted[tier]) for tier in sorted(wanted)}
    if document.gates:
        form["gates"] = [
            {"when": _condition(document, gate.when), gate.effect.kind: gate.effect.tier} for gate in document.gates
        ]
    return form


def _beside(document: Policy) -> dict[str, Any]:
    """Return what decides which tier takes effect and who looks at it; no key where a document says nothing of it."""
    form: dict[str, Any] = {}
    if document.appointments is not None:
        part = document.appointments
        form["appointments"] = {
            "tiers": sorted(set(part.tiers)),
            "by": part.by,
            "longest_months": part.longest_months,
            "evidence": part.evidence,
        }
    if document.hold is not None:
        hold = document.hold
        bounds = {tier: str(bound) for tier, bound in hold.exit.items()}
        approval = sorted(set(hold.demotion_needs_approval))
        form["hold"] = {"approval": approval, "periods": hold.minimum_periods, "exit": bounds}
    if document.review is not None:
        points = document.review.borderline.points if document.review.borderline is not None else None
        form["review"] = {
            "borderline": None if points is None else str(points),
            "always": sorted(set(document.review.always)),
        }
    return form


def _condition(document: Policy, condition: Condition) -> dict[str, Any]:
    for name, parts in (("all", condition.all), ("any", condition.any)):
        if parts is not None:
            return {name: [_condition(document, part) for part in parts]}
    if condition.at_least is not None:
        return {"at_least": condition.at_least.k, "of": [_condition(document, part) for part in condition.at_least.of]}
    if condition.not_ is not None:
        return {"not": _condition(document, condition.not_)}
    operator, values = condition.comparison
    if condition.dimension is not None:
        # The id names the indicators that are summed, and says nothing else.
        scored = document.indicators if isinstance(document, Card) else ()
        summed = [place for place, (dimension, _, _) in enumerate(scored) if dimension.id == condition.dimension]
        return {"sum": summed, operator: [str(value) for value in values]}
    word = str(condition.input)
    return {"input": word, operator: [_stored(document, word, value) for value in values]}


def _stored(document: Policy, name: str, value: Fraction | str) -> str:
    """Return a written value in stored units; as it is written where the check will refuse it, or nobody set it yet."""
    text = value if isinstance(value, str) else str(value) if is_set(value) else f"unset {number_text(value)}"
    word, unit = document.word(name), document.unit(name)
    if word is None or word.type == "category" or (unit is not None and unit not in UNITS[word.type]):
        return f"{text} {unit or ''}".strip()
    try:
        return str(stored(word, exact(text), unit))
    except ValueError:
        return text


def differences(old: Policy, new: Policy) -> list[tuple[str, str | None, str | None]]:
    """Return each place where two documents differ: its path, the old value and the new one, None where there is none.

    Indicators, dimensions, rules and interpretations are named by their id, not by their place:
    ``dimensions.HC.indicators.A2.ladder.cuts.2``.
    """
    before, after = _flat(json.loads(canonical(old))), _flat(json.loads(canonical(new)))
    paths = [*before, *(path for path in after if path not in before)]
    return [(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = [(_name(item, index), item) for index, item in enumerate(value)]
    else:
        return {path: str(value)}
    flat: dict[str, str] = {}
    for name, item in parts:
        flat |= _flat(item, f"{path}.{name}" if path else str(name))
    return flat


def _name(item: Any, index: int) -> str:
    return str(item.get("id", index)) if isinstance(item, dict) else str(index)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
