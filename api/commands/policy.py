"""Policies: draft, submission, decision and the version in force; policies.promotion holds the transition table."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.snapshot import today
from api.errors import Conflict, Invalid, NotFound
from api.settings import settings
from policies import check, parse, promotion, version
from policies.document import Policy as Document
from policies.refusal import Refusal
from policies.structure import used_words
from schema.tables import Backtest, Policy, PolicyChampion, PolicyContribution, PolicySubmission, PolicyVersion, User
from schema.tables.base import now


def save_draft(session: Session, actor: Actor, document: str) -> PolicyVersion:
    """Keep a document as a new draft of the policy it names by its id; Refusal when it cannot be read."""
    actor.require("write_policy")
    read = parse(document)
    policy = session.scalar(select(Policy).where(Policy.key == read.id))
    if policy is None:
        policy = Policy(key=read.id, title_zh=read.title.zh, title_en=read.title.en)
        session.add(policy)
        session.flush()
    draft = PolicyVersion(policy_id=policy.id, author_id=actor.id, state="draft")
    _write(draft, document, read)
    session.add(draft)
    session.flush()
    contributed(session, draft.id, actor, "authored")
    record(session, actor, "save_draft", "policy_version", draft.id, policy=read.id, semantic_hash=draft.semantic_hash)
    return draft


def edit_draft(session: Session, actor: Actor, version_id: int, document: str) -> PolicyVersion:
    """Replace the document of a draft; Refusal once it is submitted, Conflict when it names another policy."""
    actor.require("write_policy")
    draft = find(session, version_id)
    if draft.state != "draft":
        raise Refusal(
            f"Version {version_id} is {draft.state} and never changes; save a new draft.", code="transition_not_allowed"
        )
    read = parse(document)
    key = session.get_one(Policy, draft.policy_id).key
    if read.id != key:
        raise Conflict(f"The document's id is {read.id!r}, the draft belongs to {key!r}; save it as a new draft.")
    _write(draft, document, read)
    contributed(session, draft.id, actor, "edited")
    record(session, actor, "edit_draft", "policy_version", draft.id, semantic_hash=draft.semantic_hash)
    session.flush()
    return draft


def submit(session: Session, actor: Actor, version_id: int, backtest_id: int | None = None) -> PolicyVersion:
    """Put a draft before the strategy group with its evidence: a finished backtest of exactly this document.

    Without ``backtest_id`` the newest such backtest is taken.  Raises Refusal when the check finds errors, when there
    is no evidence, or when the evidence is of another document.
    """
    actor.require("submit_policy")
    draft = find(session, version_id)
    _may(session, actor, draft, "submit")
    _unaltered(draft)
    errors = [finding for finding in check(parse(draft.document)) if finding.severity == "error"]
    if errors:
        listed = "; ".join(str(error) for error in errors[:3])
        raise Refusal(f"Version {version_id} has {len(errors)} errors: {listed}", code="policy_invalid")
    stored_facts(parse(draft.document))
    evidence = _evidence(session, draft, backtest_id)
    draft.state = "submitted"
    session.add(PolicySubmission(version_id=draft.id, backtest_id=evidence.id, submitted_by_id=actor.id))
    contributed(session, draft.id, actor, "submitted")
    record(
        session, actor, "submit", "policy_version", draft.id, backtest=evidence.id, semantic_hash=draft.semantic_hash
    )
    session.flush()
    return draft


def approve(session: Session, actor: Actor, version_id: int, reason: str) -> PolicyVersion:
    """Approve a submitted version, which gets its number and never changes again.

    Refusal ``author_cannot_approve`` for whoever wrote, edited, backtested or submitted it.
    """
    submitted = _decide(session, actor, version_id, "approve", reason)
    _unchanged_champion(session, submitted)
    session.get_one(Policy, submitted.policy_id, with_for_update=True)  # two approvals take two numbers
    highest = session.scalar(
        select(func.max(PolicyVersion.number)).where(PolicyVersion.policy_id == submitted.policy_id)
    )
    submitted.number, submitted.state = (highest or 0) + 1, "approved"
    session.flush()
    return submitted


def reject(session: Session, actor: Actor, version_id: int, reason: str) -> PolicyVersion:
    """Reject a submitted version; its author may save a new draft."""
    submitted = _decide(session, actor, version_id, "reject", reason)
    submitted.state = "rejected"
    session.flush()
    return submitted


def withdraw(session: Session, actor: Actor, version_id: int) -> PolicyVersion:
    """Take a draft or a submitted version back."""
    actor.require("submit_policy")
    taken = find(session, version_id)
    _may(session, actor, taken, "withdraw")
    taken.state = "withdrawn"
    record(session, actor, "withdraw", "policy_version", taken.id)
    session.flush()
    return taken


def put_in_force(session: Session, actor: Actor, version_id: int, effective_from: date) -> PolicyChampion:
    """Put an approved version in force from a day on; the one in force before retires.

    Raises Invalid for a day that is over: what was in force on a day never changes afterwards.
    """
    actor.require("decide_policy")
    chosen = find(session, version_id)
    _may(session, actor, chosen, "activate")
    first = today(settings().zone)
    if effective_from < first:
        raise Invalid(f"{effective_from} is over; a version takes effect on {first} or later.")
    session.get_one(Policy, chosen.policy_id, with_for_update=True)  # one version is active
    if chosen.state == "approved":  # what was in force before comes back without a new comparison
        _unchanged_champion(session, chosen)
    former = session.scalars(
        select(PolicyVersion).where(PolicyVersion.policy_id == chosen.policy_id, PolicyVersion.state == "active")
    ).all()
    champion = PolicyChampion(
        policy_id=chosen.policy_id, version_id=chosen.id, effective_from=effective_from, set_by_id=actor.id
    )
    chosen.state = "active"
    session.flush()
    session.add(champion)
    if session.scalar(select(Policy.id).where(Policy.main)) is None:
        session.get_one(Policy, chosen.policy_id).main = True  # the first policy in force
    for old in former:
        if old.id != chosen.id:
            old.state = "retired"
    record(session, actor, "put_in_force", "policy_version", chosen.id, effective_from=str(effective_from))
    session.flush()
    return champion


def make_main(session: Session, actor: Actor, policy_key: str) -> Policy:
    """Make a policy the main one, whose newest run gives the grades in force; NotFound when it was never in force."""
    actor.require("decide_policy")
    chosen = session.scalar(select(Policy).where(Policy.key == policy_key))
    if chosen is None or in_force(session, policy_key, today(settings().zone)) is None:
        raise NotFound(f"No version of the policy {policy_key!r} is in force today.", code="no_policy_in_force")
    session.execute(update(Policy).where(Policy.main).values(main=False))
    chosen.main = True
    record(session, actor, "make_main", "policy", chosen.id, policy=policy_key)
    session.flush()
    return chosen


def in_force(session: Session, policy_key: str, on: date) -> PolicyVersion | None:
    """Return the version of a policy in force on a day, or None: of those put in force by then, the one decided on last."""
    return session.scalar(
        select(PolicyVersion)
        .join(PolicyChampion, PolicyChampion.version_id == PolicyVersion.id)
        .join(Policy, Policy.id == PolicyChampion.policy_id)
        .where(Policy.key == policy_key, PolicyChampion.effective_from <= on)
        .order_by(PolicyChampion.id.desc())
        .limit(1)
    )


def find(session: Session, version_id: int) -> PolicyVersion:
    """Return a version by id, locked until the transaction ends; NotFound when there is none."""
    kept = version_id < 2**63  # neither database can look for a larger one
    found = session.get(PolicyVersion, version_id, with_for_update=True) if kept else None
    if found is None:
        raise NotFound(f"No policy version {version_id}; `fenji policy list` shows them.")
    return found


def contributed(session: Session, version_id: int, actor: Actor, what: str) -> None:
    """Remember that a person worked on a version, and so cannot decide on it."""
    there = select(PolicyContribution.id).where(
        PolicyContribution.version_id == version_id,
        PolicyContribution.user_id == actor.id,
        PolicyContribution.what == what,
    )
    if session.scalar(there) is None:
        session.add(PolicyContribution(version_id=version_id, user_id=actor.id, what=what))
        session.flush()


def _write(draft: PolicyVersion, document: str, read: Document) -> None:
    draft.document, draft.canonical = document, version.canonical(read)
    draft.semantic_hash, draft.document_hash = version.semantic_hash(read), version.document_hash(read)


def _unaltered(of: PolicyVersion) -> None:
    """Raise Refusal when the document is not the one that its hash was taken of: somebody changed it by hand."""
    if version.semantic_hash(parse(of.document)) != of.semantic_hash:
        raise Refusal(
            f"The document of version {of.id} is not the one that was saved ({of.semantic_hash[:19]}…); save it as a new draft.",
            code="policy_invalid",
        )


def _may(session: Session, actor: Actor, of: PolicyVersion, action: promotion.Action) -> None:
    worked = select(User.login).join(PolicyContribution).where(PolicyContribution.version_id == of.id)
    promotion.may_move(of.state, action, actor.roles, actor.login, session.scalars(worked).all())


def _decide(session: Session, actor: Actor, version_id: int, action: promotion.Action, reason: str) -> PolicyVersion:
    actor.require("decide_policy")  # first: the state of a version that is no more than a draft is not for everybody
    submitted = find(session, version_id)
    _may(session, actor, submitted, action)
    if action == "approve":
        _unaltered(submitted)
    if not reason.strip():
        raise Invalid(f"A decision on version {version_id} needs a reason.")
    submitted.decided_by_id, submitted.decided_at, submitted.decision_reason = actor.id, now(), reason.strip()
    record(session, actor, action, "policy_version", submitted.id, semantic_hash=submitted.semantic_hash)
    return submitted


def stored_facts(document: Document) -> None:
    """Raise Refusal for a policy that reads facts of its own, which no table of the database holds."""
    used = used_words(document)
    lacking = [word.name for word in document.own if word.name in used]
    if lacking:
        raise Refusal(
            f"The policy {document.id} reads {', '.join(lacking)}, which it declares itself and the database does not "
            "hold; grade a file with `fenji policy grade`, or use words of the vocabulary.",
            code="facts_not_stored",
        )


def _unchanged_champion(session: Session, of: PolicyVersion) -> None:
    """Raise Refusal when another version is in force than the one that a version's evidence compares it with."""
    evidence = session.scalar(
        select(Backtest)
        .join(PolicySubmission, PolicySubmission.backtest_id == Backtest.id)
        .where(PolicySubmission.version_id == of.id)
    )
    if evidence is not None:
        _compared_with_champion(session, of, evidence)


