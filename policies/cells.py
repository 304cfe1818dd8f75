"""The cells of a file of facts: the SQL that reads each exactly into its stored integer, and why one is refused.

A number in text is ASCII digits with at most as many decimals as the fact keeps; a float must be exactly what it stands for.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Literal

from policies.exact import INT64_LEAST
from policies.states import WRITTEN, stored_state
from policies.vocabulary import Word

Units = Literal["stored", "written"]
TEXT = "VARCHAR"
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
LARGE = ("UBIGINT", "HUGEINT", "UHUGEINT")
_FLOATS = ("FLOAT", "DOUBLE")
# Above 2^53 neighbouring whole numbers are the same float.
_MOST_FLOAT = 2**53
_PLAIN = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


def _places(word: Word, units: Units) -> int:
    """Return how many decimals a number of the word may have in the file: 2 for yuan, 4 for a ratio, 0 for stored integers."""
    return len(str(word.scale)) - 1 if units == "written" else 0


def cell(word: Word, kind: str, units: Units) -> tuple[str, str | None]:
    """Return the SQL of the stored fact of a cell, and of whether the cell is refused (None: never).

    Text may say that a fact is not applicable or pending; stored integers may be the two that mean it.
    """
    value, refused = _value(word, kind, units)
    if units == "written" and _places(word, units):
        refused = refused and f"({refused} or {value} < {INT64_LEAST})"
    if kind != TEXT:
        return value, refused
    said = " ".join(f"when '{text}' then {_literal(stored_state(text, bool(word.values)))}" for text in WRITTEN)
    named = f"trim({word.name}) not in ({', '.join(map(repr, WRITTEN))})"
    return f"case trim({word.name}) {said} else {value} end", refused and f"{named} and {refused}"


def _literal(stored: int | str | None) -> str:
    return repr(stored) if isinstance(stored, str) else f"cast({stored} as bigint)"


def _value(word: Word, kind: str, units: Units) -> tuple[str, str | None]:
    """Return the SQL of the stored value of a cell that has one, and of whether the cell is refused (None: never)."""
    x, places = word.name, _places(word, units)
    if word.values:
        return (f"nullif(trim({x}), '')", None) if kind == TEXT else ("cast(null as varchar)", f"{x} is not null")
    if kind in WHOLE and places == 0:
        return f"cast({x} as bigint)", None
    if kind in (*WHOLE, *LARGE):
        value = f"try_cast(cast(try_cast({x} as bigint) as hugeint) * {10**places} as bigint)"
        return value, f"{x} is not null and {value} is null"
    if kind in _FLOATS:
        # x is m / 2^k, so x * 10^places is whole just when x * 2^places is, and that product is exact.
        scaled = f"(cast({x} as double) * {2**places})"
        sure = f"abs({x}) <= {_MOST_FLOAT} and {scaled} = trunc({scaled})"
        value = f"case when {sure} then try_cast(try_cast({scaled} as hugeint) * {5**places} as bigint) end"
        return value, f"{x} is not null and not isnan({x}) and {value} is null"
    if kind == TEXT and units == "written" and word.type == "ratio":
        percent = _digits(f"replace(trim({x}), '%', '')", places - 2)
        plain = _digits(f"trim({x})", places)
        value = f"case when regexp_full_match(trim({x}), '[^%]+%') then {percent} else {plain} end"
        return value, f"trim({x}) <> '' and {value} is null"
    if kind == TEXT or kind.startswith("DECIMAL"):
        value = _digits(f"trim(cast({x} as varchar))", places)
        return value, f"trim(cast({x} as varchar)) <> '' and {value} is null"
    return "cast(null as bigint)", f"{x} is not null"


def _digits(text: str, places: int) -> str:
    """Return the SQL that shifts the decimals of a plain number into an integer; NULL where it is none or too fine."""
    rest = f"rtrim(split_part({text}, '.', 2), '0')"
    whole = f"try_cast(split_part({text}, '.', 1) || rpad({rest}, {places}, '0') as bigint)"
    return f"case when regexp_full_match({text}, '{_PLAIN.pattern}') and length({rest}) <= {places} then {whole} end"


def fault(word: Word, value: Any, units: Units) -> str:
    """Return why a cell is refused, and the cure."""
    shown = repr(value) if isinstance(value, str) else str(value)
    places = _places(word, units)
    if word.values:
        return f"{shown} is no text; write one of {', '.join(word.values)}"
    if isinstance(value, float):
        return f"the float {shown} is not exactly a whole number of {_unit(word)}; write integers, decimals, or text in CSV"
    text = shown.strip("'\" ") if isinstance(value, str) else shown
    plain = unicodedata.normalize("NFKC", text)
    if plain != text and _PLAIN.fullmatch(plain.removesuffix("%")):
        return f"{shown} has characters that are not ASCII; write {plain}"
    if text.endswith("%") and _PLAIN.fullmatch(text[:-1]):
        if word.type == "ratio" and units == "written":
            return f"{shown} is finer than {_unit(word)}"
        cure = "pass --units written, or write basis points" if word.type == "ratio" else "write a plain number"
        return f"{shown} has a % sign; {cure}"
    if isinstance(value, bool) or not _PLAIN.fullmatch(text):
        return (
            f"{shown} is not a number; write ASCII digits such as 1234, 待确认 where an answer is awaited, 不适用 where "
            "there cannot be one, and leave the cell empty where nothing is known"
        )
    if len(text.partition(".")[2].rstrip("0")) > places:
        cure = "" if units == "written" else "; pass --units written for yuan, ratios and scores"
        return f"{shown} is not a whole number of {_unit(word)}{cure}"
    return f"{shown} is outside the 64-bit integers in which {word.name} is kept"


def _unit(word: Word) -> str:
    return {"money": "fen", "ratio": "basis points", "score": "hundredths", "rating": "points"}.get(
        word.type, word.type
    )
