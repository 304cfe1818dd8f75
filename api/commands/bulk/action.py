"""What every bulk action has: the noun whose rows it writes, the permission it takes, and its two halves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import held
from api.commands.fields import NOUNS, Noun, disagreements, read_values
from api.settings import settings
from schema.tables import Base, Customer
from schema.tables.base import now


class Action(ABC):
    """A bulk action on rows of one noun, for one call."""

    noun: ClassVar[str]
    table: ClassVar[type[Base]]
    permission: ClassVar[str]

    def __init__(self) -> None:
        self.zone = ZoneInfo(settings().zone)
        self.instant: datetime = now()

    @property
    def shape(self) -> Noun:
        """Return the fields of the noun."""
        return NOUNS[self.noun]

    @property
    def today(self) -> date:
        """Return the day of the call's instant in the zone of the settings, the same for all rows."""
        return self.instant.astimezone(self.zone).date()

    @abstractmethod
    def check(self, batch: Batch) -> None:
        """Judge every row and complete its columns; nothing is written."""

    @abstractmethod
    def write(self, batch: Batch, journal: Journal) -> None:
        """Write the rows that stand."""

    def read(self, batch: Batch, entry: Entry, *, partial: bool) -> dict[str, object]:
        """Return the cleaned values of a row, reporting what cannot be read."""
        cleaned, problems = read_values(self.shape, entry.values, self.zone, partial=partial)
        for name, problem in problems:
            field = self.shape.field(name)
            if field is not None and field.required:
                batch.refuse(entry, (name,), "invalid", problem)
            else:
                batch.leave_out(entry, name, "invalid", problem)
        return cleaned

    def agree(self, batch: Batch, entry: Entry, cleaned: dict[str, object], held: dict[str, object]) -> None:
        """Report given values that cannot be true together, or not together with what is ``held``."""
        while not entry.failed:
            found = disagreements(self.shape, {**held, **cleaned}, self.zone)
            if not found:
                return
            later, problem = found[0]
            name = later if later in cleaned else next((n for n in cleaned if _meets(self.shape, n, later)), None)
            if name is None or self._required(name):
                batch.refuse(entry, (later,), "invalid", f"{later}: {problem}.")
            else:
                batch.leave_out(entry, name, "invalid", f"{later}: {problem}.")
                cleaned.pop(name)

    def columns(self, cleaned: dict[str, object]) -> dict[str, object]:
        """Return cleaned values by column."""
        found = {}
        for name, value in cleaned.items():
            field = self.shape.field(name)
            assert field is not None
            found[field.target] = value
        return found

    def customers(self, batch: Batch) -> dict[int, str]:
        """Lock the customers that rows hang on, and fail rows that name none; return numbers by id."""
        wanted = {entry.own["customer_id"] for entry in batch.standing()}
        found = held(batch.session, Customer, wanted, lock=not batch.dry_run)
        for entry in batch.standing():
            missing(batch, entry, Customer, entry.own["customer_id"], found, "customer_id")
        return {key: row["number"] for key, row in found.items()}

    def _required(self, name: str) -> bool:
        field = self.shape.field(name)
        return field is not None and field.required


def missing(batch: Batch, entry: Entry, table: type[Base], key: object, found: object, name: str) -> None:
    """Fail a row whose ``key`` is not among what was found."""
    if key not in found:  # type: ignore[operator]  # any container of keys
        batch.refuse(entry, (name,), "not_found", f"There is no {table.__name__} {key}; it may be of another database.")


def _meets(shape: Noun, name: str, later: str) -> bool:
    """Say whether two fields of a noun are compared with each other."""
    pairs = (*shape.ordered, (shape.event, "known_at"))
    return any(pair in ((name, later), (later, name)) for pair in pairs)
