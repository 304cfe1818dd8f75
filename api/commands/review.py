"""Review of a run: the customers whose result a person must look at, and why, as the run's policy asks for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from api.errors import NotFound
from policies import Plan, compile_plan, parse
from policies.lift import points_of
from policies.plan import moving_gates
from policies.review import CODES, Reviewed, ReviewReason, reasons_to_review
from schema.previous import previous_run
from schema.tables import Customer, Grade, PolicyVersion, Run


@dataclass(frozen=True)
class ReviewRow:
    """One customer to look at."""

    number: str
    name: str
    status: str
    tier: str | None
    reasons: tuple[ReviewReason, ...]


@dataclass(frozen=True)
class RunReview:
    """A run's review: whether its policy asks for one, how many customers there are to look at, and the first of them."""

    asked: bool
    graded: int
    customers: int
    counts: dict[str, int]
    rows: tuple[ReviewRow, ...]


def review(session: Session, run_id: int, most: int) -> RunReview:
    """Return whom to look at in a finished run, the first ``most`` by number with their reasons; NotFound for another."""
    run = session.get(Run, run_id)
    if run is None or run.state != "finished":
        raise NotFound(f"There is no finished run {run_id}; `fenji grade list` shows them.")
    plan = compile_plan(parse(session.get_one(PolicyVersion, run.version_id).document))
    known: dict[tuple[object, ...], tuple[ReviewReason, ...]] = {}
    counts: Counter[str] = Counter()
    rows: list[ReviewRow] = []
    graded = customers = 0
    before = aliased(Grade)
    statement = (
        select(Customer.number, Customer.name, Grade.status, Grade.tier, Grade.worst, Grade.best, Grade.levels,
               before.tier.label("previous"))
        .join(Run, Run.id == Grade.run_id)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .join(Customer, Customer.id == Grade.customer_id)
        .outerjoin(before, (before.run_id == previous_run(Run, PolicyVersion)) & (before.customer_id == Grade.customer_id))
        .where(Grade.run_id == run_id)
        .order_by(Customer.number)
    )  # fmt: skip
    for row in session.execute(statement, execution_options={"yield_per": 20_000}):
        graded += 1
        situation = (row.status, row.tier, row.worst, row.best, row.levels, row.previous)
        if situation not in known:
            known[situation] = reasons_to_review(plan.document, _reviewed(plan, row), row.previous)
        reasons = known[situation]
        customers += bool(reasons)
        counts.update({reason.code for reason in reasons})
        if reasons and len(rows) < most:
            rows.append(ReviewRow(row.number, row.name, row.status, row.tier, reasons))
    asked = plan.document.review is not None
    found: dict[str, int] = {code: counts[code] for code in CODES if counts[code]}
    return RunReview(asked, graded, customers, found, tuple(rows))


def _reviewed(plan: Plan, row: Any) -> Reviewed:
    settled = row.status in ("graded", "pending")
    ends = (points_of(plan, row.worst), points_of(plan, row.best)) if settled and plan.kind == "scorecard" else None
    return Reviewed(row.status, row.tier, ends, moving_gates(plan, plan.unpack(row.levels)) if settled else ())
