"""One row of a noun: cleaned, added or changed, with its audit row; every single-row command stands on this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.fields import NOUNS, clean, disagreements, masks_among
from api.errors import Invalid, NotFound
from api.settings import settings
from schema.tables import Base, Customer

R = TypeVar("R", bound=Base)
Values = Mapping[str, object]


def find(session: Session, table: type[R], row_id: int) -> R:
    """Return a row by id, locked until the transaction ends; NotFound when there is none."""
    found = session.get(table, row_id, with_for_update=True)
    if found is None:
        raise NotFound(f"There is no {table.__name__} {row_id}; it may be of another database.")
    return found


def add(session: Session, actor: Actor, noun: str, table: type[R], values: Values, **own: Any) -> R:
    """Add a row with cleaned values; ``own`` are columns that the command itself sets."""
    if "customer_id" in own:
        find(session, Customer, own["customer_id"])
    row = table(**_columns(noun, clean(noun, values)), **own)
    session.add(row)
    session.flush()
    record(session, actor, "create", noun, row_id(row), fields=sorted({*values, *own}))
    return row


def change(session: Session, actor: Actor, noun: str, table: type[R], key: int, values: Values, **own: Any) -> R:
    """Change the given fields of a row; Invalid when nothing is given, or when the row would contradict itself."""
    if not values and not own:
        raise Invalid(f"Nothing to change on {table.__name__} {key}: give at least one field.")
    for _, problem in masks_among(actor, noun, values):
        raise Invalid(problem)
    row = find(session, table, key)
    columns = _columns(noun, clean(noun, values, partial=True)) | own
    for name, value in columns.items():
        setattr(row, name, value)
    _agree(noun, row)
    session.flush()
    record(session, actor, "update", noun, key, fields=sorted(columns))
    return row


def row_id(row: Any) -> int:
    """Return the key of a row."""
    found: int = row.id
    return found


def _columns(noun: str, cleaned: Mapping[str, object]) -> dict[str, object]:
    """Return cleaned values by column; of what is left out, the table's own default holds."""
    columns = {}
    for name, value in cleaned.items():
        field = NOUNS[noun].field(name)
        assert field is not None
        columns[field.target] = value
    return columns


def _agree(noun: str, row: Any) -> None:
    """Raise Invalid when the changed row's values cannot be true together."""
    shape = NOUNS[noun]
    values = {field.name: getattr(row, field.target, None) for field in shape.fields if not field.refers}
    for name, problem in disagreements(shape, values, ZoneInfo(settings().zone)):
        raise Invalid(f"{name}: {problem}.")
