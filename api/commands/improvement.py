"""Feedback-improvement items and the graph of their states (R9.1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.row import Values, add, change, find
from api.errors import Invalid
from policies.refusal import Refusal
from schema.tables import Improvement

# step -> the states it may be taken from, and the state it leads to
TRANSITIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "agree": (("open", "reopened"), "agreed"),
    "start": (("agreed",), "in_progress"),
    "finish": (("in_progress",), "done"),
    "verify": (("done",), "verified"),
    "reopen": (("done", "verified"), "reopened"),
}


def report(session: Session, actor: Actor, customer_id: int, values: Values) -> Improvement:
    """Add an item: a problem that a customer reported.  It begins open."""
    actor.require("edit_service")
    return add(session, actor, "improvements", Improvement, {**values, "state": "open"}, customer_id=customer_id)


def update(session: Session, actor: Actor, key: int, values: Values) -> Improvement:
    """Change the given fields of an item; its state has its own steps."""
    actor.require("edit_service")
    return change(session, actor, "improvements", Improvement, key, values)


def agree(session: Session, actor: Actor, key: int, measure: str, responsible: str, due_on: date) -> Improvement:
    """Agree on a measure, who carries it out and by when."""
    item = _step(session, actor, key, "agree")
    values = {"measure": measure, "responsible": responsible, "due_on": due_on}
    empty = [name for name in ("measure", "responsible") if not str(values[name]).strip()]
    if empty:
        raise Invalid(f"{empty[0]}: the agreement on improvement {key} needs it.")
    return change(session, actor, "improvements", Improvement, item.id, values)


def start(session: Session, actor: Actor, key: int) -> Improvement:
    """Begin the measure."""
    return _step(session, actor, key, "start")


def finish(session: Session, actor: Actor, key: int) -> Improvement:
    """Record that the measure was carried out."""
    return _step(session, actor, key, "finish")


def verify(session: Session, actor: Actor, key: int, verification: str) -> Improvement:
    """Record that the measure worked, and how that was found."""
    return _judged(session, actor, key, "verify", verification)


def reopen(session: Session, actor: Actor, key: int, verification: str) -> Improvement:
    """Record that the measure did not work, and how that was found."""
    return _judged(session, actor, key, "reopen", verification)


def _judged(session: Session, actor: Actor, key: int, step: str, verification: str) -> Improvement:
    item = _step(session, actor, key, step)
    if not verification.strip():
        raise Invalid(f"verification: say how the effect of improvement {key} was checked.")
    item.verification = verification.strip()
    session.flush()
    return item


def _step(session: Session, actor: Actor, key: int, step: str) -> Improvement:
    actor.require("edit_service")
    item = find(session, Improvement, key)
    before, (allowed, after) = item.state, TRANSITIONS[step]
    if before not in allowed:
        raise Refusal(
            f"Improvement {key} is {before}; {step} is possible from {' or '.join(allowed)}.",
            code="transition_not_allowed",
        )
    item.state = after
    session.flush()
    record(session, actor, step, "improvements", key, before=before, after=after)
    return item
