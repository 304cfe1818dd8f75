"""Tags that people set on customers, with author, reason and end (R4.3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.fields import clean
from api.commands.row import find
from api.commands.snapshot import today
from api.errors import Conflict, Invalid, NotFound
from api.settings import settings
from schema.tables import Customer, CustomerTag, Tag


def assign(
    session: Session,
    actor: Actor,
    customer_id: int,
    dimension: str,
    name: str,
    reason: str | None = None,
    ends_on: date | None = None,
) -> Customer:
    """Put a tag on a customer; a tag that is new is created.  Conflict when the customer carries it."""
    actor.require("edit_customer")
    customer = find(session, Customer, customer_id)
    if ends_on is not None and ends_on < today(settings().zone):
        raise Invalid(f"ends_on: {ends_on} is over; choose today or later, or leave it out.")
    cleaned = clean("tags", {"dimension": dimension, "tag": name})
    named = select(Tag).where(Tag.dimension == cleaned["dimension"], Tag.name == cleaned["tag"])
    tag = session.scalar(named)
    if tag is None:
        created(session, [(str(cleaned["dimension"]), str(cleaned["tag"]))])
        tag = session.scalars(named).one()
    if session.scalar(_held(customer_id, tag.id)) is not None:
        raise Conflict(f"{customer.number} carries {tag.dimension}:{tag.name} already.")
    session.add(CustomerTag(customer_id=customer_id, tag_id=tag.id, author_id=actor.id, reason=reason, ends_on=ends_on))
    session.flush()
    record(session, actor, "assign", "tags", tag.id, customer=customer_id)
    return customer


def created(session: Session, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Create tags by dimension and name and return their ids, without those that somebody else created at the same moment."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(Tag).on_conflict_do_nothing().returning(Tag.id, Tag.dimension, Tag.name)
    rows = session.execute(new, [{"dimension": dimension, "name": name} for dimension, name in pairs]) if pairs else ()
    return {(row.dimension, row.name): row.id for row in rows}


def remove(session: Session, actor: Actor, customer_id: int, tag_id: int) -> Customer:
    """Take a tag off a customer; NotFound when the customer does not carry it."""
    actor.require("edit_customer")
    customer = find(session, Customer, customer_id)
    held = session.scalar(_held(customer_id, tag_id))
    if held is None:
        raise NotFound(f"{customer.number} does not carry the tag {tag_id}.")
    session.delete(held)
    session.flush()
    record(session, actor, "remove", "tags", tag_id, customer=customer_id)
    return customer


def _held(customer_id: int, tag_id: int) -> Select[CustomerTag]:
    return select(CustomerTag).where(CustomerTag.customer_id == customer_id, CustomerTag.tag_id == tag_id)
