"""Revealing personal values to somebody who sees them masked: row by row, for a reason, and each on record (R11.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.errors import Invalid, NotFound
from api.masks import scrub
from schema.tables import Base

MOST, LONGEST = 20, 500


@dataclass(frozen=True)
class Wanted:
    """The personal columns, by the names of their fields, of the row that ``row`` selects for who asks."""

    identity: str
    key: str
    type_name: str
    table: type[Base]
    row: Select[Any]
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Revealed:
    """One personal value as it is."""

    identity: str
    field: str
    value: str | None


def reveal(session: Session, actor: Actor, wanted: Sequence[Wanted], reason: str) -> list[Revealed]:
    """Return personal values as they are and leave an audit row for each row they stand in, with the fields and the reason.

    At most 20 rows a call; Invalid without a reason, NotFound for a row that is not there or not seen, and then nothing
    is revealed.
    """
    actor.require("reveal")
    if not 0 < len(reason.strip()) <= LONGEST:
        raise Invalid(f"reason has {len(reason.strip())} characters; say in 1 to {LONGEST} why you need the values.")
    if not 0 < len(wanted) <= MOST:
        raise Invalid(f"{len(wanted)} ids are given; reveal 1 to {MOST} rows in a call.")
    found = []
    for one in wanted:
        columns = [getattr(one.table, column) for column in one.columns.values()]
        values = session.execute(one.row.with_only_columns(*columns, maintain_column_froms=True)).first()
        if values is None:
            raise NotFound(f"There is no {one.type_name} {one.identity}; it may have been deleted.")
        found += [Revealed(one.identity, name, value) for name, value in zip(one.columns, values, strict=True)]
        record(session, actor, "reveal", one.table.__tablename__, one.key, fields=[*one.columns], reason=scrub(reason))
    return found
