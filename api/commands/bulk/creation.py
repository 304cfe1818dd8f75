"""New rows of a noun, most of them on a customer."""

from __future__ import annotations

from api.commands.audit import record_all
from api.commands.bulk.action import Action
from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import inserted


class Creation(Action):
    """Adds rows; ``own`` of an entry holds ``customer_id`` where the noun hangs on a customer.

    Nouns with more to check override ``complete``, with more to write ``follow``; ``apart`` of ``own`` is no column.
    """

    hangs = True
    apart: tuple[str, ...] = ()

    def check(self, batch: Batch) -> None:
        """Judge every row: its customer, its fields, its references."""
        if self.hangs:
            self.customers(batch)
        for entry in batch.standing():
            cleaned = self.read(batch, entry, partial=False)
            self.agree(batch, entry, cleaned, {})
            entry.columns = self.columns(cleaned)
        self.complete(batch)
        for entry in batch.standing():
            entry.columns |= {name: value for name, value in entry.own.items() if name not in self.apart}

    def complete(self, batch: Batch) -> None:
        """Judge what is particular to the noun and complete the columns."""

    def write(self, batch: Batch, journal: Journal) -> None:
        """Insert the rows that stand."""
        entries = batch.to_write()
        self.prepare(batch, entries)
        keys = inserted(batch.session, self.table, [entry.columns for entry in entries], self.instant)
        for entry, key in zip(entries, keys, strict=True):
            entry.written = key
        journal.created(self.table, keys)
        self.follow(batch, entries, journal)
        given = [(entry.written, {"fields": sorted({*entry.values, *entry.own})}) for entry in entries]
        record_all(batch.session, batch.actor, "create", self.noun, given)

    def prepare(self, batch: Batch, entries: list[Entry]) -> None:
        """Complete columns that only a row which is written gets."""

    def follow(self, batch: Batch, entries: list[Entry], journal: Journal) -> None:
        """Write what follows from the new rows."""
