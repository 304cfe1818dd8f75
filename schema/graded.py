"""Grades as SQL words of a customer: the grade in force, the tier in effect, and the grade as of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, and_, case, func, select, type_coerce

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
from schema.tables.base import Base, Figure

Word = ColumnElement[Any]


def rows_of(model: type[Base]) -> FromClause:
    """Return an alias of a table: Core's own, of which expressions are made in a third of the time of a mapped one's."""
    return model.__table__.alias()


def run_as_of(day: date) -> ScalarSelect[int]:
    """Return the run whose grades were in force as of a day: the main policy's newest finished one of it or before."""
    run, version, policy = rows_of(Run), rows_of(PolicyVersion), rows_of(Policy)
    return (
        select(run.c.id)
        .join(version, version.c.id == run.c.version_id)
        .join(policy, policy.c.id == version.c.policy_id)
        .where(run.c.state == "finished", policy.c.main, run.c.as_of <= day)
        .order_by(run.c.as_of.desc(), run.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _of(customer: Any, grade: Any, statement: Select[Any]) -> ScalarSelect[Any]:
    """Return the value that a statement over grades gives a customer."""
    return statement.where(grade.c.customer_id == customer.c.id).correlate(customer).scalar_subquery()


def best_first(grade: Any, _viewer: Any = None) -> Word:
    """Return what grades of one run are ordered by, the best tier first: bit i of a mask is the i-th best tier."""
    return case((grade.c.tier.is_not(None), grade.c.candidates))


def tier(customer: Any) -> Word:
    """Return the computed tier of the grade in force."""
    grade = rows_of(CurrentGrade)
    return _of(customer, grade, select(grade.c.tier))


def tier_rank(customer: Any) -> Word:
    """Return what customers are ordered by for their tier, the best first."""
    grade = rows_of(CurrentGrade)
    return _of(customer, grade, select(best_first(grade)))


def tier_as_of(customer: Any, as_of: date) -> Word:
    """Return the computed tier of the grade that was in force as of a day."""
    grade = rows_of(Grade)
    return _of(customer, grade, select(grade.c.tier).where(grade.c.run_id == run_as_of(as_of)))


def tier_rank_as_of(customer: Any, as_of: date) -> Word:
    """Return what customers are ordered by for their tier as of a day, the best first."""
    grade = rows_of(Grade)
    return _of(customer, grade, select(best_first(grade)).where(grade.c.run_id == run_as_of(as_of)))


def total(customer: Any) -> Word:
    """Return the total of the grade in force in points of 100, rounded down to 1/10000."""
    grade, run, version, plan = rows_of(CurrentGrade), rows_of(Run), rows_of(PolicyVersion), rows_of(Plan)
    points = type_coerce(grade.c.total * 1_000_000 // plan.c.scale, Figure)  # at most 2^31 * 10^6: within int64
    statement = (
        select(points)
        .select_from(grade)
        .join(run, run.c.id == grade.c.run_id)
        .join(version, version.c.id == run.c.version_id)
        .join(plan, plan.c.document_hash == version.c.document_hash)
    )
    return type_coerce(_of(customer, grade, statement), Figure)


def _effective(customer: Any, chosen: Callable[[Word, Any], Select[Any]]) -> Word:
    """Return what is chosen of (the tier in effect today, the version); SQL for ``schema.appointed.effective``."""
    grade, run, version = rows_of(CurrentGrade), rows_of(Run), rows_of(PolicyVersion)
    kept, fall, appointed = rows_of(Standing), rows_of(FallDecision), rows_of(Appointment)
    given = (
        select(appointed.c.tier)
        .where(appointed.c.customer_id == grade.c.customer_id, appointed.c.policy_id == version.c.policy_id)
        .where(holds_on(TODAY, appointed.c))
        .correlate(grade, version)
        .scalar_subquery()
    )
    held = case(
        (fall.c.decision == "approved", kept.c.proposed), (kept.c.below.is_not(None), kept.c.tier), else_=grade.c.tier
    )
    statement = (
        chosen(func.coalesce(given, held), version)
        .select_from(grade)
        .join(run, run.c.id == grade.c.run_id)
        .join(version, version.c.id == run.c.version_id)
        .outerjoin(kept, and_(kept.c.run_id == grade.c.run_id, kept.c.customer_id == grade.c.customer_id))
        .outerjoin(fall, and_(fall.c.run_id == kept.c.run_id, fall.c.customer_id == kept.c.customer_id))
    )
    return _of(customer, grade, statement)


def effective_tier(customer: Any) -> Word:
    """Return the tier in effect today: given by people, else kept by the hold rule, else computed."""
    return _effective(customer, lambda tier, _: select(tier))


def effective_rank(customer: Any) -> Word:
    """Return what customers are ordered by for their tier in effect, the best first."""

    def rank(tier: Word, version: Any) -> Select[Any]:
        ranked = rows_of(PlanTier)
        found = select(ranked.c.rank).where(ranked.c.document_hash == version.c.document_hash, ranked.c.tier == tier)
        return select(found.correlate_except(ranked).scalar_subquery())

    return _effective(customer, rank)
