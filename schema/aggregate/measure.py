"""What is computed of a group: exact, the same on both databases, and over known values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, cast, func, type_coerce
from sqlalchemy.types import TypeDecorator

from schema.expressions import ratio
from schema.filter.word import Expression, nouns
from schema.tables import Base
from schema.tables.base import Figure, Money

# name -> what it is; each is computed of numbers
MEASURES: Mapping[str, str] = {
    "known": "How many rows have a known value. 已知值个数",
    "sum": "Exact sum of the known values; null where none is known. 合计",
    "avg": "Mean of the known values, rounded half away from zero to four decimals; null where none is known. 平均值",
    "min": "Least known value. 最小值",
    "max": "Greatest known value. 最大值",
    "share": "Share of the group's sum in the sum of all groups, before having and first, rounded half up to four decimals. 占比",
}


class Whole(TypeDecorator[Decimal]):
    """A whole number of 64 bits, a Decimal in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the integer; ValueError for a fraction."""
        if value is not None and value != int(value):
            raise ValueError(f"{value} is no whole number")
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the number."""
        return None if value is None else Decimal(value)


@dataclass(frozen=True)
class Number:
    """A number of a row: ``type`` is what its sums are in SQL, ``priced`` says that it is money of the row's currency."""

    name: str
    description: str
    value: Expression
    type: TypeDecorator[Decimal]
    priced: bool


@cache
def numbers_of(model: type[Base]) -> Mapping[str, Number]:
    """Return the numbers of a table's rows, by name."""
    words, found = nouns(model).words, {}
    for name, word in words.items():
        if word.python in (int, Decimal) and word.kind is None:
            column = model.__table__.c.get(name)
            kind = Figure() if column is None else Money() if isinstance(column.type, Money) else Whole()
            priced = type(kind) is Money and "currency" in words
            found[name] = Number(name, word.description, word.expression, kind, priced)
    return found


def stored(value: Any) -> ColumnElement[Any]:
    """Return a number as the integer that is kept."""
    return type_coerce(value, BigInteger)


def sum_of(value: Any) -> ColumnElement[Any]:
    """Return a sum as int64; PostgreSQL's own of int64 is a decimal."""
    return cast(func.sum(value), BigInteger)


def mean(total: Any, known: Any, number: Number) -> ColumnElement[Any]:
    """Return a sum by a count as a figure of four decimals, rounded half away from zero; NULL for a count of 0."""
    scale = 10_000 if isinstance(number.type, Whole) else 1
    return type_coerce(ratio(total, known, scale), Figure if scale > 1 else number.type)


def share(part: Any, whole: Any) -> ColumnElement[Any]:
    """Return a part by its whole as a figure of four decimals, rounded half up; NULL where the whole is not positive."""
    return type_coerce(ratio(part, whole), Figure)
