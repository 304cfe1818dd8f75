"""What differs between two versions of a policy: their text, their structure in sentences, and the number that follows."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from policies.difference_sentences import Place, is_condition, sentence
from policies.document import Card, Policy
from policies.exact import UNITS, decimal_text, exact, percent, unit_of
from policies.refusal import Refusal
from policies.structure import used_words
from policies.version import canonical, semantic_hash

Step = Literal["major", "minor", "patch"]
FIRST = "1.0.0"
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})", re.ASCII)
# Parts that are told as a whole.
_WHOLE = {"cases", "title", "source", "missing", "not_applicable", "effect"}
# Lists whose places have a meaning of their own, as long as they are equally long.
_PLACED = {"cuts", "points"}
# Parts that decide nothing stand at the end.
_LAST = ("id", "title", "source", "interpretations", "cases")
_COMPARISONS = ("ge", "gt", "le", "lt", "eq", "in")


@dataclass(frozen=True)
class Difference:
    """One place where two documents differ: its path, both values (None where there is none), and it in words."""

    path: str
    old: str | None
    new: str | None
    zh: str
    en: str


def text_difference(old: str, new: str, old_name: str = "old", new_name: str = "new") -> str:
    """Return the unified difference of two texts, empty when they are the same."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def structure_differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Return where two documents differ, in words; labels, sources and cases come last.

    These are the places of ``version.differences``, gathered to what a reader calls one change, and beside them what has
    moved: an indicator to another dimension, a rule to another place, a cut by a change of its unit.
    """
    before, after = _tree(old), _tree(new)
    lost, came = before.pop("parts", {}), after.pop("parts", {})
    places = [*_moves(before, after), *_places(before, after, ())]
    places.sort(key=lambda place: place.path[0] in _LAST)
    told = [
        Difference(".".join(map(str, place.path)), _plain(place.old), _plain(place.new), *sentence(place))
        for place in places
    ]
    for name in dict.fromkeys([*lost, *came]):
        if name in lost and name in came and old.views[name].kind == new.views[name].kind:
            told += [_in_part(name, inner) for inner in structure_differences(_alone(old, name), _alone(new, name))]
        else:
            told.append(_part_changed(name, lost.get(name), came.get(name)))
    return tuple(told)


def _alone(document: Policy, name: str) -> Policy:
    return document.views[name].model_copy(update={"parts": {}})


def _in_part(name: str, inner: Difference) -> Difference:
    return replace(inner, path=f"parts.{name}.{inner.path}", zh=f"{name}:{inner.zh}", en=f"{name}: {inner.en}")


def _part_changed(name: str, old: Any, new: Any) -> Difference:
    zh, en = ("替换", "replaced") if old and new else ("新增", "added") if new else ("删除", "removed")
    return Difference(f"parts.{name}", _plain(old), _plain(new), f"{zh}组成政策 {name}", f"part {name} {en}")


def step(old: Policy, new: Policy) -> Step:
    """Return how far a version is from the one before.

    ``major`` when a tier, a scale or an input goes or changes its order: whoever reads results must know.  A scale is
    whether there is a total, and out of how many points each input is scored.  ``minor`` when a result can change
    otherwise (the semantic hash), ``patch`` when none can.
    """
    if (
        old.kind != new.kind
        or not _kept(old.tiers.order, new.tiers.order)
        or not _kept(old.tiers.outside, new.tiers.outside)
    ):
        return "major"
    if not _kept(tuple(used_words(old)), tuple(used_words(new))) or not _same_scales(old, new):
        return "major"
    return "patch" if semantic_hash(old) == semantic_hash(new) else "minor"


def next_version(old: Policy | None, new: Policy, number: str | None) -> str:
    """Return the number of ``new`` after ``old``, whose number is ``number``; ``1.0.0`` for the first.

    Raises Refusal for a number that is not like 1.2.3.
    """
    if old is None or number is None:
        return FIRST
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise Refusal(f"{number!r} is not a version number; write three whole numbers, such as 1.2.3.", code="invalid")
    major, minor, patch = map(int, found.groups())
    return {"major": f"{major + 1}.0.0", "minor": f"{major}.{minor + 1}.0", "patch": f"{major}.{minor}.{patch + 1}"}[
        step(old, new)
    ]


def _kept(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Say whether everything old is still there and in its order."""
    return old == tuple(name for name in new if name in old)


def _same_scales(old: Policy, new: Policy) -> bool:
    if not isinstance(old, Card) or not isinstance(new, Card):
        return True
    before, after = (
        {(part.input, index): part.out_of for index, part in _numbered(document)} for document in (old, new)
    )
    return all(after.get(key) == out_of for key, out_of in before.items())


