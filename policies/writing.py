"""A policy's plain values back to YAML text, keys in their order; comments are not among them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import yaml

from policies.document import Policy
from policies.reading import Value, read
from policies.version import canonical

# What stands on one line, in characters.
_LINE = 110
# Text that the reader takes for something else unless it is quoted.
_WORDS = {"", "~", "null", "true", "false"}


def values_of(document: Policy) -> dict[str, Value]:
    """Return a document's plain values as its text holds them, ``15%`` as ``15%``; a copy that the caller may change.

    A document that came from no text gives its canonical form, with ``15%`` as ``3/20``.
    """
    values = document._reading.values
    found = copy.deepcopy(values) if isinstance(values, dict) else read(canonical(document)).values
    assert isinstance(found, dict)  # every policy is a mapping
    return found


def to_yaml(values: Value) -> str:
    """Return plain values as YAML; ``loading.parse`` of it gives the document that the values describe.

    Short mappings and lists stand on one line, as in the shipped documents.
    """
    stream = (yaml.StreamStartEvent(), yaml.DocumentStartEvent(), *_events(values, 0), yaml.DocumentEndEvent())
    text = yaml.emit((*stream, yaml.StreamEndEvent()), allow_unicode=True, width=_LINE + 20)
    return str(text)


def _events(value: Value, depth: int) -> Iterator[yaml.Event]:
    flow = depth > 0 and _fits(value, depth)
    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, True, flow_style=flow)
        for key, item in value.items():
            yield from _events(key, depth + 1)
            yield from _events(item, depth + 1)
        yield yaml.MappingEndEvent()
    elif isinstance(value, list):
        yield yaml.SequenceStartEvent(None, None, True, flow_style=flow)
        for item in value:
            yield from _events(item, depth + 1)
        yield yaml.SequenceEndEvent()
    else:
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
        plain = not isinstance(value, str) or value not in _WORDS
        yield yaml.ScalarEvent(None, None, (plain, True), text)


def _fits(value: Value, depth: int) -> bool:
    """Say whether a part is short enough for one line, and no list of parts with a name of their own."""
    if isinstance(value, list) and any(isinstance(item, dict) and "id" in item for item in value):
        return False
    return 2 * depth + len(_flat(value)) <= _LINE


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace('"', "")
