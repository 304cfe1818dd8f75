"""Satisfaction surveys (R9.2)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change
from schema.tables import Survey


def create(session: Session, actor: Actor, customer_id: int, values: Values) -> Survey:
    """Add a survey to a customer."""
    actor.require("edit_service")
    return add(session, actor, "surveys", Survey, values, customer_id=customer_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> Survey:
    """Change the given fields of a survey."""
    actor.require("edit_service")
    return change(session, actor, "surveys", Survey, key, values)
