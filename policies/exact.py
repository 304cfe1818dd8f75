"""Exact numbers: text to fractions, written units to stored integers, and both back to what a reader sees."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from policies.vocabulary import Type, Word

# The most characters of a wrong value that a message repeats.
_MOST_QUOTED = 60
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?%?|[+-]?[0-9]{1,30}/[0-9]{1,30}")

# The two integers below are no amounts: policies.states keeps them for what is not applicable or pending.
INT64_LEAST = -(2**63) + 2
INT64_MOST = 2**63 - 1

# How many stored integers one written unit is.  The first unit of a type is the one meant when none is written.
UNITS: dict[Type, dict[str, int]] = {
    "money": {"元": 100, "万元": 1_000_000, "亿元": 10_000_000_000},
    "ratio": {"": 10_000},
    "score": {"分": 100},
    "points": {"分": 100},
    "rating": {"分": 1},
    "count": {"": 1},
    "months": {"月": 1, "年": 12},
    "days": {"天": 1},
    "category": {"": 1},
}
# The least and the most stored value a type can take; None has no bound but int64.
DOMAIN: dict[Type, tuple[int | None, int | None]] = {
    "money": (None, None),
    "ratio": (None, None),
    "score": (100, 500),
    "points": (None, None),
    "rating": (0, 10),
    "count": (0, None),
    "months": (0, None),
    "days": (0, None),
    "category": (None, None),
}


def quoted(value: object) -> str:
    """Return a value as a message shows it: a list or a mapping by its kind, a long text by its beginning."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, str) and len(value) > _MOST_QUOTED:
        return repr(value[:_MOST_QUOTED] + "…")
    return "null" if value is None else repr(value)


def exact(value: object) -> Fraction:
    """Read a number exactly: ``10``, ``0.3``, ``15%``, ``1/3``, an int, a Decimal or a Fraction.

    Raises ValueError for a float, a boolean, an exponent, NaN, infinity or digits that are not ASCII.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if isinstance(value, Decimal) and not value.is_finite():
            raise ValueError(f"{value} is not a number; write digits such as 10, 0.3 or 15%")
        return Fraction(value)
    text = value.strip() if isinstance(value, str) else None
    if text is None or not _NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(value)} is not an exact number; write ASCII digits such as 10, 0.3, 15% or 1/3")
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    if text.partition("/")[2].strip("0") == "" and "/" in text:
        raise ValueError(f"{text!r} divides by zero")
    return Fraction(text)


def unit_of(word: Word, unit: str | None) -> str:
    """Return the written unit of a word: the one the document names, or the first of its type."""
    return unit if unit is not None else next(iter(UNITS[word.type]))


def stored(word: Word, number: Fraction, unit: str | None = None) -> Fraction:
    """Return a written number in stored units; it is whole when the fact can hold it."""
    return number * UNITS[word.type][unit_of(word, unit)]


def written(word: Word, value: int, unit: str | None = None) -> Fraction:
    """Return a stored integer in its written unit."""
    return Fraction(value, UNITS[word.type][unit_of(word, unit)])


def decimal_text(number: Fraction) -> str:
    """Return a fraction as the shortest exact decimal, or as ``a/b`` when it has none."""
    twos = fives = 0
    rest = number.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return str(number)
    places = max(twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def floor_tenth(number: Fraction) -> str:
    """Return a number rounded down to one decimal: what a page shows, never what decides."""
    tenths = floor(number * 10)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def ceil_tenth(number: Fraction) -> str:
    """Return a distance rounded up to one decimal, so that nothing that is still missing is shown as 0.0."""
    return floor_tenth(Fraction(ceil(number * 10), 10))


def percent(number: Fraction) -> str:
    """Return a share as a percentage: 3/20 is ``15%``."""
    return f"{decimal_text(number * 100)}%"


def percent_down(part: int, whole: int) -> str:
    """Return a share in whole percent, rounded down so that only a whole one is ``100%``; ``–`` of nothing."""
    return f"{100 * part // whole}%" if whole else "–"


def shown(word: Word, value: int | str, unit: str | None = None, language: str = "zh") -> str:
    """Return a stored value as a reader writes it, with its unit: ``60万元``, ``85%``, ``4.5``, ``3月``."""
    if isinstance(value, str):
        return value
    if word.type == "ratio":
        return percent(written(word, value))
    if language == "en":
        if word.type == "money":
            return f"{decimal_text(written(word, value))} yuan"
        suffix = {"months": " months", "days": " days"}.get(word.type, "")
        return decimal_text(written(word, value)) + suffix
    name = unit_of(word, unit)
    return decimal_text(written(word, value, unit)) + ("个月" if name == "月" else name)
