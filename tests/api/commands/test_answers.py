"""Missing answers of a run: the ranking agrees with each pending customer's facts, on both databases and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from api.cli.answers import print_answers
from api.commands.answers import answers
from api.commands.run import insert_grades
from api.errors import NotFound
from policies import compile_plan, grade, load
from policies.states import PENDING, state
from policies.vocabulary import WORDS
from schema.tables import Grade, Run, Snapshot, facts

PLAN = compile_plan(load(world.POLICY))


def test_a_run_ranks_what_its_pending_customers_lack(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 24, graded=False)
    run_id = world.grade(made)
    with Session(engine) as session:
        found = answers(session, run_id)
        snapshot = session.get_one(Run, run_id).snapshot_id
        rows = session.execute(
            select(*(facts.c[word.name] for word in WORDS))
            .join(Grade, (Grade.customer_id == facts.c.customer_id) & (Grade.run_id == run_id))
            .where(facts.c.snapshot_id == snapshot, Grade.status == "pending")
        ).mappings()
        pending = [dict(row) for row in rows]
    assert found.pending == len(pending) > 0
    assert found.amount == sum(row["amount_12m"] for row in pending if row["amount_12m"] is not None)
    for one in found.ranked:
        lacking = [row for row in pending if state(row[one.input]) in ("missing", "pending")]
        assert one.lacking == len(lacking)
        assert one.lacking_amount == sum(row["amount_12m"] or 0 for row in lacking)
        samples = [
            axis.sample(code) for axis in PLAN.axes if axis.word.name == one.input for code in range(1, axis.radix)
        ]
        ends = [{grade(PLAN, row | {one.input: value}).status for value in samples} for row in lacking]
        assert one.settled == sum("pending" not in end for end in ends)
        assert one.may_settle == sum("graded" in end for end in ends)
    with Session(engine) as session, pytest.raises(NotFound, match="no finished run 99"):
        answers(session, 99)


def test_an_unknown_status_is_asked_for_and_a_state_is_no_amount(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    run_id = world.grade(made)
    with Session(engine) as session:
        old = session.get_one(Run, run_id)
        known = session.execute(select(facts).where(facts.c.snapshot_id == old.snapshot_id)).mappings().all()
        snapshot = Snapshot(as_of=old.as_of, zone="UTC", rows=3, fingerprint="pending")
        session.add(snapshot)
        session.flush()
        changes = [
            {"status": "pending", "amount_12m": PENDING},
            {"status": None, "amount_12m": 500},
            {"status": "potential"},
        ]
        copies = [
            dict(row) | change | {"snapshot_id": snapshot.id} for row, change in zip(known, changes, strict=False)
        ]
        session.execute(insert(facts), copies)
        run = Run(
            version_id=old.version_id,
            as_of=old.as_of,
            started_by_id=old.started_by_id,
            snapshot_id=snapshot.id,
        )
        session.add(run)
        session.flush()
        insert_grades(session.connection(), PLAN, run.id, snapshot.id)
        run.state = "finished"
        session.flush()
        found = answers(session, run.id)
    assert (found.pending, found.amount) == (2, 500)
    asked = {one.input: (one.lacking, one.may_settle, one.lacking_amount) for one in found.ranked}
    assert asked["status"] == (2, 2, 500)  # a potential customer is not applicable, whatever else is missing
    assert asked["amount_12m"] == (1, 0, 0)


def test_the_ranking_is_printed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    run_id = world.grade(made)
    monkeypatch.setenv("COLUMNS", "200")
    with Session(engine) as session:
        found = answers(session, run_id)
    print_answers(found, 2)
    told = capsys.readouterr().out
    assert f"pending {found.pending}" in told
    assert found.ranked[0].input in told
    assert found.ranked[2].input not in told
