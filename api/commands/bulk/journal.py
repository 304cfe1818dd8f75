"""What a call did to the rows, as it is kept for undoing: former values, and a digest of each row as it was left."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Date, Table
from sqlalchemy.orm import Session

from api.commands.bulk.rows import held, table_of
from schema.tables import Base
from schema.tables.base import Money, UtcDateTime


class Changed(NamedTuple):
    """One row: its table and key, its former values (None: there was none), the digest of what it is now (None: gone)."""

    table: str
    key: int
    before: dict[str, Any] | None
    after: str | None


class Journal:
    """What a call did, in the order in which it was done."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changes: list[Changed] = []

    def created(self, model: type[Base], keys: Collection[int]) -> None:
        """Note rows that have been inserted."""
        now = held(self.session, model, keys, lock=False)
        self.changes += [Changed(table_of(model).name, key, None, digest(now[key])) for key in keys]

    def changed(self, model: type[Base], before: Mapping[int, Mapping[str, Any]], keys: Collection[int]) -> None:
        """Note rows that have been updated; ``before`` holds them as they were."""
        table, now = table_of(model), held(self.session, model, keys, lock=False)
        for key in keys:
            former = {name: value for name, value in before[key].items() if value != now[key][name]}
            self.changes.append(Changed(table.name, key, plain(former), digest(now[key])))

    def removed(self, model: type[Base], before: Mapping[int, Mapping[str, Any]], keys: Collection[int]) -> None:
        """Note rows that have been deleted."""
        self.changes += [Changed(table_of(model).name, key, plain(before[key]), None) for key in keys]


def digest(row: Mapping[str, Any]) -> str:
    """Return a fingerprint of a row's values."""
    return sha256(json.dumps(plain(row), sort_keys=True).encode()).hexdigest()[:32]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON keeps them."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def restored(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a table's row from how JSON keeps them."""
    return {name: _restored(table.c[name].type, value) for name, value in values.items()}


def _restored(type_: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(type_, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(type_, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(type_, Money) else value