def _numbered(document: Card) -> Iterator[tuple[int, Any]]:
    """Yield the indicators with how often their input stood before: an input may be scored twice."""
    seen: dict[str, int] = {}
    for _, indicator, _ in document.indicators:
        seen[indicator.input] = seen.get(indicator.input, 0) + 1
        yield seen[indicator.input], indicator


def _tree(document: Policy) -> dict[str, Any]:
    """Return the canonical form with every value of an input written with its unit: ``50 万元``."""
    tree: dict[str, Any] = json.loads(canonical(document))
    return {key: value if key == "cases" else _with_units(value, document) for key, value in tree.items()}


def _with_units(value: Any, document: Policy) -> Any:
    if isinstance(value, list):
        return [_with_units(item, document) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _with_units(item, document) for key, item in value.items()}
    word = found.get("input")
    if not isinstance(word, str):
        return found
    for key in _COMPARISONS:
        if key in found:
            found[key] = _unit_text(found[key], word, document)
    if isinstance(ladder := found.get("ladder"), dict) and "cuts" in ladder:
        found["ladder"] = {**ladder, "cuts": _unit_text(ladder["cuts"], word, document)}
    return found


def _unit_text(value: Any, name: str, document: Policy) -> Any:
    if isinstance(value, list):
        return [_unit_text(item, name, document) for item in value]
    word, unit = document.word(name), document.unit(name)
    try:
        number = exact(value)
    except ValueError:
        return value
    if word is None or word.type == "category":
        return value
    if unit is not None and unit not in UNITS[word.type]:
        return f"{decimal_text(number)} {unit}"
    if word.type == "ratio":
        return percent(number)
    return f"{decimal_text(number)} {unit_of(word, unit)}".strip()


def _moves(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Place]:
    """Yield the indicators that stand in another dimension now, and put them there in ``before``."""
    old, new = (
        {
            part["id"]: (dimension, part)
            for dimension in tree.get("dimensions", ())
            for part in dimension.get("indicators", ())
        }
        for tree in (before, after)
    )
    yield from _new_homes(before, after, old)
    homes = {dimension["id"]: dimension for dimension in before.get("dimensions", ())}
    for name, (home, _) in new.items():
        if name not in old or home["id"] not in homes or old[name][0]["id"] == home["id"]:
            continue
        dimension, part = old[name]
        dimension["indicators"] = [other for other in dimension["indicators"] if other["id"] != name]
        homes[home["id"]]["indicators"].insert([other["id"] for other in home["indicators"]].index(name), part)
        yield Place(("dimensions", home["id"], "indicators", name, "dimension"), dimension["id"], home["id"])


def _new_homes(before: dict[str, Any], after: dict[str, Any], old: Mapping[str, Any]) -> Iterator[Place]:
    """Yield the dimensions that are new and take over indicators, and put each, empty, in its place in ``before``."""
    known = {dimension["id"] for dimension in before.get("dimensions", ())}
    for place, home in enumerate(after.get("dimensions", ())):
        if home["id"] not in known and any(part["id"] in old for part in home.get("indicators", ())):
            before["dimensions"].insert(place, {**home, "indicators": []})
            yield Place(("dimensions", home["id"]), None, {**home, "indicators": []})


def _places(old: Any, new: Any, path: tuple[str | int, ...]) -> Iterator[Place]:
    """Yield the smallest places that differ and have a meaning of their own."""
    if old == new:
        return
    last = path[-1] if path else None
    if old is None or new is None:
        empty = _nothing_of(old if new is None else new)
        old, new = (empty if value is None else value for value in (old, new))
    whole = last in _WHOLE or is_condition(old) or is_condition(new)
    if isinstance(old, dict) and isinstance(new, dict) and not whole:
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _places(old.get(key), new.get(key), (*path, key))
    elif _named(old) and _named(new):
        before, after = ({item["id"]: item for item in items} for items in (old, new))
        kept = [name for name in before if name in after]
        order = [name for name in after if name in before]
        if kept != order:
            yield Place((*path, "order"), kept, order)
        for name in [*after, *(name for name in before if name not in after)]:
            yield from _places(before.get(name), after.get(name), (*path, name))
    elif last in _PLACED and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _places(one, other, (*path, index))
    else:
        yield Place(path, old, new)


def _nothing_of(value: Any) -> list[Any] | dict[str, Any] | None:
    """Return the empty list or mapping that a collection of parts came from; None for what is one part."""
    if _named(value):
        return []
    parts = (
        isinstance(value, dict) and not is_condition(value) and all(isinstance(item, dict) for item in value.values())
    )
    return {} if parts else None


def _named(value: Any) -> bool:
    """Say whether a value is a list of parts with an id of their own; a draft may have two with the same."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) and "id" in item for item in value):
        return False
    return len({item["id"] for item in value}) == len(value)


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
