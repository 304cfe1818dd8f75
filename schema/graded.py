"""Grades as SQL words of a customer: the grade in force, the tier in effect, and the grade as of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, select, type_coerce
from sqlalchemy.orm import aliased

from schema.appointed import holds_on
from schema.select.moment import TODAY
from schema.tables import (
    Appointment,
    CurrentGrade,
    FallDecision,
    Grade,
    Plan,
    PlanTier,
    Policy,
    PolicyVersion,
    Run,
    Standing,
)
from schema.tables.base import Figure

Word = ColumnElement[Any]


def run_as_of(day: date) -> ScalarSelect[int]:
    """Return the run whose grades were in force as of a day: the main policy's newest finished one of it or before."""
    run, version, policy = aliased(Run), aliased(PolicyVersion), aliased(Policy)
    return (
        select(run.id)
        .join(version, version.id == run.version_id)
        .join(policy, policy.id == version.policy_id)
        .where(run.state == "finished", policy.main, run.as_of <= day)
        .order_by(run.as_of.desc(), run.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _of(customer: Any, grade: Any, statement: Select[Any]) -> ScalarSelect[Any]:
    """Return the value that a statement over grades gives a customer."""
    return statement.where(grade.customer_id == customer.c.id).correlate(customer).scalar_subquery()


def best_first(grade: Any, _viewer: Any = None) -> Word:
    """Return what grades of one run are ordered by, the best tier first: bit i of a mask is the i-th best tier."""
    return case((grade.c.tier.is_not(None), grade.c.candidates))


def tier(customer: Any) -> Word:
    """Return the computed tier of the grade in force."""
    grade = aliased(CurrentGrade)
    return _of(customer, grade, select(grade.tier))


def tier_rank(customer: Any) -> Word:
    """Return what customers are ordered by for their tier, the best first."""
    grade = aliased(CurrentGrade)
    return _of(customer, grade, select(case((grade.tier.is_not(None), grade.candidates))))


def tier_as_of(customer: Any, as_of: date) -> Word:
    """Return the computed tier of the grade that was in force as of a day."""
    grade = aliased(Grade)
    return _of(customer, grade, select(grade.tier).where(grade.run_id == run_as_of(as_of)))


def tier_rank_as_of(customer: Any, as_of: date) -> Word:
    """Return what customers are ordered by for their tier as of a day, the best first."""
    grade = aliased(Grade)
    mask = case((grade.tier.is_not(None), grade.candidates))
    return _of(customer, grade, select(mask).where(grade.run_id == run_as_of(as_of)))


def total(customer: Any) -> Word:
    """Return the total of the grade in force in points of 100, rounded down to 1/10000."""
    grade, run, version, plan = aliased(CurrentGrade), aliased(Run), aliased(PolicyVersion), aliased(Plan)
    points = type_coerce(grade.total * 1_000_000 // plan.scale, Figure)  # at most 2^31 * 10^6: within int64
    statement = (
        select(points)
        .select_from(grade)
        .join(run, run.id == grade.run_id)
        .join(version, version.id == run.version_id)
        .join(plan, plan.document_hash == version.document_hash)
    )
    return type_coerce(_of(customer, grade, statement), Figure)


def _effective(customer: Any, chosen: Callable[[Word, Any], Select[Any]]) -> Word:
    """Return what is chosen of (the tier in effect today, the version); SQL for ``schema.appointed.effective``."""
    grade, run, version = aliased(CurrentGrade), aliased(Run), aliased(PolicyVersion)
    kept, fall, appointed = aliased(Standing), aliased(FallDecision), aliased(Appointment)
    given = (
        select(appointed.tier)
        .where(appointed.customer_id == grade.customer_id, appointed.policy_id == version.policy_id)
        .where(holds_on(TODAY, appointed))
        .correlate(grade, version)
        .scalar_subquery()
    )
    held = case((fall.decision == "approved", kept.proposed), (kept.below.is_not(None), kept.tier), else_=grade.tier)
    statement = (
        chosen(func.coalesce(given, held), version)
        .select_from(grade)
        .join(run, run.id == grade.run_id)
        .join(version, version.id == run.version_id)
        .outerjoin(kept, and_(kept.run_id == grade.run_id, kept.customer_id == grade.customer_id))
        .outerjoin(fall, and_(fall.run_id == kept.run_id, fall.customer_id == kept.customer_id))
    )
    return _of(customer, grade, statement)


def effective_tier(customer: Any) -> Word:
    """Return the tier in effect today: given by people, else kept by the hold rule, else computed."""
    return _effective(customer, lambda tier, _: select(tier))


def effective_rank(customer: Any) -> Word:
    """Return what customers are ordered by for their tier in effect, the best first."""

    def rank(tier: Word, version: Any) -> Select[Any]:
        ranked = aliased(PlanTier)
        found = select(ranked.rank).where(ranked.document_hash == version.document_hash, ranked.tier == tier)
        return select(found.correlate_except(ranked).scalar_subquery())

    return _effective(customer, rank)
