"""Keyset paging: a page begins after the last row of the one before, so that no row is met twice or passed over.

The order is total: its last key is unique.  Unknown values come last in both directions.  A cursor holds the order's
name and the keys' values of its row.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, TypeDecorator, and_, false, func, literal_column, or_
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.cache_key import CacheKey

from policies.refusal import Refusal
from schema.formats import storable
from schema.tables.base import Figure, Money, UtcDateTime

USUAL, MOST = 50, 500


@dataclass(frozen=True)
class Key:
    """One key of an order."""

    expression: Any
    descending: bool = False
    nullable: bool = False

    def ordered(self, backward: bool) -> ColumnElement[Any]:
        """Return the ORDER BY term; unknown values last, first when the page is read backward."""
        term: ColumnElement[Any] = self.expression.desc() if self.descending != backward else self.expression.asc()
        if not self.nullable:
            return term
        found: ColumnElement[Any] = term.nulls_first() if backward else term.nulls_last()
        return found

    def equal(self, value: Any) -> ColumnElement[bool]:
        """Return the condition that a row has this value."""
        found: ColumnElement[bool] = self.expression.is_(None) if value is None else self.expression == value
        return found

    def beyond(self, value: Any, backward: bool) -> ColumnElement[bool]:
        """Return the condition that a row's value comes after this one in the page's direction."""
        if value is None:
            return self.expression.is_not(None) if backward else false()
        further = self.expression < value if self.descending != backward else self.expression > value
        return or_(further, self.expression.is_(None)) if self.nullable and not backward else further

    def parse(self, value: Any) -> Any:
        """Return a cursor's value as the column's type; ValueError when it is none."""
        if value is None:
            if self.nullable:
                return None
            raise ValueError("no value")
        kind = self.expression.type
        wanted = OWN_TYPES.get(type(kind)) or kind.python_type
        found = PARSE[wanted](value) if wanted in PARSE else value
        if type(found) is not wanted:
            raise ValueError(f"{value!r} is no {wanted.__name__}")
        fits(kind, found)
        return found


def fits(kind: Any, value: Any) -> None:
    """Raise ValueError or ArithmeticError for a value that a column of the type cannot hold."""
    if isinstance(value, str) and not storable(value):
        raise ValueError("a text with a NUL character or half of a surrogate pair is kept nowhere")
    if isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() < 20):
        raise ValueError("no amount that can be kept")
    stored = kind.process_bind_param(value, DIALECT) if isinstance(kind, TypeDecorator) else value
    bits = 31 if isinstance(kind, Integer) and not isinstance(kind, BigInteger) else 63
    if isinstance(stored, int) and not -(2**bits) <= stored < 2**bits:
        raise ValueError("out of the column's range")


# SQLAlchemy does not know what our own column types are in Python.
DIALECT = DefaultDialect()  # their stored form is the same in every dialect
OWN_TYPES: dict[type, type] = {Figure: Decimal, Money: Decimal, UtcDateTime: datetime}
PARSE: dict[type, Callable[[Any], Any]] = {datetime: datetime.fromisoformat, date: date.fromisoformat, Decimal: Decimal}


@dataclass(frozen=True)
class Page:
    """A page of ``statement`` in the order of ``keys``; ``bound`` is where it begins, or ends when read backward."""

    statement: Select[Any]
    keys: tuple[Key, ...]
    order: str
    size: int
    bound: str | None
    backward: bool

    @cached_property
    def rows(self) -> Select[Any]:
        """The statement of the page's rows and one more, read in the page's direction."""
        # A literal limit: PostgreSQL plans a bound one for a tenth of the rows.
        statement = self.statement.order_by(*(key.ordered(self.backward) for key in self.keys))
        statement = statement.limit(literal_column(str(self.size + 1)))
        if self.bound is None:
            return statement
        values = self._values(self.bound)
        return statement.where(
            or_(
                *(
                    and_(
                        *(before.equal(v) for before, v in zip(self.keys[:index], values, strict=False)),
                        key.beyond(values[index], self.backward),
                    )
                    for index, key in enumerate(self.keys)
                )
            )
        )

    @cached_property
    def shape(self) -> CacheKey | None:
        """By what SQLAlchemy knows statements of one shape: a page that is kept finds its SQL without looking through it."""
        return self.rows._generate_cache_key()

    def window(self, rows: Sequence[Any]) -> tuple[list[Any], bool, bool]:
        """Return the page's rows in the list's order, and whether pages precede and follow."""
        more = len(rows) > self.size
        shown = list(rows[: self.size])
        if self.backward:
            return shown[::-1], more, self.bound is not None
        return shown, self.bound is not None, more

    def total(self) -> Select[Any]:
        """Return the statement that counts all rows of the list."""
        return self.statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)

    def columns(self) -> list[Any]:
        """Return the keys' expressions, whose values make a cursor."""
        return [key.expression for key in self.keys]

    def cursor(self, values: Sequence[Any]) -> str:
        """Return the opaque cursor of a row by its keys' values."""
        stated = [
            self.order,
            *(v.isoformat() if isinstance(v, date) else str(v) if isinstance(v, Decimal) else v for v in values),
        ]
        text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _values(self, cursor: str) -> list[Any]:
        try:
            order, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if order != self.order or len(values) != len(self.keys):
                raise ValueError("of another order")
            return [key.parse(value) for key, value in zip(self.keys, values, strict=True)]
        except (Error, ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise Refusal(
                f"{cursor!r:.100} is not a cursor of this list in the order {self.order}; take one from its pageInfo or edges.",
                code="invalid",
            ) from error


def page(
    statement: Select[Any],
    keys: Sequence[Key],
    order: str,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """Return a page: ``first`` rows after a cursor, or ``last`` rows before one; Refusal for sizes out of range or both."""
    backward = last is not None or before is not None
    if backward and (first is not None or after is not None):
        raise Refusal("first and after page forward, last and before backward; give one pair.", code="invalid")
    size = (last if backward else first) if (last if backward else first) is not None else USUAL
    assert size is not None
    if not 0 <= size <= MOST:
        raise Refusal(f"The page size {size} is out of range; ask for 0 to {MOST} rows.", code="invalid")
    return Page(statement, tuple(keys), order, size, before if backward else after, backward)
