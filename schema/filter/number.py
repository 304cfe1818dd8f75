"""The numbers of a row, and what is computed of several: exact, and the same on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, FromClause, case, cast, func, type_coerce
from sqlalchemy.types import TypeDecorator

from schema.expressions import ratio
from schema.filter.word import Expression, nouns
from schema.select.fetch import Viewer
from schema.tables import Base
from schema.tables.base import Figure, Money

# What is computed of related rows' numbers.
MEASURED = {
    "sum": "Exact sums of the known values. 合计", "avg": "Means of the known values, rounded to four decimals. 平均值",
    "min": "Least known values. 最小值", "max": "Greatest known values. 最大值",
}  # fmt: skip


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


def measured(measure: str, number: Number, model: type[Base], table: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """Return sum, avg, min or max of a number over rows; NULL where none is known, and for money of several currencies."""
    value = stored(number.value(table, viewer))
    made: Mapping[str, Any] = {"sum": sum_of, "min": func.min, "max": func.max}
    found = mean(sum_of(value), func.count(value), number) if measure == "avg" else made[measure](value)
    if number.priced:
        currency = case((value.is_not(None), nouns(model).words["currency"].expression(table, viewer)))
        found = case((func.min(currency) == func.max(currency), found))
    average = measure == "avg" and isinstance(number.type, Whole)
    return type_coerce(found, Figure() if average else number.type)
