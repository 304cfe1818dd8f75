"""YAML or JSON text to plain values that remember their lines; aliases, tags, duplicate keys and bombs are refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from policies.refusal import Refusal

MOST_BYTES = 512 * 1024
MOST_NODES = 20_000
MOST_DEPTH = 20
_ESCAPE = re.compile(r"\\U([0-9A-Fa-f]{8})")

Path = tuple[str | int, ...]
Value = None | bool | str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document: where, what, the value written there and the nearest valid key."""

    line: int
    path: str
    message: str
    value: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        return f"line {self.line}, {self.path or 'document'}: {self.message}"


class DocumentError(Refusal):
    """A document that cannot be read; ``problems`` lists every fault with its line."""

    code = "policy_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        shown = "; ".join(str(problem) for problem in self.problems[:5])
        more = f"; and {len(self.problems) - 5} more" if len(self.problems) > 5 else ""
        super().__init__(f"The policy document has {len(problems)} fault(s): {shown}{more}.")


@dataclass(frozen=True)
class Reading:
    """What a text holds: plain values, and for every path its line and, for a scalar, the text written there."""

    values: Value = field(default=None, compare=False)
    lines: dict[Path, int] = field(default_factory=dict, compare=False)
    texts: dict[Path, str] = field(default_factory=dict, compare=False)

    def line(self, path: Path) -> int:
        """Return the line of a path, or of the nearest thing around it; 0 when the document came from no text."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0

    def under(self, path: Path) -> Reading:
        """Return what lies under a path, by the paths inside it."""
        length = len(path)

        def inside(found: dict[Path, Any]) -> dict[Path, Any]:
            return {key[length:]: value for key, value in found.items() if key[:length] == path}

        return Reading(None, inside(self.lines), inside(self.texts))


def path_text(path: Path) -> str:
    """Return a path as a reader writes it: ``dimensions[0].indicators[2].weight``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(text: str) -> Reading:
    """Read one YAML or JSON document.

    Every scalar stays text except ``null``, ``true`` and ``false``: a number is read where a number is expected, so that
    no float, octal or sexagesimal ever appears.  Raises DocumentError.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise DocumentError([Problem(1, "", f"{size:,} bytes are more than the {MOST_BYTES:,} a policy may have")])
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, YAML may not
    try:
        return _Reader(text).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise DocumentError([Problem(mark.line + 1 if mark else 1, "", f"this is not YAML: {what}")]) from None
    except (ValueError, OverflowError):  # PyYAML's own, of "\\UFFFFFFFF": chr() of what is no character
        raise DocumentError([Problem(_beyond(text), "", "this is not YAML: \\U names no character")]) from None


def _beyond(text: str) -> int:
    """Return the line of the first escape beyond the last character, U+10FFFF."""
    wrong = (match for match in _ESCAPE.finditer(text) if int(match[1], 16) > sys.maxunicode)
    return next((text.count("\n", 0, match.start()) + 1 for match in wrong), 1)


class _Reader:
    """Builds the values of one document from the parser's events, which know their lines."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[yaml.Event] = yaml.parse(text.lstrip("\ufeff"), Loader=yaml.SafeLoader)
        self.lines: dict[Path, int] = {}
        self.texts: dict[Path, str] = {}
        self.nodes = 0

    def document(self) -> Reading:
        self._skip(yaml.StreamStartEvent)
        first = next(self.events)
        if isinstance(first, yaml.StreamEndEvent):
            raise DocumentError([Problem(1, "", "the document is empty; begin with kind: scorecard or kind: rules")])
        values = self._value(next(self.events), ())
        self._skip(yaml.DocumentEndEvent)
        last = next(self.events)
        if not isinstance(last, yaml.StreamEndEvent):
            raise self._refuse(last, (), "a second document begins here; write one policy per file")
        return Reading(values, self.lines, self.texts)

    def _skip(self, kind: type[yaml.Event]) -> None:
        event = next(self.events)
        assert isinstance(event, kind), event

    def _refuse(self, event: yaml.Event, path: Path, message: str) -> DocumentError:
        return DocumentError([Problem(_line(event), path_text(path), message)])

    def _value(self, event: yaml.Event, path: Path) -> Value:
        self.nodes += 1
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._refuse(event, path, "anchors and aliases (& and *) are not allowed; write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise self._refuse(event, path, f"the tag {tag} is not allowed; write a plain value")
        if self.nodes > MOST_NODES:
            raise self._refuse(event, path, f"more than {MOST_NODES:,} values; a policy is smaller than that")
        if len(path) > MOST_DEPTH:
            raise self._refuse(event, (), f"nested deeper than {MOST_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Value:
        text = str(event.value)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self._refuse(event, path, "half of a surrogate pair is not a character; write the character itself")
        self.texts[path] = text
        if event.implicit[0]:
            if text in ("", "~", "null"):
                return None
            if text in ("true", "false"):
                return text == "true"
        return text

    def _sequence(self, path: Path) -> list[Value]:
        items: list[Value] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Value]:
        items: dict[str, Value] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
                raise self._refuse(event, path, "a key must be a plain word")
            key = str(event.value)
            if key in items:
                first = self.lines[(*path, key)]
                raise self._refuse(event, (*path, key), f"the key {key!r} stands here twice, first on line {first}")
            self.lines[(*path, key)] = _line(event)
            items[key] = self._value(next(self.events), (*path, key))
        return items


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1
