"""Needs of customers (R1.4)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change
from schema.tables import Need


def create(session: Session, actor: Actor, customer_id: int, values: Values) -> Need:
    """Add a need to a customer."""
    actor.require("edit_customer")
    return add(session, actor, "needs", Need, values, customer_id=customer_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> Need:
    """Change the given fields of a need."""
    actor.require("edit_customer")
    return change(session, actor, "needs", Need, key, values)
