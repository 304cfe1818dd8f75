"""The run before a run, and the newest run: finished ones of one policy, by their day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from schema.tables import Grade, PolicyVersion, Run


def previous_run(run: Any, version: Any) -> ColumnElement[int | None]:
    """Return the id of the run before ``run``, whose policy version is ``version``, as a subquery."""
    before, its = aliased(Run), aliased(PolicyVersion)
    return (
        select(before.id)
        .join(its, its.id == before.version_id)
        .where(its.policy_id == version.policy_id, before.state == "finished", before.as_of < run.as_of)
        .order_by(before.as_of.desc(), before.id.desc())
        .limit(1)
        .correlate(run, version)
        .scalar_subquery()
    )


def newest_run(policy: Any) -> ColumnElement[int | None]:
    """Return the id of the newest finished run of ``policy`` as a subquery."""
    run, its = aliased(Run), aliased(PolicyVersion)
    return (
        select(run.id)
        .join(its, its.id == run.version_id)
        .where(its.policy_id == policy.id, run.state == "finished")
        .order_by(run.as_of.desc(), run.id.desc())
        .limit(1)
        .correlate(policy)
        .scalar_subquery()
    )


def previous_tiers() -> Select[int, int, str | None]:
    """Return the statement of (run, customer, tier in the run before), for customers who had a grade there."""
    return (
        select(Run.id, Grade.customer_id, Grade.tier)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .join(Grade, Grade.run_id == previous_run(Run, PolicyVersion))
    )