def _compared_with_champion(session: Session, of: PolicyVersion, evidence: Backtest) -> None:
    champion = in_force(session, session.get_one(Policy, of.policy_id).key, today(settings().zone))
    if evidence.champion_version_id != (champion.id if champion else None):
        then = f"version {evidence.champion_version_id}" if evidence.champion_version_id else "no version"
        raise Refusal(
            f"Backtest {evidence.id} compares version {of.id} with {then}, but "
            f"{f'version {champion.id}' if champion else 'none'} is in force now; "
            f"{f'run `fenji backtest run {of.id}`' if of.state == 'draft' else 'save it as a new draft and backtest that'}.",
            code="evidence_stale",
        )


def _evidence(session: Session, draft: PolicyVersion, backtest_id: int | None) -> Backtest:
    matching = select(Backtest).where(
        Backtest.version_id == draft.id,
        Backtest.state == "finished",
        Backtest.semantic_hash == draft.semantic_hash,
    )
    if backtest_id is not None:
        matching = matching.where(Backtest.id == backtest_id)
    found = session.scalars(matching.order_by(Backtest.id.desc()).limit(1)).first()
    if found is None:
        which = f"Backtest {backtest_id} is not" if backtest_id is not None else "There is no"
        raise Refusal(
            f"{which} a finished backtest of version {draft.id} as it stands ({draft.semantic_hash[:19]}…); "
            f"run `fenji backtest run {draft.id}`.",
            code="evidence_missing",
        )
    _compared_with_champion(session, draft, found)
    return found
