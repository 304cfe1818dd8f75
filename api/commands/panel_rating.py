"""Ratings of panels: one person proposes, several give theirs, and their median settles the assessment (R5.7)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.fields import clean
from api.commands.policy import in_force
from api.commands.row import add, find
from api.commands.snapshot import today
from api.errors import Conflict, Invalid, NotFound
from api.settings import settings
from policies import parse
from policies.agreement import Agreement, agreement, settled
from policies.document import Panel, Scorecard
from schema.tables import Assessment, Customer, PanelRating, Policy, User
from schema.windows import months_before


def propose(
    session: Session, actor: Actor, customer_id: int, word: str, rating: int, reason: str | None = None
) -> PanelRating:
    """Open the panel of a word for a customer with a proposed rating, which does not count; Conflict while one is open."""
    actor.require("assess")
    return _add(session, actor, customer_id, word, rating, reason, proposal=True)


def give(
    session: Session, actor: Actor, customer_id: int, word: str, rating: int, reason: str | None = None
) -> PanelRating:
    """Give a rating to an open panel; with the last of as many raters as the policy wants, the median is settled.

    The settled rating is valid for the policy's months; until it is settled an older one stays, or it is missing.
    Conflict where no panel is open, and for who proposed or has rated already.
    """
    actor.require("assess")
    return _add(session, actor, customer_id, word, rating, reason, proposal=False)


def rater_agreement(session: Session, word: str | None = None) -> Agreement:
    """Return how far the raters of all settled panels agree, of one word or of all."""
    statement = select(PanelRating.assessment_id, PanelRating.rating).where(
        PanelRating.assessment_id.is_not(None), PanelRating.proposal.is_(False)
    )
    if word is not None:
        statement = statement.where(PanelRating.word == word)
    panels: dict[int | None, list[int]] = {}
    for assessment, rating in session.execute(statement):
        panels.setdefault(assessment, []).append(rating)
    return agreement(list(panels.values()))


def _add(
    session: Session, actor: Actor, customer_id: int, word: str, rating: int, reason: str | None, *, proposal: bool
) -> PanelRating:
    customer, day = find(session, Customer, customer_id), today(settings().zone)  # locked: raters come one by one
    given = {"word": word, "rating": rating, "assessed_on": day, "valid_until": day}
    values = clean("assessments", given)
    word = str(values["word"])
    panel = _panel(session, word)
    rows = session.scalars(
        select(PanelRating)
        .where(PanelRating.customer_id == customer_id, PanelRating.word == word, PanelRating.assessment_id.is_(None))
        .order_by(PanelRating.id)
    ).all()
    _may_add(customer, word, actor, rows, proposal)
    row = PanelRating(
        customer_id=customer_id, word=word, rating=values["rating"], proposal=proposal, reason=reason, given_on=day,
        rater_id=actor.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, actor, "propose" if proposal else "give", "panel_ratings", row.id, customer=customer_id, word=word)
    if not proposal and len(rows) >= panel.raters:  # the proposal is one of the rows
        _settle(session, actor, customer_id, word, panel, [*rows, row])
    return row


def _may_add(customer: Customer, word: str, actor: Actor, rows: Sequence[PanelRating], proposal: bool) -> None:
    if proposal and rows:
        raise Conflict(f"The panel on {word} of {customer.number} is open already; give a rating to it.")
    if not proposal and not rows:
        raise Conflict(f"No panel on {word} of {customer.number} is open; propose a rating first.")
    if any(row.rater_id == actor.id for row in rows):
        raise Conflict(f"{actor.login} has proposed or rated {word} of {customer.number}; another person must rate.")


def _settle(
    session: Session, actor: Actor, customer_id: int, word: str, panel: Panel, rows: Sequence[PanelRating]
) -> None:
    proposer = next(row.rater_id for row in rows if row.proposal)
    counted, day = [row for row in rows if not row.proposal], today(settings().zone)
    values: dict[str, object] = {
        "word": word,
        "rating": settled([row.rating for row in counted]),
        "assessed_on": day,
        "valid_until": months_before(day, -panel.valid_months),
        "proposed_by": session.get_one(User, proposer).login,
        "settled_by": f"panel of {len(counted)}",
    }
    assessment = add(session, actor, "assessments", Assessment, values, customer_id=customer_id)
    for row in rows:
        row.assessment_id = assessment.id
    session.flush()


def _panel(session: Session, word: str) -> Panel:
    """Return the panel of a word in the main policy in force; Invalid when it has none."""
    key = session.scalar(select(Policy.key).where(Policy.main))
    version = None if key is None else in_force(session, key, today(settings().zone))
    if version is None:
        raise NotFound("No main policy is in force, so nothing says how many raters settle.", code="no_policy_in_force")
    document = parse(version.document)
    parts = document.indicators if isinstance(document, Scorecard) else ()
    found = next((part.panel for _, part, _ in parts if part.input == word and part.panel is not None), None)
    if found is None:
        raise Invalid(f"word: the policy {key!r} in force has no panel on {word!r}.")
    return found
