"""Interactions with customers (R3.3)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change
from schema.tables import Interaction


def create(session: Session, actor: Actor, customer_id: int, values: Values) -> Interaction:
    """Add an interaction to a customer."""
    actor.require("edit_customer")
    return add(session, actor, "interactions", Interaction, values, customer_id=customer_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> Interaction:
    """Change the given fields of an interaction."""
    actor.require("edit_customer")
    return change(session, actor, "interactions", Interaction, key, values)
