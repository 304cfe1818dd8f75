"""How a row of a file names another row: by its key in the same source system, a person by login or full name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schema.tables import Contract, Customer, Order, User

# More keys than this are not remembered: memory does not grow with the file.
REMEMBERED = 200_000


class Referred(NamedTuple):
    """The row that a key names, and when it was known."""

    id: int
    known_at: datetime | None


class References:
    """The rows of other nouns that a file refers to, looked up many at a time and remembered."""

    def __init__(self, session: Session, source_system: str) -> None:
        self.session, self.source_system = session, source_system
        self.found: dict[str, dict[str, Referred]] = {}

    def find(self, noun: str, keys: Collection[str]) -> dict[str, Referred]:
        """Return what is found of ``keys``, and perhaps more; what is missing is not there."""
        held = self.found.setdefault(noun, {})
        missing = [key for key in keys if key not in held]
        if missing:
            if len(held) + len(missing) > REMEMBERED:
                held.clear()
                missing = list(keys)
            held.update(self._people(missing) if noun == "users" else self._rows(noun, missing))
        return held

    def _rows(self, noun: str, keys: list[str]) -> dict[str, Referred]:
        table: Any = {"customers": Customer, "orders": Order, "contracts": Contract}[noun]
        rows = self.session.connection().execute(
            select(table.source_key, table.id, table.known_at).where(
                table.source_system == self.source_system, table.source_key.in_(keys)
            )
        )
        return {row.source_key: Referred(row.id, row.known_at) for row in rows}

    def _people(self, keys: list[str]) -> dict[str, Referred]:
        rows = self.session.connection().execute(
            select(User.id, User.login, User.name).where(or_(User.login.in_(keys), User.name.in_(keys)))
        )
        people = list(rows)
        names = [row.name for row in people]
        found = {row.name: Referred(row.id, None) for row in people if names.count(row.name) == 1}
        return found | {row.login: Referred(row.id, None) for row in people}
