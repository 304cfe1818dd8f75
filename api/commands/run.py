"""Grading runs: facts -> snapshot -> grades, graded inside the database, the same when run again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session
from sqlglot import exp

from api import jobs
from api.access import Actor
from api.commands import plan as plans
from api.commands import snapshot as snapshots
from api.commands import standing as standings
from api.commands.audit import record
from api.commands.policy import in_force
from api.errors import NotFound
from api.events import announce
from api.settings import settings
from policies import compile_plan, parse
from policies.plan import Plan
from policies.ranking import ranked
from policies.sql import COLUMNS, histogram_statement, select_statement
from schema.tables import CurrentGrade, Grade, PolicyVersion, Run, Standing, facts
from schema.tables.base import now

STANDING_COLUMNS = ("customer_id", "tier", "below", "held", "proposed")


def start(session: Session, actor: Actor, policy_key: str, as_of: date) -> Run:
    """Queue a grading of all customers as of a day, with the version of the policy that is in force today.

    Raises Invalid for a day to come or before 1900, NotFound when no version is in force.
    """
    actor.require("run_grading")
    today = snapshots.today(settings().zone)
    snapshots.check_day(as_of, settings().zone)
    version = in_force(session, policy_key, today)
    if version is None:
        raise NotFound(
            f"No version of the policy {policy_key!r} is in force on {today}; approve one and put it in force.",
            code="no_policy_in_force",
        )
    run = Run(version_id=version.id, as_of=as_of, started_by_id=actor.id)
    session.add(run)
    session.flush()
    run.job_id = jobs.enqueue(session, "grade", {"run_id": run.id})
    record(session, actor, "start", "run", run.id, policy=policy_key, version=version.number, as_of=str(as_of))
    return run


def _failed(session: Session, payload: dict[str, Any], error: str) -> None:
    run = session.get_one(Run, payload["run_id"])
    run.state, run.error, run.finished_at = "failed", error, now()
    announce(session, "run", [run.id])


@jobs.handler("grade", _failed)
def execute(work: jobs.Work) -> None:
    """Take the snapshot, grade it inside the database, and finish the run in one last transaction."""
    with Session(work.engine) as session:
        run = session.get_one(Run, work.payload["run_id"])
        as_of, version = run.as_of, session.get_one(PolicyVersion, run.version_id)
    plan = compile_plan(parse(version.document))
    snapshot = snapshots.take(work.engine, work.home, as_of, settings().zone, work.report)
    work.report(0, snapshot.rows, "grades")
    with work.finishing("graded", snapshot.rows) as session:
        run = session.get_one(Run, work.payload["run_id"])
        plan = with_cuts(session.connection(), plan, snapshot.id)
        if plan.cuts is not None:
            run.cuts = plan.cuts.to_json()
        insert_grades(session.connection(), plan, run.id, snapshot.id)
        plans.keep(session, version.document_hash, plan)
        run.counts = counts(session, run.id)
        run.fingerprint = fingerprint(session.connection(), run.id)
        if plan.document.hold is not None:
            standings.fill(session, run, plan, snapshot.id, dialect_of(session.connection()))
            run.standing_counts = standings.counts(session, run.id)
            run.standings_fingerprint = fingerprint(session.connection(), run.id, Standing, STANDING_COLUMNS)
        run.snapshot_id, run.state, run.finished_at = snapshot.id, "finished", now()
        announce(session, "run", [run.id])
        announce(session, "graded", [run.id])  # once, while ``run`` was told of the start as well


def with_cuts(connection: Connection, plan: Plan, snapshot_id: int) -> Plan:
    """Return the plan of a ranking with the cut scores of a snapshot's customers; any other plan as it is."""
    if not plan.shares:
        return plan
    rows = exp.column("snapshot_id").eq(snapshot_id)
    counted = connection.exec_driver_sql(histogram_statement(plan, dialect_of(connection), "facts", where=rows))
    return ranked(plan, [tuple(row) for row in counted])


def dialect_of(connection: Connection) -> str:
    """Return what the compiler calls a database's SQL."""
    return {"postgresql": "postgres"}.get(connection.dialect.name, connection.dialect.name)


def insert_grades(connection: Connection, plan: Plan, run_id: int, snapshot_id: int) -> None:
    """Grade the rows of a snapshot with one INSERT … SELECT in the database's own SQL."""
    graded = select_statement(
        plan,
        dialect_of(connection),
        "facts",
        where=exp.column("snapshot_id").eq(snapshot_id),
        constants={"run_id": run_id},
    )
    statement = f"insert into grades (run_id, {', '.join(COLUMNS)}) {graded}"
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})  # a % in it is no placeholder


def before(session: Session, run: Run, plan: Plan, grade: Grade | CurrentGrade) -> tuple[int, int]:
    """Return how many ranked customers of a run are certainly before one, and how many may be."""
    known = [facts.c[part.word].in_(part.applies) for part in plan.population]
    there = facts.c.snapshot_id == run.snapshot_id
    sure, may = session.execute(
        select(
            func.count().filter(Grade.worst > grade.best, *known),
            func.count().filter(Grade.best > grade.worst, Grade.customer_id != grade.customer_id),
        )
        .join(facts, (facts.c.customer_id == Grade.customer_id) & there)
        .where(Grade.run_id == run.id, Grade.status.in_(("graded", "pending")))
    ).one()
    return int(sure), int(may)


def counts(session: Session, run_id: int) -> dict[str, int]:
    """Return the number of customers by tier, and by status where there is no tier."""
    label = func.coalesce(Grade.tier, Grade.status)
    counted = select(label, func.count()).where(Grade.run_id == run_id).group_by(label).order_by(label)
    return {str(name): int(number) for name, number in session.execute(counted)}


def fingerprint(
    connection: Connection,
    run_id: int,
    table: type[Grade | Standing] = Grade,
    names: Sequence[str] = COLUMNS,
) -> str:
    """Return the SHA-256 of every grade, or standing, of a run in the order of customers."""
    digest = hashlib.sha256()
    columns = [getattr(table, name) for name in names]
    rows = connection.execute(
        select(*columns).where(table.run_id == run_id).order_by(table.customer_id),
        execution_options={"yield_per": 20_000},
    )
    for batch in rows.partitions():
        digest.update("".join(f"{tuple(row)!r}\n" for row in batch).encode())
    return f"sha256:{digest.hexdigest()}"
