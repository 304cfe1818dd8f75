"""Missing answers of a run: which of them would settle most of its pending customers, and how much revenue."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import Session

from api.errors import NotFound
from policies import Plan, compile_plan, parse
from policies.answers import Answers, rank
from policies.ranking import frozen
from policies.states import PENDING
from schema.tables import Grade, PolicyVersion, Run, facts


def answers(session: Session, run_id: int) -> Answers:
    """Rank what the pending customers of a finished run lack, with their amounts of 12 months; NotFound for another run."""
    run = session.get(Run, run_id)
    if run is None or run.state != "finished":
        raise NotFound(f"There is no finished run {run_id}; `fenji grade list` shows them.")
    plan = frozen(compile_plan(parse(session.get_one(PolicyVersion, run.version_id).document)), run.cuts)
    open_ = _open_words(plan)
    amount = func.coalesce(func.sum(case((facts.c.amount_12m > PENDING, facts.c.amount_12m))), 0)
    counted = (
        select(Grade.levels, open_, func.count(), amount)
        .join(facts, (facts.c.customer_id == Grade.customer_id) & (facts.c.snapshot_id == run.snapshot_id))
        .where(Grade.run_id == run_id, Grade.status == "pending")
        .group_by(Grade.levels, open_)
    )
    rows = session.execute(counted, execution_options={"yield_per": 20_000})
    return rank(plan, ((levels, bits, number, int(sum_)) for levels, bits, number, sum_ in rows))


def _open_words(plan: Plan) -> ColumnElement[int]:
    """Return the words of the population that have no value, as bits."""
    bits: Any = literal(0)
    for bit, part in enumerate(plan.population):
        word = facts.c[part.word]
        bits = bits + case((or_(word.is_(None), word.in_(("pending", "not_applicable"))), 1 << bit), else_=0)
    return bits.label("open_words")  # type: ignore[no-any-return]  # a sum of SQL expressions given as Any
