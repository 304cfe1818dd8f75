"""Contracts (R1.6)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change
from schema.tables import Contract


def create(session: Session, actor: Actor, customer_id: int, values: Values) -> Contract:
    """Add a contract to a customer."""
    actor.require("edit_order")
    return add(session, actor, "contracts", Contract, values, customer_id=customer_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> Contract:
    """Change the given fields of a contract."""
    actor.require("edit_order")
    return change(session, actor, "contracts", Contract, key, values)
