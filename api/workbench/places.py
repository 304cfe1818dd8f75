"""Places in a policy's plain values: the names that can stand at each, the way a text takes to one, and values put there."""

from __future__ import annotations

import copy
import difflib
import keyword
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policies.document import KINDS
from policies.exact import percent
from policies.loading import known_keys
from policies.reading import Path, Value
from policies.refusal import Refusal
from policies.vocabulary import VOCABULARY

Values = dict[str, Value]
# Mappings whose keys are tiers.
_BY_TIER = ("cuts", "intervals", "shares", "conditions", "exit")
_BY_WORD = ("inputs", "applies_to")


class NoSuchPlace(Refusal, AttributeError, LookupError):
    """A name that cannot stand at a place of a policy; an AttributeError too, as Python asks of ``__getattr__``."""

    code = "invalid"


def at(values: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for part in path:
        if isinstance(values, dict):
            values = values.get(part)
        else:
            values = values[part] if isinstance(values, list) and isinstance(part, int) else None
    return values


def names(values: Values, path: Path) -> dict[str, Path]:
    """Return every name that can stand under a place, with its path: those there first, then what could be added.

    Dimensions, indicators, gates and rules are named by their id; ``bands`` and ``shares`` are short for
    ``tiers.bands.cuts`` and ``tiers.shares``.
    """
    here = at(values, path)
    if isinstance(here, list):
        named = {str(item["id"]): i for i, item in enumerate(here) if isinstance(item, dict) and "id" in item}
        return {name: (*path, i) for name, i in named.items()}
    if not isinstance(here, dict):
        return {}
    found = {key: (*path, key) for key in [*here, *_could_stand(values, path)]}
    for name, way in _short(here, path):
        found.setdefault(name, (*path, *way))
    return found


def _short(here: Mapping[str, Any], path: Path) -> Iterable[tuple[str, Path]]:
    """Yield the names that spare a step: ids of dimensions in a policy, of indicators in a dimension, and the bands."""
    for key in ("dimensions", "indicators"):
        parts = here.get(key)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict) and "id" in part:
                yield str(part["id"]), (key, index)
    tiers = here.get("tiers")
    if isinstance(tiers, dict) and "kind" in here:
        if isinstance(bands := tiers.get("bands"), dict):
            yield "bands", ("tiers", "bands", "cuts" if "cuts" in bands else "intervals")
        if "shares" in tiers:
            yield "shares", ("tiers", "shares")


def _could_stand(values: Values, path: Path) -> list[str]:
    """Return the keys that the schema knows at a place, or the tiers or words where these are the keys."""
    root, inside = (path[:2], path[2:]) if path[:1] == ("parts",) and len(path) > 1 else ((), path)
    kind = at(values, (*root, "kind"))
    if inside and inside[-1] in _BY_TIER:
        order = at(values, (*root, "tiers", "order"))
        return [str(tier) for tier in order] if isinstance(order, list) else []
    if inside and inside[-1] in _BY_WORD:
        return list(VOCABULARY)
    return known_keys(KINDS[kind], inside) if isinstance(kind, str) and kind in KINDS else []


def step(values: Values, path: Path, name: str | int) -> Path:
    """Return the path of a name or number under a place; NoSuchPlace names the nearest that there is."""
    here = at(values, path)
    if isinstance(here, list) and (isinstance(name, int) or name.lstrip("-").isdecimal()):
        number = int(name)
        if not -len(here) <= number < len(here):
            raise NoSuchPlace(f"{label(values, path)} has {len(here)} values, numbered from 0: there is no [{number}].")
        return (*path, number % len(here))
    known, wanted = names(values, path), str(name)
    if wanted not in known and wanted.endswith("_") and keyword.iskeyword(wanted[:-1]):
        wanted = wanted[:-1]  # in_, is_, not_ and else_, which Python keeps for itself
    if wanted in known:
        return known[wanted]
    where = label(values, path) or "the policy"
    if not known:
        raise NoSuchPlace(f"{where} has no {name!r}: it is {_shown(here)}.")
    nearest = difflib.get_close_matches(wanted, known, 1, 0.5)
    folded = {key.casefold(): key for key in known}
    hint = folded.get(wanted.casefold()) or (nearest[0] if nearest else None)
    listed = ", ".join(list(known)[:25]) + (", …" if len(known) > 25 else "")
    raise NoSuchPlace(f"{where} has no {name!r}; {f'did you mean {hint}? ' if hint else ''}There are {listed}.")


def _shown(here: Any) -> str:
    return "a list without names" if isinstance(here, list) else "not there" if here is None else repr(here)


def find(values: Values, text: str) -> Path:
    """Return the path that a text names, such as ``HC.A2.ladder.cuts.1``, ``bands.S`` or ``gates.dormant.effect.cap``."""
    path: Path = ()
    for name in text.split("."):
        path = step(values, path, name)
    return path


def label(values: Values, path: Path) -> str:
    """Return a path as a reader writes it: ``HC.A2.ladder.cuts[1]``."""
    text = ""
    for length, part in enumerate(path, 1):
        here = at(values, path[:length])
        if isinstance(part, int) and isinstance(here, dict) and "id" in here:
            part = str(here["id"])
        elif part in ("dimensions", "indicators", "tiers") and length < len(path):
            continue  # what stands there is named without them
        elif part in ("cuts", "intervals") and path[:length][-2:-1] == ("bands",):
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def put(values: Values, path: Path, value: Value) -> Values:
    """Return a copy of the values with another value at a path."""
    changed = copy.deepcopy(values)
    here: Any = at(changed, path[:-1])
    here[path[-1]] = value
    return changed


def without(values: Values, path: Path) -> Values:
    """Return a copy of the values without what stands at a path."""
    changed = copy.deepcopy(values)
    here: Any = at(changed, path[:-1])
    del here[path[-1]]
    return changed


def plain(value: object) -> Value:
    """Return a value as a document's text holds it: numbers as exact text; Refusal for a float and what no document has."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Fraction):
        return number_text(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        raise Refusal(
            f'{value!r} is a binary floating-point number, which is not exact; write it as text: "{value!r}" or "18%".',
            code="invalid",
        )
    raise Refusal(
        f"{str(value)[:60]!r} is a {type(value).__name__}, which no document holds; write text, a whole number, a list or a mapping.",
        code="invalid",
    )


def number_text(number: Fraction, share: bool = False) -> str:
    """Return an exact number as a document writes it: a decimal, or ``a/b``; a share as a percentage where it ends."""
    decimal = percent(number) if share else percent(number / 100).removesuffix("%")
    return str(number) if "/" in decimal else decimal
