"""Rows taken away: what was entered by mistake, or a person's details that must go."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import select

from api.commands.audit import record_all
from api.commands.bulk.action import Action, missing
from api.commands.bulk.batch import Batch
from api.commands.bulk.change import once
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import deleted, held, one_of, table_of
from schema.tables import Base


class Removal(Action):
    """Deletes rows by key with what is part of them; a row that others name stays.  ``own`` holds the ``reason``.

    ``named_by`` are (model, column, word) of tables whose rows may name the row; ``parts`` of those deleted with it.
    """

    named_by: ClassVar[tuple[tuple[type[Base], str, str], ...]] = ()
    parts: ClassVar[tuple[tuple[type[Base], str], ...]] = ()

    def check(self, batch: Batch) -> None:
        """Judge every row: that it is there, that a reason is given, that nothing names it."""
        once(batch)
        session, wanted = batch.session, {entry.key for entry in batch.standing() if entry.key is not None}
        self.before = held(session, self.table, wanted, lock=not batch.dry_run)
        named: dict[int, str] = {}
        for model, column, word in self.named_by:
            names: Any = table_of(model).c[column]
            found = session.connection().execute(select(names).where(one_of(session, names, wanted)).distinct())
            named |= dict.fromkeys(found.scalars(), word)
        for entry in batch.standing():
            missing(batch, entry, self.table, entry.key, self.before, "id")
            if not entry.failed and not str(entry.own["reason"]).strip():
                what = f"{self.table.__name__} {entry.key}"
                batch.refuse(entry, ("reason",), "invalid", f"reason: say why {what} is deleted.")
            elif not entry.failed and entry.key in named:
                what, by = f"{self.table.__name__} {entry.key}", named[entry.key]
                batch.refuse(entry, ("id",), "conflict", f"{what} is named by {by}; change those first.")

    def write(self, batch: Batch, journal: Journal) -> None:
        """Delete the rows that stand, their parts first."""
        session, entries = batch.session, batch.to_write()
        keys = [entry.key for entry in entries if entry.key is not None]
        for model, column in self.parts:
            table = table_of(model)
            mine = one_of(session, table.c[column], keys)
            parts = {row["id"]: dict(row) for row in session.connection().execute(select(table).where(mine)).mappings()}
            deleted(session, model, list(parts))
            journal.removed(model, parts, list(parts))
        deleted(session, self.table, keys)
        journal.removed(self.table, self.before, keys)
        told = [(entry.key, {"reason": entry.own["reason"].strip()}) for entry in entries]
        record_all(session, batch.actor, "delete", self.noun, told)
        for entry in entries:
            entry.written = entry.key
