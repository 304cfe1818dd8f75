"""The audit row that every command writes in its own transaction; of a watched noun it is an event as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from api.access import Actor
from api.events import WATCHED, announce
from schema.tables import Audit
from schema.tables.base import now


def record(session: Session, actor: Actor, action: str, noun: str, noun_id: object, **detail: Any) -> None:
    """Add an audit row: who did ``action`` to which row; ``detail`` is JSON and holds no personal field."""
    session.add(Audit(user_id=actor.id, action=action, noun=noun, noun_id=str(noun_id), detail=detail))
    if noun in WATCHED:
        announce(session, noun, [int(str(noun_id))])


def record_all(
    session: Session, actor: Actor, action: str, noun: str, rows: Iterable[tuple[object, Mapping[str, Any]]]
) -> None:
    """Add an audit row for each (id, detail), as ``record`` does for one, with one statement for all."""
    instant = now()
    values = [
        {
            "at": instant,
            "user_id": actor.id,
            "action": action,
            "noun": noun,
            "noun_id": str(key),
            "detail": dict(detail),
        }
        for key, detail in rows
    ]
    if values:
        session.connection().execute(insert(Audit), values)
    if noun in WATCHED:
        announce(session, noun, [int(str(value["noun_id"])) for value in values])
