"""Intervals as sources write them (20-50, [20, 50), 90以上, 70以上不满90), read exactly, and where a table of them has seams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from policies.exact import exact
from policies.reading import Path, Reading, Value

# A place on the number line: just before a number (0) or just after it (1).
Position = tuple[Fraction, int]
SharedEdge = Literal["upper", "lower"]

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?%?"
_CLOSED = re.compile(rf"({_NUMBER})\s*(?:-|–|—|~|～|至|到)\s*({_NUMBER})")
_BRACKETS = re.compile(rf"([\[(])\s*({_NUMBER})\s*,\s*({_NUMBER})\s*([\])])")
# 以上, 以下 and 以内 include the number, 不满 and 超过 do not (Civil Code, article 1259).
_PREFIXES = {
    ">=": "ge", "≥": "ge", "不低于": "ge", "不少于": "ge", "至少": "ge",
    "<=": "le", "≤": "le", "不超过": "le", "不高于": "le", "不多于": "le", "至多": "le",
    ">": "gt", "超过": "gt", "高于": "gt", "大于": "gt", "多于": "gt",
    "<": "lt", "不满": "lt", "低于": "lt", "不足": "lt", "少于": "lt", "小于": "lt",
}  # fmt: skip
_SUFFIXES = {"以上": "ge", "及以上": "ge", "以下": "le", "及以下": "le", "以内": "le"}
_SIDE = re.compile(rf"\s*(?:({'|'.join(_PREFIXES)})\s*({_NUMBER})|({_NUMBER})\s*({'|'.join(_SUFFIXES)}))\s*[,且]?")
_PLAIN = str.maketrans("（）［］，＜＞＝％", "()[],<>=%")
HOW = "write 20-50 (both included), [20, 50), >=90, <40, 90以上, 不满40 or 70以上不满90"


@dataclass(frozen=True)
class Interval:
    """A range of numbers as it is written: either end None where there is none, and whether each belongs to it."""

    text: str
    low: Fraction | None = None
    low_in: bool = True
    high: Fraction | None = None
    high_in: bool = True

    @property
    def comparisons(self) -> tuple[tuple[str, str], ...]:
        """Return the interval as one or two comparisons, each with its number as it is written."""
        return _comparisons(self.text)

    def span(self, least: Position, most: Position) -> tuple[Position, Position]:
        """Return where it begins and ends on the number line between two places."""
        start = least if self.low is None else (self.low, 0 if self.low_in else 1)
        end = most if self.high is None else (self.high, 1 if self.high_in else 0)
        return max(start, least), min(end, most)

    def stored(self, scale: int, least: int, most: int) -> tuple[Position, Position]:
        """Return where it begins and ends among whole numbers of 1/scale, so that 1-2 and 3-5 touch."""
        first, end = least, most + 1
        if self.low is not None:
            first = ceil(self.low * scale) if self.low_in else floor(self.low * scale) + 1
        if self.high is not None:
            end = floor(self.high * scale) + 1 if self.high_in else ceil(self.high * scale)
        return (Fraction(max(first, least)), 0), (Fraction(min(end, most + 1)), 0)


@dataclass(frozen=True)
class Seam:
    """A place where a table leaves a gap, or where two of its intervals overlap; ``rows`` are the intervals beside it."""

    kind: Literal["gap", "overlap"]
    start: Position
    end: Position
    rows: tuple[int, ...]


def interval(text: str) -> Interval:
    """Read an interval exactly; ValueError for anything else, and for one that holds no number."""
    limits = dict(_comparisons(text))
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    found = Interval(
        text, None if low is None else exact(low), "ge" in limits, None if high is None else exact(high), "le" in limits
    )
    if found.low is not None and found.high is not None:
        empty = found.low > found.high or (found.low == found.high and not (found.low_in and found.high_in))
        if empty:
            hint = "; write % at both ends" if str(high).endswith("%") != str(low).endswith("%") else ""
            raise ValueError(f"{text!r} holds no number: {low} does not lie below {high}{hint}")
    return found


def interval_text(value: object) -> str:
    """Return the text of an interval as it is written; ValueError when it is none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return interval(text).text


