"""How related rows are found: the condition that joins two tables, or aliases of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_
from sqlalchemy.orm import RelationshipProperty


def on(pairs: Iterable[tuple[Any, Any]], table: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Return the condition that the first columns, in ``table``, equal the second ones, in ``other``."""
    return and_(*(table.c[left.key] == other.c[right.key] for left, right in pairs))


def parents_of(relation: RelationshipProperty[Any]) -> list[tuple[Any, Any]]:
    """Return the pairs of columns, the parent's and the other, by which a parent's rows are found; not those of its far side."""
    return list(relation.local_remote_pairs if relation.secondary is None else relation.synchronize_pairs)
