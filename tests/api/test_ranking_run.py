"""Rankings in the database: two phases in its own SQL, cut scores frozen with the run, single customers told by them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from people import finished_backtest, person
from policy_texts import RANKING
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor
from api.cli import cli
from api.cli.grade import explained
from api.commands import policy, run, snapshot
from api.commands.snapshot import today
from api.database import writing
from policies import compile_plan, parse
from policies.cuts import Cuts
from policies.ranking import seats
from policies.ranking_oracle import grade_all
from schema.objects.grade import explained as explained_on_the_wire
from schema.tables import Customer, Grade, Order, Run, facts

ZONE = "Asia/Shanghai"
DAY = date(2026, 3, 31)


def customers(engine: Engine, count: int = 40) -> None:
    """Customers with none to three orders, the first long ago for some."""
    with writing(engine) as session:
        for key in range(1, count + 1):
            known = snapshot.end_of_day(date(2020, 1, 1), ZONE)
            session.execute(
                insert(Customer).values(id=key, number=f"202001-{key:04}", name=f"公司{key}", known_at=known)
            )
            for n in range(key % 4):
                day = date(2026 - n * (key % 3) % 4, 3, 1)
                values = {
                    "customer_id": key,
                    "ordered_on": day,
                    "amount": 1000,
                    "known_at": snapshot.end_of_day(day, ZONE),
                }
                session.execute(insert(Order).values(**values))


def ranked_run(engine: Engine, home: Path) -> tuple[Run, Actor]:
    analyst, strategist = person(engine, "chen", "analyst"), person(engine, "lin", "strategy")
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, RANKING)
        finished_backtest(session, draft, analyst)
        policy.submit(session, analyst, draft.id)
        policy.approve(session, strategist, draft.id, "ok")
        policy.put_in_force(session, strategist, draft.id, today(ZONE))
    with writing(engine) as session:
        started = run.start(session, analyst, "places", DAY)
    jobs.run(engine, home, started.job_id)
    with Session(engine) as session:
        return session.get_one(Run, started.id), analyst


def test_a_run_ranks_inside_the_database_and_keeps_its_cut_scores(engine: Engine, tmp_path: Path) -> None:
    customers(engine)
    found, _ = ranked_run(engine, tmp_path)
    assert (found.state, found.error) == ("finished", None)
    plan = compile_plan(parse(RANKING))
    with Session(engine) as session:
        rows = {row.customer_id: dict(row._mapping) for row in session.execute(select(facts)).all()}
        stored = session.scalars(select(Grade).order_by(Grade.customer_id)).all()
        expected = grade_all(plan, [rows[grade.customer_id] for grade in stored])
        names = ("status", "tier", "total", "worst", "best", "candidates", "levels")
        assert [[getattr(one, name) for name in names] for one in stored] == [
            [getattr(one, name) for name in names] for one in expected
        ]
        assert len({grade.tier for grade in stored}) > 2
        for grade in stored:
            customer = session.get_one(Customer, grade.customer_id)
            cut, told = explained(session, customer, found.id)
            wire = explained_on_the_wire(grade.status, grade.levels, found.cuts, plan, rows[customer.id], None)
            assert wire is not None
            assert (told.status, told.tier) == (wire.status, wire.tier) == (grade.status, grade.tier)
            if told.rank is not None:
                ahead = sum(other.worst > grade.best for other in stored)
                assert told.rank.better == (
                    ahead,
                    sum(other.best > grade.worst and other is not grade for other in stored),
                )
                assert told.rank.tiers == seats(cut)
    assert cut.cuts == Cuts.of_json(json.loads(json.dumps(found.cuts)))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("update runs set cuts = null"))


def test_both_databases_cut_alike(sqlite_engine: Engine, postgres_engine: Engine, tmp_path: Path) -> None:
    found = []
    for engine in (sqlite_engine, postgres_engine):
        customers(engine)
        graded, _ = ranked_run(engine, tmp_path / engine.dialect.name)
        found.append((graded.fingerprint, graded.cuts, graded.counts))
    assert found[0] == found[1]


def test_the_console_shows_the_seats_of_a_file(tmp_path: Path) -> None:
    policy_file, facts_file = tmp_path / "places.yaml", tmp_path / "facts.csv"
    policy_file.write_text(RANKING, encoding="utf-8")
    lines = [f"{i},{i % 4},{i % 3},active" for i in range(40)]
    facts_file.write_text("customer,orders_12m,tenure,status\n" + "\n".join(lines), encoding="utf-8")
    outputs = []
    for engine in ("duckdb", "sqlite", "oracle"):
        output = tmp_path / f"{engine}.csv"
        done = CliRunner().invoke(
            cli, ["policy", "grade", str(policy_file), str(facts_file), "-o", str(output), "--engine", engine]
        )
        assert done.exit_code == 0, done.output
        assert "40 户参加排名 customers ranked" in done.output
        outputs.append(output.read_bytes())
    assert len(set(outputs)) == 1
