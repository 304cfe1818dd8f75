"""The audit row that every command writes in its own transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api.access import Actor
from schema.tables import Audit


def record(session: Session, actor: Actor, action: str, noun: str, noun_id: object, **detail: Any) -> None:
    """Add an audit row: who did ``action`` to which row; ``detail`` is JSON and holds no personal field."""
    session.add(Audit(user_id=actor.id, action=action, noun=noun, noun_id=str(noun_id), detail=detail))
