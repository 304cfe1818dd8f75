"""Proposed falls: decided once, by the strategy group, while the run is the newest; the next run follows the decision."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import held
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.commands.fall import decide
from api.commands.run import insert_grades
from api.commands.standing import fill
from api.console.page import examples
from api.database import writing
from policies import compile_plan, parse
from schema.tables import Audit, Customer, FallDecision, PolicyVersion, Run

HOLD = {"demotion_needs_approval": ["S"], "minimum_periods": 2}
READY = {example.name: example for example in examples()}
NUMBERS = ["202601-0001", "202601-0002", "202601-0003"]


def count(engine: Engine) -> tuple[int, int]:
    with Session(engine) as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (FallDecision, Audit))  # type: ignore[return-value]  # two


def proposed(engine: Engine, home: Path, customers: int = 2) -> tuple[held.Held, int]:
    """A world in which the newest run proposes that everybody falls from S to B."""
    made = held.build(engine, home, customers, HOLD)
    for total in (95, 61):
        made.run(*[total] * customers)
    newest = made.run(*[61] * customers)
    assert made.standings(newest) == [("S", 2, "approval", "B")] * customers
    return made, newest


def test_an_approved_fall_takes_effect_at_once_and_a_refused_one_counts_anew(engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(engine, tmp_path, 3)
    assert made.open() == NUMBERS
    approved, refused = made.decide(newest, 1), made.decide(newest, 2, "REFUSED", reason="大客户")
    assert approved == {
        "__typename": "Standing", "tier": "S", "proposed": "B", "reasonZh": None, "reasonEn": None,
        "decision": {"decision": "APPROVED", "reason": "同意", "decidedBy": {"login": "strategy"}},
    }  # fmt: skip
    assert (refused["reasonEn"], refused["decision"]["decision"]) == ("S stays: its fall was refused", "REFUSED")
    assert made.effective() == made.effective(planning=False) == ["B", "S", "S"]
    assert made.open() == NUMBERS[2:]
    query = "{ customers { nodes { grade { tier effectiveTier explanationEn } } } }"
    grades = [node["grade"] for node in made.made.data(query)["customers"]["nodes"]]
    assert [(grade["tier"], grade["effectiveTier"]) for grade in grades] == [("B", "B"), ("B", "S"), ("B", "S")]
    assert "S stays: its fall was refused" in grades[1]["explanationEn"]
    assert "S stays: the fall to B waits for approval" in grades[2]["explanationEn"]
    assert made.standings(made.run(61, 61, None)) == [
        ("B", 0, None, None), ("S", 1, "periods", None), ("S", 2, "pending", "B"),
    ]  # fmt: skip
    assert made.standings(made.run(10, 61, 95)) == [
        ("B", 1, "periods", None), ("S", 2, "approval", "B"), ("S", 0, None, None),
    ]  # fmt: skip
    assert made.open() == NUMBERS[1:2]


def test_a_decision_holds_in_another_run_of_the_same_day(engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(engine, tmp_path, 3)
    made.decide(newest, 1)
    made.decide(newest, 2, "REFUSED")
    again = made.run(61, 61, 61, again=True)
    assert made.standings(again) == made.standings(newest)
    assert made.effective() == ["B", "S", "S"]
    assert made.open() == NUMBERS[2:]
    other = made.run(61, 10, 61, again=True)  # the facts are not the same any more: another fall
    assert made.standings(other)[1] == ("S", 2, "approval", "C")
    assert made.open() == NUMBERS[1:]
    assert made.standings(made.run(61, 61, 61)) == [
        ("B", 0, None, None), ("S", 3, "approval", "B"), ("S", 3, "approval", "B"),
    ]  # fmt: skip


def test_nobody_a_wrong_role_and_the_account_manager_decide_nothing(engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(engine, tmp_path)
    before = count(engine)
    for who in (None, "sales", "analyst", "boss", "finance"):
        assert made.decide(newest, 1, who=who)["code"] == ("not_signed_in" if who is None else "forbidden")
    with writing(engine) as session:
        session.get_one(Customer, 2).owner_id = made.made.people["strategy"].id
    own = made.decide(newest, 2)
    assert (own["code"], "in charge of 202601-0002" in own["message"]) == ("forbidden", True)
    assert count(engine) == before
    assert made.decide(newest, 1)["__typename"] == "Standing"
    assert count(engine) == (1, before[1] + 1)


def test_only_an_open_fall_of_the_newest_run_is_decided_with_a_reason(sqlite_engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(sqlite_engine, tmp_path)
    before = count(sqlite_engine)
    for run, customer, reason, code, said in (
        (newest, 1, " ", "invalid", "say why the fall of 202601-0001 to B is approved"),
        (newest, 9, "x", "not_found", "no standing of customer 9"),
        (99, 1, "x", "not_found", "Run 99"),
        (1, 1, "x", "transition_not_allowed", f"look at the falls of run {newest}"),
    ):
        answer = made.decide(run, customer, reason=reason)
        assert (answer["code"], said in answer["message"]) == (code, True), answer
    wrong = made.made.data('mutation { r: decideFall(id: "UnVuOjE", decision: REFUSED, reason: "x") { ... on Refusal { code message } } }', who="strategy")  # fmt: skip
    assert (wrong["r"]["code"], "id of a Run" in wrong["r"]["message"]) == ("invalid", True)
    assert count(sqlite_engine) == before
    assert made.decide(newest, 1)["__typename"] == "Standing"
    again = made.decide(newest, 1, "REFUSED")
    assert (again["code"], again["message"].endswith("is approved already.")) == ("conflict", True)
    last = made.run(61, 95)
    assert made.decide(newest, 2)["code"] == "transition_not_allowed"
    none = made.decide(last, 2)
    assert (none["code"], "proposes no fall of 202601-0002" in none["message"]) == ("transition_not_allowed", True)


def test_open_falls_come_by_pages(sqlite_engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(sqlite_engine, tmp_path, 3)
    first = made.made.data("{ falls(first: 2) { totalCount nodes { customer { number } } pageInfo { endCursor } } }")[
        "falls"
    ]
    assert (first["totalCount"], [node["customer"]["number"] for node in first["nodes"]]) == (3, NUMBERS[:2])
    after = first["pageInfo"]["endCursor"]
    rest = made.made.data(f'{{ falls(after: "{after}") {{ nodes {{ customer {{ number }} }} }} }}')["falls"]["nodes"]
    assert [node["customer"]["number"] for node in rest] == NUMBERS[2:]
    query = READY["14_falls"].query
    for decided in range(3):
        with made.made.statements() as seen:
            assert made.made.data(query)["falls"]["totalCount"] == 3 - decided
        assert len(seen) == 1, seen  # the falls with their number; the plan is kept
        assert made.made.data(query) == made.made.data(query, planning=False)
        if decided < 2:
            made.decide(newest, decided + 1)
    assert made.made.data('{ falls(policyKey: "other") { totalCount } }')["falls"]["totalCount"] == 0


def test_on_postgresql_a_decision_waits_for_a_run_that_is_finishing(postgres_engine: Engine, tmp_path: Path) -> None:
    made, newest = proposed(postgres_engine, tmp_path)
    with Session(postgres_engine) as finishing, Session(postgres_engine) as deciding:
        run = finishing.get_one(Run, newest)
        version = finishing.get_one(PolicyVersion, run.version_id)
        plan = compile_plan(parse(version.document))
        later = Run(version_id=version.id, as_of=run.as_of + timedelta(days=1), started_by_id=run.started_by_id)
        finishing.add(later)
        finishing.flush()
        insert_grades(finishing.connection(), plan, later.id, run.snapshot_id or 0)
        fill(finishing, later, plan, run.snapshot_id or 0, "postgres")
        deciding.execute(text("set lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            decide(deciding, made.made.people["strategy"], newest, 1, "approved", "同意")
    assert made.decide(newest, 1)["__typename"] == "Standing"  # the run was given up
