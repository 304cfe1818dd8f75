"""The rows that a filter finds for a bulk call: exactly as many as the caller expects, or none is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from api.commands.bulk.batch import MOST_ROWS, Entry
from api.commands.bulk.rows import table_of
from api.errors import Invalid
from policies.refusal import Refusal
from schema.tables import Base


@dataclass(frozen=True)
class Search:
    """What a filter finds, and what every row of it gets: the same values.

    ``condition`` is on the table of ``model`` and leaves out what the caller does not see; ``moment`` are the day and the
    instant that it may name.  The key of a row that is found is the entry's, or stands in ``own`` under the name ``into``.
    """

    model: type[Base]
    condition: ColumnElement[bool]
    expected: int
    moment: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    into: str = ""

    def entries(self, session: Session, *, lock: bool) -> list[Entry]:
        """Return an entry for each row found, by key; Refusal when they are more or fewer than expected.

        The rows are locked as they are found, so that what met the condition still does when it is written.
        """
        if not 1 <= self.expected <= MOST_ROWS:
            raise Invalid(f"expected is {self.expected}; say how many rows the filter finds, 1 to {MOST_ROWS:,}.")
        key = table_of(self.model).c.id
        statement = select(key).where(self.condition).order_by(key).limit(MOST_ROWS + 1)
        if lock:
            statement = statement.with_for_update(of=table_of(self.model))
        keys = session.connection().execute(statement, self.moment).scalars().all()
        if len(keys) != self.expected:
            found = f"more than {MOST_ROWS:,}" if len(keys) > MOST_ROWS else f"{len(keys):,}"
            raise Refusal(
                f"The filter finds {found} rows, not {self.expected:,}; look at them before you say another number.",
                code="unexpected_count",
            )
        return [self._entry(index, key) for index, key in enumerate(keys)]

    def _entry(self, index: int, key: int) -> Entry:
        if self.into:
            return Entry(index, dict(self.values), {**self.own, self.into: key})
        return Entry(index, dict(self.values), dict(self.own), key)
