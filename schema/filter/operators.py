"""The operators of a filter's leaves: what each type takes, and what it means in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement

from policies.refusal import Refusal
from schema.filter.text import Folded
from schema.formats import fold
from schema.select.page import fits

Compare = Callable[[ColumnElement[Any], Any], ColumnElement[bool]]

COMPARISONS: dict[str, Compare] = {
    "equals": lambda value, given: value == given,
    "not": lambda value, given: value != given,
    "in": lambda value, given: value.in_(given),
    "notIn": lambda value, given: value.not_in(given) if given else value.is_not(None),  # NULL is not in (): true
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "contains": lambda value, given: Folded(value).contains(fold(given), autoescape=True),
    "startsWith": lambda value, given: Folded(value).startswith(fold(given), autoescape=True),
    "endsWith": lambda value, given: Folded(value).endswith(fold(given), autoescape=True),
    "isNull": lambda value, given: value.is_(None) if given else value.is_not(None),
}
DESCRIPTIONS = {
    "equals": "Is this value. 等于",
    "not": "Is known and not this value. 不等于",
    "in": "Is one of these values. 属于其中之一",
    "notIn": "Is known and none of these values. 不属于其中任何一个",
    "lt": "Is less than, or before. 小于",
    "lte": "Is at most, or not after. 小于等于",
    "gt": "Is greater than, or after. 大于",
    "gte": "Is at least, or not before. 大于等于",
    "contains": "Has this text in it, without regard to case and width. 包含",
    "startsWith": "Begins with this text, without regard to case and width. 开头是",
    "endsWith": "Ends with this text, without regard to case and width. 结尾是",
    "isNull": "Is not known (true), or is known (false). 是否未知",
}

SAME = ("equals", "not", "in", "notIn")
RANGE = (*SAME, "lt", "lte", "gt", "gte", "isNull")
OPERATORS: dict[type, tuple[str, ...]] = {
    str: (*SAME, "contains", "startsWith", "endsWith", "isNull"),
    bool: ("equals", "not", "isNull"),
    int: RANGE, Decimal: RANGE, date: RANGE, datetime: RANGE, Enum: (*SAME, "isNull"),
}  # fmt: skip
# Values in the lists of a filter together, since PostgreSQL takes 65,535 in a statement; characters of a text.
MOST_VALUES, MOST_TEXT = 1000, 500


def operators_of(python: type) -> tuple[str, ...]:
    """Return the operators of a leaf's type."""
    return OPERATORS[Enum if issubclass(python, Enum) else python]


def compared(value: ColumnElement[Any], wanted: Mapping[str, Any], where: str) -> list[ColumnElement[bool]]:
    """Return the conditions that operators put on a value; Refusal for values that its column cannot hold."""
    return [
        COMPARISONS[operator](value, _given(value, operator, given, f"{where}.{operator}"))
        for operator, given in wanted.items()
    ]


def _given(value: ColumnElement[Any], operator: str, given: Any, where: str) -> Any:
    if given is None:
        raise Refusal(f"{where} is null; leave it out, or ask isNull.", code="invalid")
    if operator == "isNull":
        return given
    if operator in ("in", "notIn"):
        return [stored(value, one, where) for one in given]
    return stored(value, given, where)


def stored(value: ColumnElement[Any], given: Any, where: str) -> Any:
    """Return a given value as a column keeps it; Refusal when it cannot."""
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, str):
        bounded(len(given), MOST_TEXT, where, "characters")
    try:
        fits(value.type, given)
    except (ValueError, ArithmeticError) as error:
        shown = str(given)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        raise Refusal(f"{where}: {shown!r} cannot be compared ({error}); give a value of the field.", code="invalid") from error  # fmt: skip
    return given


def bounded_lists(given: Any, where: str) -> None:
    """Raise a Refusal (too_large) when the lists in a filter hold too many values together, however deep they stand."""
    found, left = 0, [given]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            left += one.values()
        elif isinstance(one, list):
            left += one
            found += sum(not isinstance(inner, Mapping) for inner in one)
    bounded(found, MOST_VALUES, where, "values in its lists")


def bounded(size: int, most: int, where: str, what: str) -> None:
    """Raise a Refusal (too_large) when a filter holds more than it may."""
    if size > most:
        raise Refusal(f"{where} has {size:,} {what}; at most {most:,} are allowed.", code="too_large")
