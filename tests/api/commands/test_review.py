"""Review of a run: the list agrees with each customer's own explanation, on both databases and on the command line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from api import jobs
from api.cli.grade import explained, find_customer
from api.commands import review as reviews
from api.commands import run as runs
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Assessment, Customer, Run


def two_runs(engine: Engine, home: Path, customers: int = 24) -> tuple[world.World, int, int]:
    """A world graded as of ten days ago and, after ratings came and went, as of today."""
    made = world.build(engine, home, customers, graded=False)
    first = graded(made, today(settings().zone) - timedelta(days=1), fresh=True)
    with writing(engine) as session:
        session.execute(
            delete(Assessment).where(Assessment.customer_id % 4 == 1, Assessment.word == "industry_outlook")
        )
        for row in session.scalars(select(Assessment).where(Assessment.customer_id % 4 == 3)):
            row.rating = 0 if row.rating > 5 else 10
    return made, first, graded(made, today(settings().zone))


def graded(made: world.World, day: date, *, fresh: bool = False) -> int:
    if fresh:
        world.grade(made)  # puts the policy in force; its own run is of today
        with writing(made.engine) as session:
            run = runs.start(session, made.people["analyst"], world.POLICY, day)
        jobs.run(made.engine, made.home, run.job_id)
        return run.id
    return world.run(made)


def test_the_list_of_a_run_is_what_each_explanation_says(engine: Engine, tmp_path: Path) -> None:
    made, first, second = two_runs(engine, tmp_path)
    with Session(engine) as session:
        found = reviews.review(session, second, 1000)
        rows = {row.number: row.reasons for row in found.rows}
        for customer in session.scalars(select(Customer)):
            _, told = explained(session, customer, second)
            assert rows.get(customer.number, ()) == told.review_reasons
        assert (found.asked, found.graded, found.customers) == (True, 24, len(rows))
        assert found.customers == len(found.rows) > 3
        assert found.counts["pending"] == sum(any(r.code == "pending" for r in reasons) for reasons in rows.values())
        assert found.counts["tier_changed"] > 0
        assert "tier_changed" not in reviews.review(session, first, 5).counts
        assert len(reviews.review(session, second, 2).rows) == 2
        assert session.get_one(Run, first).as_of < session.get_one(Run, second).as_of
    query = "{ customers(first: 100) { nodes { number grade { explanation { reviewReasons { code text { zh en } } } explanationZh } } } }"
    for node in made.data(query)["customers"]["nodes"]:
        reasons = node["grade"]["explanation"]["reviewReasons"]
        assert [(reason["code"], reason["text"]["zh"]) for reason in reasons] == [
            (reason.code, reason.text.zh) for reason in rows.get(node["number"], ())
        ]
        assert any(line.startswith("需人工复核:") for line in node["grade"]["explanationZh"]) == bool(reasons)


def test_a_run_that_is_not_there_has_no_review(sqlite_engine: Engine) -> None:
    with Session(sqlite_engine) as session, pytest.raises(Refusal, match="no finished run 7; `fenji grade list`"):
        reviews.review(session, 7, 5)


def test_a_customer_explained_on_the_command_line_is_compared_with_the_run_before(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    _, first, second = two_runs(sqlite_engine, tmp_path, 8)
    with Session(sqlite_engine) as session:
        changed = next(
            row
            for row in reviews.review(session, second, 99).rows
            if row.reasons[0].code == "tier_changed" or len(row.reasons) > 1
        )
        customer = find_customer(session, changed.number)
        told = explained(session, customer, second)[1].lines("en")
        assert any(line.startswith("To be looked at: ") for line in told[1:3])
        assert all(reason.code != "tier_changed" for reason in explained(session, customer, first)[1].review_reasons)
