"""Rows by global id, whatever their type: the interface ``Node``, and the statement of the row that an id names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.inspection import inspect
from sqlalchemy.sql.schema import Column

from policies.refusal import Refusal
from schema.formats import storable
from schema.select.field import IDENTITIES, Identity
from schema.select.global_id import keys_of, parts_of
from schema.select.row import Row

MOST_DIGITS = 18  # as many as a 64-bit key holds whatever they are


@strawberry.interface(description="A row with a global id, by which `node` finds it again. 有全局标识的记录")
class Node:
    """A row with a global id."""

    id: strawberry.ID = strawberry.field(description="Global id, opaque. 全局标识,不透明。")


def row_of(identity: str, type_name: str | None = None) -> Row:
    """Return the row that a global id names; Refusal when it is the id of no type, or not of ``type_name``."""
    name = type_name or (parts_of(identity) or ("",))[0]
    found = IDENTITIES.get(name)
    if found is None or not issubclass(found.type_, Node):
        raise Refusal(f"{identity!r:.100} is not an id; take the field id of a row.", code="invalid")
    keys = keys_in(identity, name, _columns(found))
    return Row(found.table, dict(zip(found.columns, keys, strict=True)))


@cache
def _columns(identity: Identity) -> tuple[Column[Any], ...]:
    return tuple(inspect(identity.table).columns[attribute] for attribute in identity.columns)


def keys_in(identity: str, name: str, columns: Sequence[ColumnElement[Any]]) -> list[int | str]:
    """Return the values of the key's columns in a global id of the type ``name``; Refusal when it is not one."""
    parts = keys_of(identity, name)
    keys = [_key(column, part) for column, part in zip(columns, parts, strict=False)]
    found = [key for key in keys if key is not None]
    if not len(parts) == len(columns) == len(found):
        raise Refusal(f"{identity!r:.100} is not the id of a {name}.", code="invalid")
    return found


def _key(column: ColumnElement[Any], text: str) -> int | str | None:
    """Return a part of an id as the value of its column, None when it is none."""
    if isinstance(column.type, Integer):
        return int(text) if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS else None
    return text if text and storable(text) else None
