"""Judgements of people as known at the end of a day: the appointments and overrides that hold, and the ratings of settled panels."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Select, literal, select

from schema.appointed import holds_on
from schema.tables import Appointment, PanelRating, User
from schema.tables.base import UtcDateTime


def appointments_statement(day: date, cut: datetime, policy_id: int) -> Select[int, str, str, str]:
    """Return the SELECT of (customer_id, tier, person, kind) under a policy; ``cut`` is the first instant after the day."""
    return (
        select(Appointment.customer_id, Appointment.tier, User.login.label("person"), Appointment.kind)
        .join(User, User.id == Appointment.appointed_by_id)
        .where(
            Appointment.policy_id == policy_id,
            holds_on(literal(day, Date)),
            Appointment.appointed_at < literal(cut, UtcDateTime),
        )
        .order_by(Appointment.customer_id)
    )


def ratings_statement(day: date) -> Select[str, int | None, str, int, date]:
    """Return the SELECT of (word, panel, person, rating, given_on) of the panels that have settled; proposals do not count."""
    return (
        select(
            PanelRating.word,
            PanelRating.assessment_id.label("panel"),
            User.login.label("person"),
            PanelRating.rating,
            PanelRating.given_on,
        )
        .join(User, User.id == PanelRating.rater_id)
        .where(PanelRating.assessment_id.is_not(None), PanelRating.proposal.is_(False), PanelRating.given_on <= day)
        .order_by(PanelRating.word, PanelRating.assessment_id, PanelRating.id)
    )
