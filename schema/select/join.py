"""How related rows are found: the condition that joins two tables, or aliases of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_


def on(pairs: Iterable[tuple[Any, Any]], table: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Return the condition that the first columns, in ``table``, equal the second ones, in ``other``."""
    return and_(*(table.c[left.key] == other.c[right.key] for left, right in pairs))
