"""Standings of a run: every customer follows the hold rule of the run's policy, in the database and set by set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Join,
    MetaData,
    String,
    Table,
    and_,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session, aliased
from sqlglot import exp

from policies import Plan, compile_plan
from policies.hold import Graded, Standing, follow, staying
from policies.sql import select_statement
from schema import tables
from schema.previous import previous_run
from schema.standing import standings_after, stands
from schema.tables import FallDecision, Grade, Policy, PolicyVersion, Run

# Working tables of the one transaction; a missing text is empty there, so that joins compare with a plain "=".
_METADATA = MetaData()
_SITUATION = {"tier": String, "below": Integer, "proposed": String, "status": String, "computed": String}
_STAYS = {"stays_status": String, "stays_tier": String}
_AFTER = {"after_tier": String, "after_below": Integer, "after_held": String, "after_proposed": String}


def _working(name: str, columns: Mapping[str, type[String | Integer]], *keys: str) -> Table:
    customer = [] if "customer_id" not in keys else [Column("customer_id", BigInteger, primary_key=True)]
    others = [
        Column(each, kind, primary_key=each in keys, nullable=each.startswith("after_"))
        for each, kind in columns.items()
    ]
    return Table(name, _METADATA, *customer, *others, prefixes=["TEMPORARY"])


SITUATIONS = _working("standing_situations", _SITUATION, "customer_id")
STAYING = _working("standing_staying", _STAYS, "customer_id")
ANSWERS = _working("standing_answers", {**_SITUATION, **_STAYS, **_AFTER}, *_SITUATION, *_STAYS)


def fill(session: Session, run: Run, plan: Plan, snapshot_id: int, dialect: str) -> None:
    """Add the standings of a run whose grades are there; nothing for a policy without a hold rule.

    Each different situation is one question to ``policies.hold.follow``, whatever the number of customers.  The policy's
    row is locked: a decision on a fall comes before or after, never between.
    """
    if plan.document.hold is None:
        return
    version = session.get_one(PolicyVersion, run.version_id)
    session.get_one(Policy, version.policy_id, with_for_update={"key_share": True})
    session.flush()
    connection = session.connection()
    here = (
        select(previous_run(Run, PolicyVersion))
        .select_from(Run)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
    )
    before = session.scalar(here.where(Run.id == run.id))
    _METADATA.create_all(connection, checkfirst=False)
    _situations(connection, run.id, before)
    for tier in plan.document.hold.exit:
        _stay(connection, plan, tier, snapshot_id, dialect)
    _answer(connection, plan)
    alike = and_(*(ANSWERS.c[name] == column for name, column in _columns().items()))
    joined = _with_staying().join(ANSWERS, alike)
    after = select(literal(run.id), SITUATIONS.c.customer_id, *(ANSWERS.c[name] for name in _AFTER)).select_from(joined)
    names = ["run_id", "customer_id", "tier", "below", "held", "proposed"]
    connection.execute(insert(tables.Standing).from_select(names, after))
    _METADATA.drop_all(connection, checkfirst=False)
    _carry(session, run, version.policy_id)


def standing_of(session: Session, run_id: int, customer_id: int) -> Standing | None:
    """Return where a customer stands after a run and the decision on its fall; None where the run has no standings."""
    kept = session.get(tables.Standing, (run_id, customer_id))
    if kept is None:
        return None
    fall = session.get(FallDecision, (run_id, customer_id))
    return stands(kept.tier, kept.below, kept.held, kept.proposed, None if fall is None else fall.decision)  # type: ignore[arg-type]  # a constraint holds the words


def counts(session: Session, run_id: int) -> dict[str, int]:
    """Return the number of customers by the tier of their standing, and by status where there is no tier."""
    label = func.coalesce(tables.Standing.tier, Grade.status)
    counted = (
        select(label, func.count())
        .join(Grade, and_(Grade.run_id == tables.Standing.run_id, Grade.customer_id == tables.Standing.customer_id))
        .where(tables.Standing.run_id == run_id)
        .group_by(label)
        .order_by(label)
    )
    return {str(name): int(number) for name, number in session.execute(counted)}


def _situations(connection: Connection, run_id: int, before: int | None) -> None:
    """Put each customer's standing before beside its result."""
    stood = standings_after(before).subquery()
    rows = (
        select(
            Grade.customer_id,
            func.coalesce(stood.c.tier, ""),
            func.coalesce(stood.c.below, 0),
            func.coalesce(stood.c.proposed, ""),
            Grade.status,
            func.coalesce(Grade.tier, ""),
        )
        .outerjoin(stood, stood.c.customer_id == Grade.customer_id)
        .where(Grade.run_id == run_id)
    )
    connection.execute(insert(SITUATIONS).from_select(["customer_id", *_SITUATION], rows))


def _stay(connection: Connection, plan: Plan, tier: str, snapshot_id: int, dialect: str) -> None:
    """Grade whoever stands in a tier with an exit bound by the document that begins it there."""
    there = exp.select("customer_id").from_(SITUATIONS.name).where(exp.column("tier").eq(exp.convert(tier)))
    where = exp.and_(exp.column("snapshot_id").eq(snapshot_id), exp.column("customer_id").isin(query=there))
    graded = select_statement(compile_plan(staying(plan.document, tier)), dialect, "facts", where=where)
    statement = (
        f"insert into {STAYING.name} (customer_id, stays_status, stays_tier) "  # noqa: S608  # names of this module, the plan's statement
        f"select customer_id, status, coalesce(tier, '') from ({graded}) as q"
    )
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _with_staying() -> Join:
    return SITUATIONS.outerjoin(STAYING, STAYING.c.customer_id == SITUATIONS.c.customer_id)


def _columns() -> dict[str, ColumnElement[object]]:
    """Return what makes a situation, by its name in the table of answers."""
    own = {name: SITUATIONS.c[name] for name in _SITUATION}
    return own | {name: func.coalesce(STAYING.c[name], "") for name in _STAYS}


def _answer(connection: Connection, plan: Plan) -> None:
    """Ask the hold rule once for each different situation."""
    found = [column.label(name) for name, column in _columns().items()]
    answers = []
    for row in connection.execute(select(*found).distinct().select_from(_with_staying())):
        after = follow(
            plan.document,
            Standing(row.tier or None, row.below, proposed=row.proposed or None),
            Graded(row.status, row.computed or None),
            Graded(row.stays_status, row.stays_tier or None) if row.stays_status else None,
        )
        answers.append({**row._mapping, **{f"after_{name}": value for name, value in vars(after).items()}})
    if answers:
        connection.execute(insert(ANSWERS), answers)


def _carry(session: Session, run: Run, policy_id: int) -> None:
    """Take over what was decided on the same fall in a run of the same day: who decided need not decide again."""
    earlier = session.scalar(
        select(Run.id)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .where(PolicyVersion.policy_id == policy_id, Run.as_of == run.as_of, Run.state == "finished", Run.id != run.id)
        .order_by(Run.id.desc())
        .limit(1)
    )
    old, new = aliased(tables.Standing), aliased(tables.Standing)
    taken = ("decision", "reason", "decided_by_id", "decided_at")
    rows = (
        select(new.run_id, new.customer_id, *(getattr(FallDecision, name) for name in taken))
        .join(old, and_(old.run_id == FallDecision.run_id, old.customer_id == FallDecision.customer_id))
        .join(new, and_(new.run_id == run.id, new.customer_id == old.customer_id))
        .where(FallDecision.run_id == earlier, new.tier == old.tier, new.proposed == old.proposed)
    )
    session.execute(insert(FallDecision).from_select(["run_id", "customer_id", *taken], rows))
