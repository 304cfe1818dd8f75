"""A policy's text, file or shipped name to its document, with every fault, its line and the nearest valid key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from policies.document import KINDS, Policy
from policies.documents import shipped, sources
from policies.exact import quoted
from policies.interval import spread
from policies.reading import DocumentError, Path, Problem, Reading, Value, path_text, read
from policies.refusal import Refusal
from policies.values import parameter_values

PART_KINDS = "scorecard, rules"
_WANTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "text",
}


class UnknownPolicy(Refusal):
    """A policy that is not shipped under that name."""

    code = "not_found"


def load(source: str | FilePath) -> Policy:
    """Return a shipped policy by its id (``sabcd-weighted``), or the policy in a file.

    Raises UnknownPolicy for a name nobody ships, DocumentError for a document that cannot be read.
    """
    if isinstance(source, FilePath):
        return read_file(source)
    known = shipped() | sources()
    if source in known:
        return read_file(known[source])
    if source.endswith((".yaml", ".yml", ".json")) or FilePath(source).is_file():
        return read_file(FilePath(source))
    nearest = difflib.get_close_matches(source, known, 1)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise UnknownPolicy(
        f"No policy {source!r} is shipped; {hint}known: {', '.join(known)}. A file is named by its path."
    )


@lru_cache(16)  # a version's text is read again by each step of its life, and takes a twentieth of a second
def parse(text: str) -> Policy:
    """Read a policy from YAML or JSON text; raises DocumentError with every fault, its line and the nearest valid key.

    The same text gives the same frozen object.
    """
    return _document(read(text))


def from_values(values: dict[str, Value]) -> Policy:
    """Read a policy from plain values as its text holds them (``writing.values_of``); faults name no line."""
    return _document(Reading(values, {}, dict(_texts(values, ()))))


def _texts(value: Value, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every scalar that is text, with its path."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in parts:
        yield from _texts(item, (*path, key))
    if isinstance(value, str):
        yield path, value


def _document(reading: Reading) -> Policy:
    values = reading.values
    if not isinstance(values, dict):
        raise DocumentError([Problem(1, "", "a policy is a mapping; begin with kind: scorecard, rules or ranking")])
    kind = values.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        nearest = next(iter(difflib.get_close_matches(str(kind), KINDS, 1)), None)
        said = "the key kind is missing" if "kind" not in values else f"kind {kind!r} is not known"
        message = f"{said}; write one of {', '.join(KINDS)}" + (f" (did you mean {nearest}?)" if nearest else "")
        raise DocumentError([Problem(reading.line(("kind",)), "kind", message, str(kind), nearest)])
    try:
        context = {"parameters": parameter_values(values.get("parameters"))}
        document = model.model_validate(spread(reading), context=context)
    except ValidationError as error:
        raise DocumentError([_problem(model, reading, details) for details in _own(error.errors())]) from None
    document._reading = reading
    return document


def read_file(path: FilePath) -> Policy:
    """Read a policy from a UTF-8 file; raises DocumentError, with the file's name when it cannot be opened."""
    try:
        return parse(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = Problem(1, "", f"byte {error.start} of {path} is not UTF-8; save the file as UTF-8")
        raise DocumentError([problem]) from None
    except OSError as error:
        raise DocumentError([Problem(0, "", f"cannot read {path}: {error.strerror}")]) from None


def _own(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the faults without those that only follow from another: a list that is short because its entries are wrong."""
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if fault["type"] != "too_short" or not any(_below(place, fault["loc"]) for place in places)
    ]


def _below(place: tuple[int | str, ...], above: tuple[int | str, ...]) -> bool:
    return len(place) > len(above) and place[: len(above)] == above


def _problem(model: type[BaseModel], reading: Reading, details: ErrorDetails) -> Problem:
    path: Path = tuple(part for part in details["loc"] if part != "[key]")
    start: Path = ()
    if (
        path[:1] == ("parts",) and len(path) > 2 and path[2] in KINDS
    ):  # pydantic names the kind between a part and its keys
        model, start, path = KINDS[str(path[2])], path[:2], (*path[:2], *path[3:])
    line, shown = reading.line(path), path_text(path)
    value = reading.texts.get(path)
    context = details.get("ctx", {})
    if details["type"] == "extra_forbidden":
        known = known_keys(model, path[len(start) : -1])
        key = str(path[-1])
        nearest = next(iter(difflib.get_close_matches(key, known, 1, 0.5)), None)
        hint = f"did you mean {nearest}? " if nearest else ""
        return Problem(line, shown, f"unknown key {key!r}; {hint}known here: {', '.join(known)}", key, nearest)
    if details["type"] == "missing":
        return Problem(line, shown, f"the key {path[-1]!r} is missing; add it")
    if details["type"].startswith("union_tag"):
        found = reading.texts.get((*path, "kind"))
        message = f"the part has {'no kind' if found is None else f'the kind {found!r}'}; write one of {PART_KINDS}"
    elif details["type"] == "literal_error":
        message = f"{value!r} is not known here; write {context['expected']}"
    elif details["type"] == "value_error":
        message = str(context["error"])
    elif details["type"] in _WANTED:
        known = known_keys(model, path[len(start) :])
        message = f"write {_WANTED[details['type']]}{' of ' + ', '.join(known) if known else ''}, not {quoted(details['input'])}"
    elif details["type"] in ("too_short", "too_long"):
        least = details["type"] == "too_short"
        most = context["min_length" if least else "max_length"]
        message = f"{'at least' if least else 'at most'} {most} must stand here, not {context['actual_length']}"
    else:
        message = (
            details["msg"][0].lower() + details["msg"][1:] + (f", not {quoted(value)}" if value is not None else "")
        )
    return Problem(line, shown, message, value)


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that are known at a path of a model."""
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
            here = fields.get(str(part))
        else:
            here = _inside(here)[-1]
        here = next((kind for kind in _inside(here) if kind is not type(None)), here) if _optional(here) else here
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _inside(annotation: Any) -> tuple[Any, ...]:
    arguments = tuple(kind for kind in getattr(annotation, "__args__", ()) if kind is not Ellipsis)
    return arguments or (annotation,)


def _optional(annotation: Any) -> bool:
    return type(None) in cast(tuple[Any, ...], getattr(annotation, "__args__", ()))
