"""The monthly report: the figures of a run and of the run before, as the database has them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from api import jobs, workbench
from api.commands import review as reviews
from api.commands import run as runs
from api.commands.answers import answers
from api.commands.monthly_report import gather
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Assessment, Run


def two_runs(engine: Engine, home: Path) -> tuple[int, int]:
    """Runs of yesterday and of today, between which ratings went."""
    made = world.build(engine, home, 24, graded=False)
    world.grade(made)  # puts the policy in force
    with writing(engine) as session:
        first = runs.start(session, made.people["analyst"], world.POLICY, today(settings().zone) - timedelta(days=1))
    jobs.run(engine, home, first.job_id)
    with writing(engine) as session:
        session.execute(delete(Assessment).where(Assessment.customer_id % 4 == 1))
    return first.id, world.run(made)


def test_a_report_says_what_the_database_says(sqlite_engine: Engine, tmp_path: Path) -> None:
    first, second = two_runs(sqlite_engine, tmp_path)
    gather(sqlite_engine, tmp_path, second, tmp_path / "inputs")
    report = workbench.monthly(tmp_path / "inputs")
    with Session(sqlite_engine) as session:
        run, before = session.get_one(Run, second), session.get_one(Run, first)
        found, counted = reviews.review(session, second, 1000), answers(session, second)
    figures = report.figures()
    assert {row["place"]: row["customers"] for row in figures["after"] if row["customers"]} == run.counts
    assert {row["place"]: row["customers"] for row in figures["before"] if row["customers"]} == before.counts
    assert (figures["to_review"], figures["pending"]) == (found.customers, counted.pending)
    assert figures["review"] == found.counts
    assert figures["answers"] == [
        {"input": a.input, "lacking": a.lacking, "settled": a.settled, "may_settle": a.may_settle}
        for a in counted.ranked
    ]
    assert figures["previous"] == {"run": first, "as_of": before.as_of.isoformat()}
    assert figures["moved"] == len(report.movers(1000).rows) > 0  # type: ignore[union-attr]  # somebody moved
    for shown in (report.overview, report.distribution, report.moves, report.movers, report.pending, report.answers_worth, report.review,
                  report.to_review, report.appointments, report.service, report.distribution_picture, report.moves_picture):  # fmt: skip
        assert str(shown())
    report.save_metrics(tmp_path / "a.json")
    workbench.monthly(tmp_path / "inputs").save_metrics(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert date.fromisoformat(json.loads((tmp_path / "a.json").read_text())["as_of"]) == run.as_of


def test_a_first_run_has_nothing_before_it(sqlite_engine: Engine, tmp_path: Path) -> None:
    first, _ = two_runs(sqlite_engine, tmp_path)
    gather(sqlite_engine, tmp_path, first, tmp_path / "inputs")
    report = workbench.monthly(tmp_path / "inputs")
    assert "没有上期评级" in str(report.moves())
    shown = str(report.distribution())
    assert "本期" in shown
    assert "上期" not in shown
    assert "absent" not in shown
    assert {row["place"]: row["customers"] for row in report.figures()["before"] if row["customers"]} == {"absent": 24}


def test_grades_that_the_policy_does_not_give_are_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    _, second = two_runs(sqlite_engine, tmp_path)
    gather(sqlite_engine, tmp_path, second, tmp_path / "inputs")
    policy = tmp_path / "inputs" / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("C: 40", "C: 1"), encoding="utf-8")
    with pytest.raises(Refusal, match=r"grades of run \d+ are not what its policy gives"):
        workbench.monthly(tmp_path / "inputs")


def test_a_run_that_is_not_finished_has_no_report(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no finished run 7"):
        gather(sqlite_engine, tmp_path, 7, tmp_path / "inputs")
    with pytest.raises(Refusal, match=r"--run N"):
        workbench.monthly(tmp_path)
    with Session(sqlite_engine) as session:
        assert session.scalar(select(Run.id)) is None
