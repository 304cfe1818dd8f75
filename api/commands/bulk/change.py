"""Changes of the given fields of rows that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.commands.audit import record_all
from api.commands.bulk.action import Action, missing
from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import held, updated
from api.commands.fields import masks_among


class Change(Action):
    """Changes rows by key; a row that has the values already is left as it is and counts as unchanged.

    Nouns with more to check override ``complete``; ``apart`` of ``own`` is no column.  Where rows hold personal values,
    who may not see them is not told whether a row has them already: every row is written.
    """

    apart: tuple[str, ...] = ()

    def check(self, batch: Batch) -> None:
        """Judge every row: that it is there, that nothing is said twice, its fields beside what it holds."""
        once(batch)
        self.before = held(
            batch.session, self.table, {entry.key for entry in batch.standing() if entry.key}, lock=not batch.dry_run
        )
        for entry in batch.standing():
            missing(batch, entry, self.table, entry.key, self.before, "id")
        for entry in batch.standing():
            for name, problem in masks_among(batch.actor, self.noun, entry.values):
                batch.leave_out(entry, name, "invalid", problem)
            cleaned = self.read(batch, entry, partial=True)
            self.agree(batch, entry, cleaned, self._fields(self.former(entry)))
            entry.columns = self.columns(cleaned)
        self.complete(batch)
        for entry in batch.standing():
            if not entry.values and not entry.own:  # nothing was given, or nothing is left of it
                what = f"{self.table.__name__} {entry.key}"
                batch.refuse(entry, (), "invalid", f"Nothing to change on {what}: give at least one field.")
        telling = not self.shape.personal or batch.actor.sees_all
        for entry in batch.standing():
            entry.columns |= self._owned(entry)
            row = self.former(entry)
            entry.same = telling and all(row[name] == value for name, value in entry.columns.items())
            entry.written = entry.key

    def former(self, entry: Entry) -> Mapping[str, Any]:
        """Return a row as it is before the change."""
        assert entry.key is not None
        return self.before[entry.key]

    def complete(self, batch: Batch) -> None:
        """Judge what is particular to the noun and complete the columns."""

    def write(self, batch: Batch, journal: Journal) -> None:
        """Update the rows that stand and differ."""
        entries = batch.to_write()
        keys = [entry.key for entry in entries if entry.key is not None]
        changes = [(key, entry.columns) for key, entry in zip(keys, entries, strict=True)]
        updated(batch.session, self.table, changes, self.before)
        journal.changed(self.table, self.before, keys)
        self.audit(batch, entries)

    def audit(self, batch: Batch, entries: list[Entry]) -> None:
        """Write an audit row for each row that was changed."""
        given = [(entry.key, {"fields": sorted(entry.columns)}) for entry in entries]
        record_all(batch.session, batch.actor, "update", self.noun, given)

    def _owned(self, entry: Entry) -> dict[str, Any]:
        return {name: value for name, value in entry.own.items() if name not in self.apart}

    def _fields(self, row: Mapping[str, Any]) -> dict[str, object]:
        return {field.name: row.get(field.target) for field in self.shape.fields if not field.refers}


def once(batch: Batch) -> None:
    """Fail a row that means the same row as an earlier one of the call."""
    first: dict[int, int] = {}
    for entry in batch.standing():
        assert entry.key is not None
        earlier = first.setdefault(entry.key, entry.index)
        if earlier != entry.index:
            message = f"Row {earlier} of this call means the same row already; say all of it there."
            batch.refuse(entry, ("id",), "conflict", message)
