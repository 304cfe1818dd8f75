"""Grading runs: facts -> snapshot -> grades, exact, the same when run again, on both databases."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from people import finished_backtest, person
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor, actor_of_login
from api.commands import policy, run, snapshot
from api.commands.snapshot import today
from api.database import writing
from policies import compile_plan, load, oracle
from policies.documents import shipped
from policies.refusal import Refusal
from policies.vocabulary import VOCABULARY, WORDS
from schema.tables import Audit, CurrentGrade, Customer, Grade, JobEvent, Order, Run, Snapshot, facts

ZONE = "Asia/Shanghai"
DAY = date(2026, 3, 31)


@pytest.fixture
def analyst(engine: Engine) -> Actor:
    return person(engine, "chen", "analyst")


def in_force(engine: Engine, analyst: Actor, key: str) -> None:
    strategist = person(engine, "lin", "strategy")
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, shipped()[key].read_text(encoding="utf-8"))
        finished_backtest(session, draft, analyst)
        policy.submit(session, analyst, draft.id)
        policy.approve(session, strategist, draft.id, "ok")
        policy.put_in_force(session, strategist, draft.id, today(ZONE))


def customers(engine: Engine, count: int = 40) -> None:
    """Customers with one to three orders; every fourth has none."""
    with writing(engine) as session:
        for key in range(1, count + 1):
            session.execute(
                insert(Customer).values(
                    id=key,
                    number=f"202001-{key:04}",
                    name=f"公司{key}",
                    known_at=snapshot.end_of_day(date(2020, 1, 1), ZONE),
                )
            )
            for n in range(key % 4):
                day = date(2026, 1 + n, 1 + key % 28)
                session.execute(
                    insert(Order).values(
                        customer_id=key,
                        ordered_on=day,
                        amount=key * 1000 + n,
                        profit=key,
                        known_at=snapshot.end_of_day(day, ZONE),
                    )
                )


def graded(engine: Engine, analyst: Actor, home: Path, key: str = "sabcd-weighted", day: date = DAY) -> Run:
    with writing(engine) as session:
        started = run.start(session, analyst, key, day)
    assert jobs.run(engine, home, started.job_id) == started.job_id
    with Session(engine) as session:
        return session.get_one(Run, started.id)


@pytest.mark.parametrize("key", ["sabcd-weighted", "sabc-threshold"])
def test_grades_in_the_database_equal_the_oracle_and_run_again_the_same(
    engine: Engine, analyst: Actor, tmp_path: Path, key: str
) -> None:
    customers(engine)
    in_force(engine, analyst, key)
    first, second = graded(engine, analyst, tmp_path, key), graded(engine, analyst, tmp_path, key)
    assert first.state == "finished"
    assert first.fingerprint == second.fingerprint
    assert first.snapshot_id == second.snapshot_id
    assert sum(first.counts.values()) == 40  # type: ignore[union-attr]
    plan = compile_plan(load(key))
    with Session(engine) as session:
        rows = {row.customer_id: row for row in session.execute(select(facts)).all()}
        for grade in session.scalars(select(Grade).where(Grade.run_id == first.id)):
            known = {word.name: getattr(rows[grade.customer_id], word.name) for word in WORDS}
            expected = oracle.grade(plan, known)
            found = (grade.status, grade.tier, grade.total, grade.worst, grade.best, grade.candidates, grade.levels)
            assert found == (
                expected.status,
                expected.tier,
                expected.total,
                expected.worst,
                expected.best,
                expected.candidates,
                expected.levels,
            )


def test_a_snapshot_is_rows_a_fingerprint_and_a_parquet_file(engine: Engine, tmp_path: Path) -> None:
    customers(engine)
    taken = snapshot.take(engine, tmp_path, DAY, ZONE)
    again = snapshot.take(engine, tmp_path, DAY, ZONE)
    assert (again.id, again.fingerprint) == (taken.id, taken.fingerprint)
    table = pq.read_table(tmp_path / str(taken.parquet))
    assert table.column_names == ["customer_id", *VOCABULARY]
    assert table.num_rows == taken.rows == 40
    with Session(engine) as session:
        session.execute(
            insert(Order).values(
                customer_id=1, ordered_on=DAY, amount=5, known_at=snapshot.end_of_day(date(2026, 3, 1), ZONE)
            )
        )
        session.commit()
    changed = snapshot.take(engine, tmp_path, DAY, ZONE)
    assert changed.fingerprint != taken.fingerprint
    with pytest.raises(IntegrityError, match="never change"), engine.begin() as connection:
        connection.execute(text("update facts set amount_12m = 1"))
    assert [path.suffix for path in (tmp_path / "snapshots").iterdir()] == [".parquet", ".parquet"]


def test_a_person_keeps_a_snapshot_only_with_the_role_and_on_record(
    engine: Engine, analyst: Actor, tmp_path: Path
) -> None:
    customers(engine, 3)
    with pytest.raises(Refusal, match="may not run_grading"):
        snapshot.keep(engine, person(engine, "he", "service"), tmp_path, DAY, ZONE)
    kept = snapshot.keep(engine, analyst, tmp_path, DAY, ZONE)
    with Session(engine) as session:
        assert session.scalar(select(Audit.noun_id).where(Audit.action == "keep")) == str(kept.id)
        assert session.scalar(select(func.count()).select_from(Snapshot)) == 1


def test_both_databases_give_the_same_fingerprints(
    sqlite_engine: Engine, postgres_engine: Engine, tmp_path: Path
) -> None:
    runs = []
    for engine in (sqlite_engine, postgres_engine):
        customers(engine)
        analyst = person(engine, "chen", "analyst")
        in_force(engine, analyst, "sabcd-weighted")
        found = graded(engine, analyst, tmp_path / engine.dialect.name)
        with Session(engine) as session:
            runs.append((found.fingerprint, session.get_one(Snapshot, found.snapshot_id).fingerprint))
    assert runs[0] == runs[1]


def test_orders_of_several_currencies_are_not_added(engine: Engine, tmp_path: Path) -> None:
    customers(engine, 2)
    with engine.begin() as connection:
        connection.execute(
            insert(Order).values(
                customer_id=1, ordered_on=DAY, amount=5, currency="USD", known_at=snapshot.end_of_day(DAY, "UTC")
            )
        )
        connection.execute(text("update orders set known_at = '2026-01-01 00:00:00'"))
    with pytest.raises(Refusal, match="CNY, USD") as refused:
        snapshot.take(engine, tmp_path, DAY, ZONE)
    assert refused.value.code == "mixed_currencies"
    assert list((tmp_path / "snapshots").iterdir()) == []
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Snapshot)) == 0


def test_amounts_beyond_what_is_kept_are_refused_not_rounded(engine: Engine, tmp_path: Path) -> None:
    customers(engine, 1)
    with engine.begin() as connection:
        huge = {"customer_id": 1, "ordered_on": DAY, "amount": 10**12, "known_at": datetime(2026, 1, 1, tzinfo=UTC)}
        connection.execute(insert(Order), [huge] * 1000)
    with pytest.raises(Refusal, match="the most that is kept"):
        snapshot.take(engine, tmp_path, DAY, ZONE)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Snapshot)) == 0


def test_a_day_before_any_date_is_refused_and_a_crashs_old_file_is_removed(engine: Engine, tmp_path: Path) -> None:
    customers(engine, 2)
    with pytest.raises(Refusal, match="lies before 1900"):
        snapshot.take(engine, tmp_path, date(1, 1, 1), ZONE)
    left, running = (tmp_path / "snapshots" / f"{name}.partial" for name in ("left", "running"))
    left.parent.mkdir(parents=True)
    for path in (left, running):
        path.touch()
    os.utime(left, (0, 0))
    snapshot.take(engine, tmp_path, DAY, ZONE)
    assert (left.exists(), running.exists()) == (False, True)


def test_a_run_without_a_policy_in_force_or_for_a_day_to_come_is_refused(engine: Engine, analyst: Actor) -> None:
    with pytest.raises(Refusal) as refused, writing(engine) as session:
        run.start(session, analyst, "sabcd-weighted", DAY)
    assert refused.value.code == "no_policy_in_force"
    with pytest.raises(Refusal, match="still to come"), writing(engine) as session:
        run.start(session, analyst, "sabcd-weighted", date(2999, 1, 1))
    with pytest.raises(Refusal, match="may not run_grading"), writing(engine) as session:
        run.start(session, person(engine, "he", "service"), "sabcd-weighted", DAY)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0


def test_a_failed_run_says_why_and_leaves_no_grade(engine: Engine, analyst: Actor, tmp_path: Path) -> None:
    customers(engine, 3)
    in_force(engine, analyst, "sabcd-weighted")
    with engine.begin() as connection:
        connection.execute(
            insert(Order).values(
                customer_id=1,
                ordered_on=DAY,
                amount=5,
                currency="USD",
                known_at=snapshot.end_of_day(date(2026, 1, 1), "UTC"),
            )
        )
    with writing(engine) as session:
        started = run.start(session, analyst, "sabcd-weighted", DAY)
    with pytest.raises(Refusal):
        jobs.run(engine, tmp_path, started.job_id)
    with Session(engine) as session:
        failed = session.get_one(Run, started.id)
        assert failed.state == "failed"
        assert "CNY, USD" in str(failed.error)
        assert session.scalar(select(func.count()).select_from(Grade)) == 0


def test_progress_is_kept_for_late_subscribers(engine: Engine, analyst: Actor, tmp_path: Path) -> None:
    customers(engine)
    in_force(engine, analyst, "sabcd-weighted")
    found = graded(engine, analyst, tmp_path)
    with Session(engine) as session:
        events = session.scalars(select(JobEvent).where(JobEvent.job_id == found.job_id).order_by(JobEvent.id)).all()
    assert [(event.message, event.done, event.total) for event in events] == [
        ("facts", 40, 40),
        ("grades", 0, 40),
        ("graded", 40, 40),
    ]


def test_a_finished_run_and_its_grades_never_change(engine: Engine, analyst: Actor, tmp_path: Path) -> None:
    customers(engine, 5)
    in_force(engine, analyst, "sabcd-weighted")
    graded(engine, analyst, tmp_path)
    statements = [
        "update grades set tier = 'S'", "update runs set fingerprint = 'x'", "delete from runs", "update runs set id = 77",
        "delete from grades", "insert into grades select * from grades", "delete from facts", "delete from snapshots",
        "insert into facts select * from facts",
    ]  # fmt: skip
    if engine.dialect.name == "sqlite":
        statements += [f"insert or replace into {table} select * from {table}" for table in ("grades", "runs", "facts")]  # noqa: S608  # names here
    else:
        statements += ["truncate grades", "truncate facts"]
    for statement in statements:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(statement))


def current(engine: Engine) -> set[str | None]:
    with Session(engine) as session:
        return set(session.scalars(select(CurrentGrade.run_id)))


def test_the_grade_in_force_is_the_main_policys_of_the_latest_date(
    engine: Engine, analyst: Actor, tmp_path: Path
) -> None:
    customers(engine)
    in_force(engine, analyst, "sabcd-weighted")
    with writing(engine) as session:
        strategist = actor_of_login(session, "lin")
        assert strategist is not None
        other = policy.save_draft(session, analyst, shipped()["rfm-wholesale"].read_text(encoding="utf-8"))
        finished_backtest(session, other, analyst)
        policy.submit(session, analyst, other.id)
        policy.approve(session, strategist, other.id, "ok")
        policy.put_in_force(session, strategist, other.id, today(ZONE))
    first = graded(engine, analyst, tmp_path)
    graded(engine, analyst, tmp_path, day=date(2026, 2, 28))
    by_other = graded(engine, analyst, tmp_path, "rfm-wholesale")
    assert current(engine) == {first.id}
    with writing(engine) as session:
        policy.make_main(session, strategist, "rfm-wholesale")
    assert current(engine) == {by_other.id}
    with pytest.raises(Refusal, match="'nothing'"), writing(engine) as session:
        policy.make_main(session, strategist, "nothing")
    with pytest.raises(Refusal, match="may not"), writing(engine) as session:
        policy.make_main(session, analyst, "sabcd-weighted")
    assert current(engine) == {by_other.id}
