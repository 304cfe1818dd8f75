"""The rows of one bulk call: what was given of each, what is wrong with it, and which of them still stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.fields import NOUNS
from api.errors import Invalid
from policies.refusal import Refusal

MOST_ROWS = 10_000
MOST_ERRORS = 1_000  # that are listed; all are counted
MOST_TEXT = (
    10_000_000  # characters of all rows: one text for each of many rows is written, and audited, that many times
)


class Mode(Enum):
    """What becomes of the other rows, and of the other fields of a row, when something of a row is not valid."""

    REJECT_ALL = "reject_all"
    REJECT_FAILED = "reject_failed"
    IGNORE_FAILED = "ignore_failed"


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row: its place in the call, the path of the field inside it, a stable code and a sentence."""

    index: int
    path: tuple[str, ...]
    code: str
    message: str


@dataclass
class Entry:
    """One row on its way: the fields given, and beside them what the action takes for itself (``own``).

    ``key`` is the row that is meant, or None for a new one; ``columns`` is what will be written; a row that is
    ``same`` needs no writing.  ``written`` is the key of the row when all is done.
    """

    index: int
    values: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    key: int | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    same: bool = False
    written: int | None = None


class Batch:
    """The rows of one call, their errors, and how the call takes them."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        entries: Sequence[Entry],
        errors: Sequence[RowError] = (),
        mode: Mode = Mode.REJECT_ALL,
        *,
        dry_run: bool = False,
    ) -> None:
        if not entries:
            raise Invalid("There is no row in the call; give at least one.")
        if len(entries) > MOST_ROWS:
            message = f"The call has {len(entries):,} rows; at most {MOST_ROWS:,} are allowed, make several calls."
            raise Refusal(message, code="too_large")
        if (characters := sum(map(_characters, entries))) > MOST_TEXT:
            message = f"The rows hold {characters:,} characters of text; at most {MOST_TEXT:,} are allowed, shorten the texts or make several calls."
            raise Refusal(message, code="too_large")
        self.session, self.actor, self.entries, self.mode, self.dry_run = session, actor, entries, mode, dry_run
        self.errors: list[RowError] = []
        for error in errors:
            self.refuse(entries[error.index], error.path, error.code, error.message)

    def standing(self) -> list[Entry]:
        """Return the rows that have not failed."""
        return [entry for entry in self.entries if not entry.failed]

    def to_write(self) -> list[Entry]:
        """Return the rows that will be written: they stand and differ from what is there."""
        return [entry for entry in self.entries if not entry.failed and not entry.same]

    def refuse(self, entry: Entry, path: tuple[str, ...], code: str, message: str) -> None:
        """Fail a row."""
        entry.failed = True
        self.errors.append(RowError(entry.index, path, code, message))

    def leave_out(self, entry: Entry, name: str, code: str, message: str) -> None:
        """Go on without a field of a row where failed fields are ignored; fail the row elsewhere."""
        self.errors.append(RowError(entry.index, (name,), code, message))
        if self.mode is Mode.IGNORE_FAILED:
            entry.values.pop(name, None)
            entry.own.pop(name, None)
        else:
            entry.failed = True

    @property
    def rejected(self) -> int:
        """Return how many rows failed."""
        return sum(entry.failed for entry in self.entries)

    @property
    def stopped(self) -> bool:
        """Say whether nothing may be written."""
        return (bool(self.errors) and self.mode is Mode.REJECT_ALL) or not self.to_write()

    def listed(self) -> list[RowError]:
        """Return the first errors in the order of the rows."""
        return sorted(self.errors, key=lambda error: error.index)[:MOST_ERRORS]


def _characters(entry: Entry) -> int:
    return sum(len(value) for given in (entry.values, entry.own) for value in given.values() if isinstance(value, str))


def kept(noun: str, error: RowError) -> RowError:
    """Return an error as it may be kept: without the sentence, which repeats a personal value."""
    shape = NOUNS.get(noun)
    one = shape.field(error.path[0]) if shape and error.path else None
    if one is None or not one.personal:
        return error
    return RowError(error.index, error.path, error.code, f"{one.name} ({one.zh}): a personal value, not kept.")
