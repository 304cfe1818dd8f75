"""Assessments: ratings that people settle where no figure exists, valid for a time (R5.7)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add
from schema.tables import Assessment


def settle(session: Session, actor: Actor, customer_id: int, values: Values) -> Assessment:
    """Settle a rating of a customer; a later one of the same word follows it."""
    actor.require("assess")
    named = {"settled_by": actor.login, **values}
    return add(session, actor, "assessments", Assessment, named, customer_id=customer_id)
