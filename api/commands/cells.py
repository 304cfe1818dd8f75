"""How the text of one cell becomes a value: the parsers that the table of importable fields names.

Each takes text that is not empty and returns a value or raises ``ValueError`` with a sentence.  A parser that a cell's
text cannot tell from another (a time without zone) takes what it needs when it is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from schema import formats
from schema.reference import industries, regions

Parser = Callable[[str], object]

# What people write for "not known": the value is NULL, never a guess (R1.5).
UNKNOWN = frozenset({"", "待确认", "未知", "不详"})
MOST_MONEY = Decimal(10) ** 12
MOST_COUNT = 2**31 - 1
_OFFSET = re.compile(r":\d\d(?:\.\d+)?\s*(?:Z|z|[+-]\d\d:?\d\d)$")

day: Callable[[str], date] = lru_cache(maxsize=65_536)(formats.parse_date)


def nearest(wanted: str, known: Mapping[str, object] | list[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest known name, or nothing."""
    close = get_close_matches(wanted, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def text(most: int | None) -> Parser:
    """Return a parser of free text of at most ``most`` characters."""

    def parse(value: str) -> str:
        if "\0" in value:
            raise ValueError("holds a NUL character; type the text again")
        if most is not None and len(value) > most:
            raise ValueError(f"{value[:30] + '…'!r} has {len(value)} characters; at most {most} are kept, shorten it")
        return value

    return parse


def company_name(value: str) -> str:
    """Normalise the name of a company; at most 200 characters."""
    return str(text(200)(formats.clean_company_name(value)))


def choice(members: Mapping[str, str]) -> Parser:
    """Return a parser of a named value; ``members`` maps each value to its Chinese names, separated by spaces."""
    accepted = {name: member for member, others in members.items() for name in (member, *others.split())}

    def parse(value: str) -> str:
        found = accepted.get(value) or accepted.get(formats.half_width(value).lower().replace(" ", "_"))
        if found is None:
            shown = ", ".join(f"{member} {others}" for member, others in members.items())
            raise ValueError(f"{value!r} is not one of: {shown}")
        return found

    return parse


def yes_no(value: str) -> bool:
    """Read 是/否, yes/no, true/false, 1/0."""
    plain = formats.half_width(value).lower()
    if plain in ("是", "yes", "y", "true", "1"):
        return True
    if plain in ("否", "no", "n", "false", "0"):
        return False
    raise ValueError(f"{value!r} is neither 是 (yes) nor 否 (no)")


def whole(least: int, most: int) -> Parser:
    """Return a parser of a whole number from ``least`` to ``most``; 1,200 and 1200.0 pass."""

    def parse(value: str) -> int:
        plain = re.sub(r"(\.0+)?$", "", formats.half_width(value).replace(",", ""), count=1)
        if not re.fullmatch(r"[+-]?\d{1,12}", plain, re.ASCII):
            raise ValueError(f"{value!r} is no whole number; write digits only")
        number = int(plain)
        if not least <= number <= most:
            raise ValueError(f"{value!r} is outside {least} to {most}; correct it")
        return number

    return parse


@lru_cache(maxsize=65_536)
def any_money(value: str) -> Decimal:
    """Read an amount of up to 10^12 either way, exact to 4 decimals."""
    amount = formats.parse_money(value)
    if abs(amount) > MOST_MONEY:
        raise ValueError(f"{value!r} is more than {MOST_MONEY:,}; check the unit")
    return amount


@lru_cache(maxsize=65_536)
def money(value: str) -> Decimal:
    """Read an amount from 0 to 10^12, exact to 4 decimals."""
    amount = any_money(value)
    if amount < 0:
        raise ValueError(f"{value!r} is negative; an amount is at least 0, leave a refund out")
    return amount


@lru_cache(maxsize=4096)
def ratio(value: str) -> int:
    """Read a share from 0 to 1 (0.15 or 15%) as basis points, exact to 0.0001."""
    plain = formats.half_width(value)
    percent = plain.endswith("%")
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", plain.removesuffix("%").strip(), re.ASCII):
        raise ValueError(f"{value!r} is no share; write 0.15 or 15%")
    points = Decimal(plain.removesuffix("%").strip()) * (100 if percent else 10_000)
    if points != points.to_integral_value():
        raise ValueError(f"{value!r} has more than four decimals; round it (mapping file: decimals)")
    if points > 10_000:
        raise ValueError(f"{value!r} is more than 1; write 0.15 or 15%")
    return int(points)


def currency(value: str) -> str:
    """Read an ISO 4217 code; 人民币, RMB and ¥ are CNY."""
    plain = formats.half_width(value).upper()
    plain = {"人民币": "CNY", "RMB": "CNY", "¥": "CNY", "元": "CNY", "美元": "USD", "$": "USD"}.get(plain, plain)
    if not re.fullmatch(r"[A-Z]{3}", plain):
        raise ValueError(f"{value!r} is no currency; write its three letters, such as CNY")
    return plain


def industry(value: str) -> str:
    """Read a code of GB/T 4754-2017, such as I65, 65, 651 or 6513; the section's letter before digits is dropped."""
    plain = formats.half_width(value).upper()
    code = plain[1:] if re.fullmatch(r"[A-T]\d{2,4}", plain) else plain
    if code not in _industry_codes():
        raise ValueError(f"{value!r} is no code of GB/T 4754-2017; write one such as 65 or 6513")
    return code


def region(value: str) -> str:
    """Read the code (GB/T 2260, six digits) or the full name of a province or prefecture."""
    plain = formats.half_width(value)
    code = plain if plain in _region_codes() else _region_names().get(plain)
    if code is None:
        raise ValueError(f"{value!r} is no province or prefecture; write its code or name, such as 310000 or 上海市")
    return code


@lru_cache(maxsize=1)
def _industry_codes() -> frozenset[str]:
    return frozenset(row.code for row in industries())


@lru_cache(maxsize=1)
def _region_codes() -> frozenset[str]:
    return frozenset(row.code for row in regions())


@lru_cache(maxsize=1)
def _region_names() -> dict[str, str]:
    return {row.name: row.code for row in regions()}


@lru_cache(maxsize=8)
def moment(zone: ZoneInfo, late: bool = False) -> Callable[[str], datetime]:
    """Return a parser of a date and time, taken in ``zone`` where it names no offset of its own.

    A day alone is its first instant, or its last where ``late`` says so.
    """

    def parse(value: str) -> datetime:
        if ":" not in value and "：" not in value:
            return (day_end if late else day_begin)(day(value), zone)
        found = formats.parse_timestamp(value)
        return found if _OFFSET.search(value) else found.replace(tzinfo=zone)

    return lru_cache(maxsize=16_384)(parse)


@lru_cache(maxsize=65_536)
def day_begin(on: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day in a zone."""
    return datetime.combine(on, time(), zone)


@lru_cache(maxsize=65_536)
def day_end(on: date, zone: ZoneInfo) -> datetime:
    """Return the last microsecond of a day in a zone."""
    return datetime.combine(on + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
