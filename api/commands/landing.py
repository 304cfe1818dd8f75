"""Rows of one noun landing in the database, batch by batch: created, changed, left alone, or rejected with a reason.

A row is known by its source system and key, so that the same file twice changes nothing.  All happens in the caller's
transaction.  Memory does not grow with the file: what a file has shown already is one bit per row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row as Found
from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.cells import day_end
from api.commands.fields import Field, Noun
from api.commands.references import References
from api.events import WATCHED, announce
from api.intake.columns import RowError
from schema.tables.base import now

BATCH = 1000


@dataclass
class Row:
    """One row on its way: its line in the file, its values by field, and the values of its table's columns."""

    line: int
    values: dict[str, Any]
    columns: dict[str, Any]

    @property
    def key(self) -> str:
        """Return the row's key in its source system."""
        return str(self.values["source_key"])


class Landing:
    """The landing of one file of a noun; ``reject`` is told of every row that does not land.

    Nouns with consequences override ``before``, ``on_entry``, ``after`` and ``at_end``.
    """

    # Fields that are no column of the table, and columns that are set although the file has no such field.
    elsewhere: frozenset[str] = frozenset()
    made: tuple[str, ...] = ()

    def __init__(
        self,
        session: Session,
        actor: Actor,
        noun: Noun,
        table: Table,
        source_system: str,
        zone: ZoneInfo,
        fields: list[Field],
        reject: Callable[[list[RowError]], None],
        *,
        distinct: bool = False,
    ) -> None:
        self.session, self.actor, self.noun, self.table = session, actor, noun, table
        self.source_system, self.zone, self.distinct, self._report = source_system, zone, distinct, reject
        self.references = References(session, source_system)
        self.referring = [field for field in fields if field.refers]
        apart = self.elsewhere | {"source_key", "known_at"} | {field.name for field in self.referring}
        self.plain = [(field.name, field.target) for field in fields if field.name not in apart]
        self.given = {field.name for field in fields}
        self.instant = now()
        self.created = self.changed = self.unchanged = self.rejected = self.repeated = 0
        self.last_id = session.scalar(select(func.max(table.c.id))) or 0
        self.shown = bytearray(self.last_id // 8 + 1)
        self.waiting: dict[str, Row] = {}
        self.notes: list[str] = []

    def before(self, rows: list[Row]) -> list[Row]:
        """Complete rows whose references are found; return those that may land."""
        return rows

    def on_entry(self, rows: list[Row]) -> None:
        """Complete rows that are about to be inserted."""

    def after(self, new: list[Row], different: list[Row], same: list[Row]) -> None:
        """Write what follows from rows that have landed."""

    def at_end(self) -> None:
        """Write what follows from the whole file."""

    def reject(self, values: dict[str, Any], errors: list[RowError]) -> None:
        """Count a row as rejected and say why; ``values`` are those of its fields that could be read."""
        self.rejected += 1
        self._report(errors)

    def refuse(self, row: Row, field: str, problem: str) -> None:
        """Reject one row for one field."""
        value = row.values.get(field)
        self.reject(row.values, [RowError(row.line, field, "" if value is None else str(value), problem)])

    def land(self, batch: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Land rows, given as (line, values by field)."""
        rows = [Row(line, values, {}) for line, values in batch]
        for row in rows:
            if row.key in self.waiting:
                self._repeat(row)
        self._land([row for row in rows if row.key not in self.waiting])

    def finish(self) -> None:
        """Land the rows that waited for another row of the same file, and settle what the whole file decides."""
        last_call = False
        while self.waiting:
            rows, self.waiting = list(self.waiting.values()), {}
            for start in range(0, len(rows), BATCH):
                self._land(rows[start : start + BATCH], last_call)
            last_call = len(self.waiting) == len(rows)
        self.at_end()

    def _land(self, rows: list[Row], last_call: bool = False) -> None:
        rows = self._referred(rows, last_call)
        for row in rows:
            self._complete(row)
        rows = self.before(rows)
        if not rows:
            return
        held = self._held([row.key for row in rows])
        new: dict[str, Row] = {}
        different: list[tuple[int, Row]] = []
        same: list[Row] = []
        for row in rows:
            found = held.get(row.key)
            if row.key in new or (found is not None and self._shown_before(found.id)):
                self._repeat(row)
            elif found is None:
                new[row.key] = row
            else:
                row.columns["known_at"] = row.columns["known_at"] or found.known_at
                if all(getattr(found, column) == value for column, value in row.columns.items()):
                    same.append(row)
                else:
                    different.append((found.id, row))
        self._write(list(new.values()), different)
        self.created, self.changed = self.created + len(new), self.changed + len(different)
        self.unchanged += len(same)
        self.after(list(new.values()), [row for _, row in different], same)

    def _write(self, new: list[Row], different: list[tuple[int, Row]]) -> None:
        connection = self.session.connection()
        if different:
            values = [{"row_id": row_id, **row.columns} for row_id, row in different]
            connection.execute(update(self.table).where(self.table.c.id == bindparam("row_id")), values)
        if new:
            for row in new:
                row.columns["known_at"] = row.columns["known_at"] or self.instant
            self.on_entry(new)
            own = {"source_system": self.source_system}
            connection.execute(insert(self.table), [{"source_key": row.key, **own, **row.columns} for row in new])
        if self.noun.name in WATCHED:
            landed = self._held([row.key for row in new]).values() if new else ()
            announce(self.session, self.noun.name, [row_id for row_id, _ in different] + [row.id for row in landed])

    def _referred(self, rows: list[Row], last_call: bool) -> list[Row]:
        """Return the rows whose references are found; one that names another row of its own noun may wait for it."""
        for field in self.referring:
            found = self.references.find(field.refers, {row.values[field.name] for row in rows} - {None})
            kept = []
            for row in rows:
                key = row.values[field.name]
                if key is None or (key in found and (key != row.key or field.refers != self.noun.name)):
                    row.columns[field.target] = None if key is None else found[key].id
                    kept.append(row)
                elif field.refers == self.noun.name and not last_call and key != row.key:
                    if self.waiting.setdefault(row.key, row) is not row:
                        self._repeat(row)
                else:
                    self.refuse(row, field.name, self._unknown(field, key))
            rows = kept
        return rows

    def _unknown(self, field: Field, key: str) -> str:
        if field.refers == "users":
            return f"{key!r} is no login or full name of one user; add the person with `fenji user add`"
        whose = f"source system {self.source_system!r}"
        return f"{key!r} is no key of other {field.refers} from {whose}; import them first, or name their source"

    def _complete(self, row: Row) -> None:
        """Set the columns of a row; a thing is known at the end of its own day unless the file says when."""
        values = row.values
        for name, column in self.plain:
            row.columns[column] = values[name]
        known = values.get("known_at")
        row.columns["known_at"] = self.end_of(values.get(self.noun.event)) if known is None else known

    def end_of(self, event: date | datetime | None) -> datetime | None:
        """Return the last instant of the day of an event."""
        if event is None:
            return None
        return day_end(event.astimezone(self.zone).date() if isinstance(event, datetime) else event, self.zone)

    def _held(self, keys: list[str]) -> dict[str, Found[Any]]:
        """Return the rows of the table that hold these keys already."""
        columns = self.table.c
        names = {"id", "source_key", "known_at", *self.made, *(target for _, target in self.plain)}
        names |= {field.target for field in self.referring}
        rows = self.session.connection().execute(
            select(*(columns[name] for name in sorted(names))).where(
                columns.source_system == self.source_system, columns.source_key.in_(keys)
            )
        )
        return {row.source_key: row for row in rows}

    def _shown_before(self, row_id: int) -> bool:
        """Say whether this file has shown a row of the table before, and remember that it has now."""
        if row_id > self.last_id:
            return True
        place, bit = row_id >> 3, 1 << (row_id & 7)
        before = bool(self.shown[place] & bit)
        self.shown[place] |= bit
        return before

    def _repeat(self, row: Row) -> None:
        """Leave a row out whose key the file has shown: an error, unless the mapping takes the first of each key."""
        if self.distinct:
            self.repeated += 1
        else:
            self.refuse(row, "source_key", f"{row.key!r} stands on an earlier line already; keep one of them")
