"""Customers: a new one with its number, changes of its record, and the graph of its status (R1.1, R1.2, R3.1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.credit_code import require_unique
from api.commands.customer_number import next_numbers
from api.commands.customer_status import refresh_status
from api.commands.row import Values, add, change, find
from api.commands.snapshot import today
from api.errors import Invalid, NotFound
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Customer, StatusChange, User

# From each status, those that may follow it: 潜在 → 意向 → 合作中 → 流失, and back.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "potential": ("intent", "active", "lost"),
    "intent": ("potential", "active", "lost"),
    "active": ("lost",),
    "lost": ("potential", "intent", "active"),
}


def create(
    session: Session, actor: Actor, values: Values, *, owner: str | None = None, referrer_id: int | None = None
) -> Customer:
    """Create a customer with the month's next number; ``owner`` is a login.  Conflict when its credit code is known."""
    actor.require("edit_customer")
    if referrer_id is not None:
        find(session, Customer, referrer_id)
    day = today(settings().zone)
    number = next_numbers(session, day, 1)[0]
    owner_id = None if owner is None else _user(session, owner)
    customer = add(
        session, actor, "customers", Customer, values, number=number, owner_id=owner_id, referrer_id=referrer_id
    )
    if customer.uscc is not None:
        require_unique(session, [customer.id])
    session.add(
        StatusChange(
            customer_id=customer.id, status=customer.status, changed_on=day, reason="record created", author_id=actor.id
        )
    )
    session.flush()
    return customer


def update(session: Session, actor: Actor, customer_id: int, values: Values) -> Customer:
    """Change fields of a customer's record, ``owner`` (a login, or None for nobody) among them; the status has its own command."""
    actor.require("edit_customer")
    fields, own = dict(values), {}
    if "owner" in fields:
        owner = fields.pop("owner")
        own["owner_id"] = None if owner is None else _user(session, str(owner))
    customer = change(session, actor, "customers", Customer, customer_id, fields, **own)
    if fields.get("uscc") is not None:
        require_unique(session, [customer.id])
    return customer


def change_status(
    session: Session, actor: Actor, customer_id: int, status: str, reason: str, changed_on: date | None = None
) -> Customer:
    """Move a customer to another status, with the reason; ``changed_on`` is today when not given.

    Refusal when the graph does not allow it, Invalid for a day to come or one before the last change.
    """
    actor.require("edit_customer")
    customer = find(session, Customer, customer_id)
    before, day = customer.status, changed_on or today(settings().zone)
    if status not in TRANSITIONS[before]:
        raise Refusal(
            f"{customer.number} is {before}; from there it may become {', '.join(TRANSITIONS[before])}, not {status}.",
            code="transition_not_allowed",
        )
    if not reason.strip():
        raise Invalid(f"A change of the status of {customer.number} needs a reason.")
    last = session.scalar(
        select(StatusChange.changed_on)
        .where(StatusChange.customer_id == customer_id)
        .order_by(StatusChange.changed_on.desc())
        .limit(1)
    )
    if day > today(settings().zone) or (last is not None and day < last):
        raise Invalid(f"changed_on {day} must lie between the last change ({last or 'none'}) and today.")
    session.add(
        StatusChange(customer_id=customer_id, status=status, reason=reason.strip(), changed_on=day, author_id=actor.id)
    )
    session.flush()
    refresh_status(session, [customer_id])
    session.refresh(customer)
    record(session, actor, "change_status", "customers", customer_id, before=before, after=status)
    return customer


def _user(session: Session, login: str) -> int:
    found = session.scalar(select(User.id).where(User.login == login, User.active))
    if found is None:
        raise NotFound(f"No active user {login!r} to own the customer; `fenji user add` creates one.")
    return found
