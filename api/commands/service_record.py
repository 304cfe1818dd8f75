"""Service records (R8.3)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.row import Values, add, change, find
from api.errors import Invalid
from schema.tables import Contact, ServiceRecord


def create(
    session: Session, actor: Actor, customer_id: int, values: Values, *, contact_id: int | None = None
) -> ServiceRecord:
    """Add a service record to a customer; Invalid when the contact is not one of the customer's."""
    actor.require("edit_service")
    if contact_id is not None and find(session, Contact, contact_id).customer_id != customer_id:
        raise Invalid(f"contact: {contact_id} is a contact of another customer; choose one of this customer's.")
    return add(session, actor, "service_records", ServiceRecord, values, customer_id=customer_id, contact_id=contact_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> ServiceRecord:
    """Change the given fields of a service record."""
    actor.require("edit_service")
    return change(session, actor, "service_records", ServiceRecord, key, values)
