"""Appointments, which the policy in force allows, and overrides, which correct one computed tier: both for a time (R5)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.policy import in_force
from api.commands.row import find
from api.commands.snapshot import today
from api.errors import Conflict, Forbidden, Invalid, NotFound
from api.events import announce
from api.settings import settings
from policies import parse
from policies.appointment import Appointments
from policies.refusal import Refusal
from schema.tables import Appointment, Customer, PolicyVersion
from schema.windows import months_before

OVERRIDE_MONTHS = 12


def appoint(
    session: Session,
    actor: Actor,
    customer_id: int,
    policy_key: str,
    tier: str,
    valid_until: date,
    reason: str,
    evidence: str | None = None,
    valid_from: date | None = None,
) -> Appointment:
    """Give a customer a tier from a day (today when None) to a last day; the computed tier stays beside it.

    Invalid where the policy in force does not allow the tier, the time or the lack of evidence; Conflict where another
    appointment under the policy holds on one of the days; Forbidden for the customer's own account manager.
    """
    actor.require("appoint")
    customer, version, first = _subject(session, actor, customer_id, policy_key)
    allowed = parse(version.document).appointments
    if allowed is None or tier not in allowed.tiers:
        known = "no tier" if allowed is None else ", ".join(allowed.tiers)
        raise Invalid(f"tier: the policy {policy_key!r} in force lets nobody appoint {tier!r}; it allows {known}.")
    begin = valid_from or first
    _check_days(allowed, first, begin, valid_until)
    needed = ("reason", "evidence") if allowed.evidence == "required" else ("reason",)
    texts = _texts(needed, f"an appointment under {policy_key!r}", reason, evidence)
    return _give(session, actor, customer, version, "appointment", tier, (begin, valid_until), texts)


def override(
    session: Session,
    actor: Actor,
    customer_id: int,
    policy_key: str,
    tier: str,
    valid_until: date,
    reason: str,
    evidence: str,
) -> Appointment:
    """Correct a customer's computed tier from today to a last day at most 12 months ahead; it needs no word of the policy.

    Any tier of the order may be given.  Invalid without a reason and evidence; Conflict and Forbidden as for an appointment.
    """
    actor.require("override_tier")
    customer, version, first = _subject(session, actor, customer_id, policy_key)
    order = parse(version.document).tiers.order
    if tier not in order:
        raise Invalid(f"tier: {tier!r} is not one of the tiers of {policy_key!r}: {', '.join(order)}.")
    last = months_before(first, -OVERRIDE_MONTHS)
    if not first <= valid_until <= last:
        raise Invalid(
            f"valid_until: {valid_until} is not a day from {first} to {last}; "
            f"an override lasts at most {OVERRIDE_MONTHS} months."
        )
    texts = _texts(("reason", "evidence"), "an override", reason, evidence)
    return _give(session, actor, customer, version, "override", tier, (first, valid_until), texts)


def end(session: Session, actor: Actor, appointment_id: int, reason: str) -> Appointment:
    """End an appointment or an override from today on; Refusal when it has ended or lapsed already."""
    actor.require("appoint")
    appointment, day = find(session, Appointment, appointment_id), today(settings().zone)
    if appointment.ended_on is not None or appointment.valid_until < day:
        last = appointment.ended_on or appointment.valid_until
        raise Refusal(f"Appointment {appointment_id} is over since {last}.", code="transition_not_allowed")
    if not reason.strip():
        raise Invalid(f"reason: say why appointment {appointment_id} ends.")
    appointment.ended_on, appointment.ended_by_id, appointment.end_reason = day, actor.id, reason.strip()
    session.flush()
    record(session, actor, "end", "appointments", appointment_id, customer=appointment.customer_id)
    announce(session, "effective_tiers", [appointment.customer_id])
    return appointment


def _subject(session: Session, actor: Actor, customer_id: int, policy_key: str) -> tuple[Customer, PolicyVersion, date]:
    """Return the customer, the version in force and today; Forbidden for the customer's own account manager."""
    customer = find(session, Customer, customer_id)  # locked: of two at once the second sees the first
    if customer.owner_id == actor.id:
        raise Forbidden(f"{actor.login} is in charge of {customer.number}; ask another member of the strategy group.")
    first = today(settings().zone)
    version = in_force(session, policy_key, first)
    if version is None:
        raise NotFound(f"No version of the policy {policy_key!r} is in force on {first}.", code="no_policy_in_force")
    return customer, version, first


def _texts(needed: tuple[str, ...], what: str, reason: str, evidence: str | None) -> dict[str, str]:
    texts = {"reason": reason.strip(), "evidence": (evidence or "").strip()}
    for name in needed:
        if not texts[name]:
            raise Invalid(f"{name}: {what} needs it.")
    return texts


def _give(
    session: Session,
    actor: Actor,
    customer: Customer,
    version: PolicyVersion,
    kind: str,
    tier: str,
    days: tuple[date, date],
    texts: dict[str, str],
) -> Appointment:
    """Add the row where no other holds on one of the days, with its audit row."""
    begin, until = days
    _check_free(session, customer, version.policy_id, begin, until)
    given = Appointment(
        customer_id=customer.id, policy_id=version.policy_id, kind=kind, tier=tier, reason=texts["reason"],
        evidence=texts["evidence"] or None, valid_from=begin, valid_until=until, appointed_by_id=actor.id,
    )  # fmt: skip
    session.add(given)
    session.flush()
    action = "appoint" if kind == "appointment" else kind
    record(
        session, actor, action, "appointments", given.id, customer=customer.id, policy=parse(version.document).id,
        tier=tier, valid_from=str(begin), valid_until=str(until),
    )  # fmt: skip
    announce(session, "effective_tiers", [customer.id])
    return given


def _check_days(allowed: Appointments, first: date, begin: date, until: date) -> None:
    months = allowed.longest_months
    if not first <= begin <= months_before(first, -months):
        raise Invalid(f"valid_from: {begin} is not a day from {first} to {months_before(first, -months)}.")
    last = months_before(begin, -months) - timedelta(days=1)
    if not begin <= until <= last:
        message = (
            f"valid_until: {until} is not a day from {begin} to {last}; an appointment lasts at most {months} months."
        )
        raise Invalid(message)


def _check_free(session: Session, customer: Customer, policy_id: int, begin: date, until: date) -> None:
    other = session.scalar(
        select(Appointment)
        .where(
            Appointment.customer_id == customer.id,
            Appointment.policy_id == policy_id,
            Appointment.valid_from <= until,
            Appointment.valid_until >= begin,
            Appointment.ended_on.is_(None) | (Appointment.ended_on > begin),
        )
        .limit(1)
    )
    if other is not None:
        raise Conflict(
            f"{customer.number} is {'appointed' if other.kind == 'appointment' else 'overridden to'} {other.tier} from {other.valid_from} to {other.valid_until} already "
            f"({other.kind} {other.id}); end it first, or choose other days."
        )
