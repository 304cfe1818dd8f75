"""Contacts: the people at a customer; every change keeps its reason (R1.3)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change
from api.errors import Invalid
from schema.tables import Contact


def create(session: Session, actor: Actor, customer_id: int, values: Values) -> Contact:
    """Add a contact to a customer."""
    actor.require("edit_customer")
    return add(session, actor, "contacts", Contact, values, customer_id=customer_id)


def update(
    session: Session, actor: Actor, key: int, values: Values, reason: str, left_on: date | None = None
) -> Contact:
    """Change the given fields of a contact, with the reason; ``left_on`` is the day the person left the company."""
    actor.require("edit_customer")
    if not reason.strip():
        raise Invalid(f"A change of contact {key} needs a reason: left the company, moved inside it, new number …")
    own: dict[str, object] = {"change_reason": reason.strip()} | ({"left_on": left_on} if left_on else {})
    return change(session, actor, "contacts", Contact, key, values, **own)
