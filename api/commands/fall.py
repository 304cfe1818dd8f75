"""Falls that a run proposed: approved or refused by the strategy group, once, while the run is its policy's newest."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.errors import Conflict, Forbidden, Invalid, NotFound
from api.events import announce
from policies.refusal import Refusal
from schema.previous import newest_run
from schema.tables import Customer, FallDecision, Policy, PolicyVersion, Run, Standing
from schema.tables.fall import DECISIONS

Decision = Literal["approved", "refused"]


def decide(
    session: Session, actor: Actor, run_id: int, customer_id: int, decision: Decision, reason: str
) -> FallDecision:
    """Approve or refuse the fall that a run proposes for a customer; the proposed tier takes effect, or the tier stays.

    Refusal where the run is not its policy's newest finished one or proposes no fall; Conflict where it is decided;
    Forbidden for the customer's own account manager.
    """
    actor.require("decide_fall")
    if decision not in DECISIONS:
        raise Invalid(f"decision: {decision!r} is not one of {', '.join(DECISIONS)}.")
    standing, customer = session.get(Standing, (run_id, customer_id)), session.get(Customer, customer_id)
    if standing is None or customer is None:
        raise NotFound(f"Run {run_id} left no standing of customer {customer_id}; `fenji fall list` shows the falls.")
    policy = session.scalars(
        select(Policy)
        .join(PolicyVersion, PolicyVersion.policy_id == Policy.id)
        .join(Run, Run.version_id == PolicyVersion.id)
        .where(Run.id == run_id)
        .with_for_update(key_share=True, of=Policy)
    ).one()  # locked as by a run that finishes: it sees the decision, or the decision sees the run
    newest = session.scalar(select(newest_run(Policy)).select_from(Policy).where(Policy.id == policy.id))
    if run_id != newest:
        raise Refusal(
            f"Run {run_id} is not the newest of {policy.key!r}; look at the falls of run {newest}.",
            code="transition_not_allowed",
        )
    if standing.proposed is None:
        raise Refusal(f"Run {run_id} proposes no fall of {customer.number}.", code="transition_not_allowed")
    if customer.owner_id == actor.id:
        raise Forbidden(f"{actor.login} is in charge of {customer.number}; ask another member of the strategy group.")
    if not reason.strip():
        raise Invalid(f"reason: say why the fall of {customer.number} to {standing.proposed} is {decision}.")
    if (there := session.get(FallDecision, (run_id, customer_id))) is not None:
        raise Conflict(f"The fall of {customer.number} in run {run_id} is {there.decision} already.")
    decided = FallDecision(
        run_id=run_id, customer_id=customer_id, decision=decision, reason=reason.strip(), decided_by_id=actor.id
    )
    session.add(decided)
    session.flush()
    tiers = {"tier": standing.tier, "proposed": standing.proposed}
    record(
        session, actor, decision, "fall_decisions", f"{run_id}:{customer_id}", run=run_id, customer=customer_id, **tiers
    )
    announce(session, "effective_tiers", [customer_id])
    return decided


def open_falls(policy_key: str | None = None) -> Select[Standing]:
    """Return the statement of the standings whose proposed fall nobody decided yet, in the newest run of each policy."""
    newest = select(newest_run(Policy)).select_from(Policy)
    if policy_key is not None:
        newest = newest.where(Policy.key == policy_key)
    settled = exists().where(FallDecision.run_id == Standing.run_id, FallDecision.customer_id == Standing.customer_id)
    return select(Standing).where(Standing.run_id.in_(newest), Standing.proposed.is_not(None), ~settled)


def newest_of(session: Session, policy_key: str) -> int:
    """Return the id of a policy's newest finished run; NotFound where there is none."""
    found = session.scalar(select(newest_run(Policy)).select_from(Policy).where(Policy.key == policy_key))
    if found is None:
        raise NotFound(f"The policy {policy_key!r} has no finished run; start one with `fenji grade run`.")
    return found
