"""Whether the audit is as it was written: its chain of seals computed anew from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from api.commands.audit import BEFORE, COLUMNS, ROWS, linked
from policies.refusal import Refusal
from schema.tables import Audit, AuditSeal

MOST_SAID = 20


@dataclass
class Chain:
    """What a verification found: seals, sealed rows, rows from before the first seal, the end, and what differs."""

    seals: int = 0
    rows: int = 0
    older: int = 0
    digest: str = BEFORE
    differences: list[str] = field(default_factory=list)


def verify(connection: Connection, known: tuple[int, str] | None = None) -> Chain:
    """Compute the whole chain anew from the rows and return what differs; nothing is written.

    ``known`` is the position and digest of a seal that somebody noted elsewhere: with it a chain that was made anew, or
    cut at its end, shows as well.
    """
    found = Chain()
    noted = None
    for stated, rows in _sealed(connection):
        if stated.position != found.seals + 1:
            found.differences.append(f"before seal {stated.position} seals are missing")
        if stated.rows != len(rows) or linked(found.digest, rows) != stated.digest:
            found.differences.append(f"the rows of seal {stated.position} are not those that were sealed")
        found.seals, found.rows, found.digest = stated.position, found.rows + len(rows), stated.digest
        noted = stated.digest if known and stated.position == known[0] else noted
    first = select(func.min(ROWS.id)).where(ROWS.seal.is_not(None)).scalar_subquery()
    found.older = (
        connection.scalar(select(func.count()).where(ROWS.seal.is_(None), ROWS.id < func.coalesce(first, 2**62))) or 0
    )
    for number in connection.scalars(
        select(ROWS.id)
        .where(
            (ROWS.seal.is_(None) & (ROWS.id > first))
            | (ROWS.seal.is_not(None) & ROWS.seal.not_in(select(AuditSeal.seal)))
        )
        .order_by(ROWS.id)
        .limit(MOST_SAID)
    ):
        found.differences.append(f"row {number} has no seal")
    if known is not None and noted != known[1]:
        found.differences.append(f"seal {known[0]} is not the one that was noted")
    return found


def _sealed(connection: Connection) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each seal with its rows, in the order of the chain."""
    seals = AuditSeal.__table__
    statement = (
        select(seals.c.position, seals.c.digest, seals.c.rows, *COLUMNS)
        .outerjoin(Audit.__table__, ROWS.seal == seals.c.seal)
        .order_by(seals.c.position, ROWS.id)
        .execution_options(yield_per=1000)
    )
    for _, group in groupby(connection.execute(statement), key=lambda row: row.position):
        found = list(group)
        yield found[0], [row[3:] for row in found if row.id is not None]


def noted(text: str) -> tuple[int, str]:
    """Return the position and digest of a noted seal such as 17:3f…; Refusal when it is none."""
    position, _, digest = text.partition(":")
    if not (position.isascii() and position.isdecimal()) or len(digest) != 64:
        raise Refusal(
            f"{text!r} is no seal; give its position and digest, as `fenji audit verify` prints them.", code="invalid"
        )
    return int(position), digest