def _comparisons(text: str) -> tuple[tuple[str, str], ...]:
    plain = text.translate(_PLAIN).strip()
    if re.fullmatch(_NUMBER, plain):
        return (("ge", plain), ("le", plain))
    if found := _CLOSED.fullmatch(plain):
        return (("ge", found[1]), ("le", found[2]))
    if found := _BRACKETS.fullmatch(plain):
        return (("ge" if found[1] == "[" else "gt", found[2]), ("le" if found[4] == "]" else "lt", found[3]))
    sides, place = [], 0
    while side := _SIDE.match(plain, place):
        sides.append((_PREFIXES[side[1]], side[2]) if side[1] else (_SUFFIXES[side[4]], side[3]))
        place = side.end()
    if place != len(plain) or len({operator[0] for operator, _ in sides}) != len(sides) or not sides:
        raise ValueError(f"{text!r} is not an interval; {HOW}")
    return tuple(sorted(sides))


def spread(reading: Reading) -> Value:
    """Return a document's plain values with each ``{input, within}`` and ``{dimension, within}`` as its comparisons, which keep line and text.

    What is no interval stays, for the model of conditions to refuse.
    """
    return _spread(reading, reading.values, (), ())


def _spread(reading: Reading, value: Value, old: Path, new: Path) -> Value:
    """Return a value that stands at ``old`` in the text and at ``new`` in the result."""
    if isinstance(value, list):
        return [_spread(reading, item, (*old, i), (*new, i)) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    written = value.get("within")
    whose = "input" if "input" in value else "dimension"
    if set(value) != {whose, "within"} or not isinstance(written, str):
        return {key: _spread(reading, item, (*old, key), (*new, key)) for key, item in value.items()}
    try:
        limits = interval(written).comparisons
    except ValueError:
        return value
    parts: list[Value] = []
    for index, (operator, number) in enumerate(limits):
        place: Path = (*new, "all", index) if len(limits) > 1 else new
        reading.lines[(*place, operator)] = reading.line((*old, "within"))
        reading.texts[(*place, operator)] = number
        parts.append({whose: value[whose], operator: number})
    return {"all": parts} if len(limits) > 1 else parts[0]


def settled(rows: Sequence[Interval], shared_edge: SharedEdge | None) -> list[Interval]:
    """Return intervals with each edge that two of them include given to the upper or the lower one, where that is said."""
    if shared_edge is None:
        return list(rows)
    lows = {row.low for row in rows if row.low_in and row.low != row.high}
    highs = {row.high for row in rows if row.high_in and row.low != row.high}
    if shared_edge == "upper":
        return [replace(row, high_in=row.high_in and row.high not in lows) for row in rows]
    return [replace(row, low_in=row.low_in and row.low not in highs) for row in rows]


def seams(spans: Iterable[tuple[Position, Position]], least: Position, most: Position) -> list[Seam]:
    """Return the gaps and overlaps of intervals between two places, from the lowest up; none is a complete table."""
    found: list[Seam] = []
    reached = least
    last: tuple[int, ...] = ()
    for start, end, index in sorted((start, end, index) for index, (start, end) in enumerate(spans)):
        if start >= end:
            continue  # outside of what there is
        row: tuple[int, ...] = (index,)
        if start > reached:
            found.append(Seam("gap", reached, start, (*last, *row)))
        elif start < reached and last:
            found.append(Seam("overlap", start, min(reached, end), (*last, *row)))
        if end > reached or not last:
            reached, last = max(reached, end), row
    if reached < most:
        found.append(Seam("gap", reached, most, last))
    return found


def roundest(least: Fraction, most: Fraction) -> Fraction:
    """Return the number between two with the fewest digits; among them the one nearest to the middle."""
    middle = (least + most) / 2
    step = Fraction(10) ** 18
    while True:
        below = floor(middle / step) * step
        inside = [number for number in (below, below + step) if least <= number <= most]
        if inside:
            return min(inside, key=lambda number: (abs(number - middle), number))
        step /= 10
