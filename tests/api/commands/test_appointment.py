"""Appointments: made and ended by the strategy group only, as the policy in force allows, beside the computed tier."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import held
import pytest
import world
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.commands import appointment as appointments
from api.commands import run as runs
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from policies.refusal import Refusal
from schema.select.global_id import global_id
from schema.tables import Appointment, Audit, Customer
from schema.windows import months_before

ALLOWED = "appointments: {tiers: [S, A], by: strategy_group, longest_months: 12, evidence: required}\n"
FIELDS = "__typename ... on Appointment { id tier validFrom validUntil endedOn policy { key } appointedBy { login } customer { number } } ... on Refusal { code message }"


def day(after: int = 0) -> date:
    """Today, or the day so many days after."""
    return today(settings().zone) + timedelta(days=after)


def in_a_year() -> date:
    return months_before(day(), -12)


def built(engine: Engine, home: Path, part: str = ALLOWED) -> world.World:
    """A world whose policy in force has the part, and a run of today."""
    made = world.build(engine, home, 4, graded=False)
    world.grade(made, part)
    return made


def appoint(made: world.World, customer: int = 1, who: str | None = "strategy", **values: Any) -> Any:
    given = {
        "policyKey": world.POLICY,
        "tier": "S",
        "validUntil": str(day(30)),
        "reason": "重点",
        "evidence": "会议纪要 7",
    }
    query = f'mutation M($input: AppointmentInput!) {{ r: appoint(customerId: "{global_id("Customer", customer)}", input: $input) {{ {FIELDS} }} }}'
    return made.ask(query, {"input": {**given, **values}}, who=who)


def count(engine: Engine) -> tuple[int, int]:
    with Session(engine) as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Appointment, Audit))  # type: ignore[return-value]  # two


def test_an_appointment_takes_effect_beside_the_computed_tier_and_a_run_leaves_it(
    engine: Engine, tmp_path: Path
) -> None:
    made = built(engine, tmp_path)
    query = "{ customers { nodes { number effectiveTier grade { tier effectiveTier } grades { tier effectiveTier } appointments { tier validUntil reason evidence appointedBy { login } } } } }"
    before = made.data(query)["customers"]["nodes"]
    assert all(node["effectiveTier"] == node["grade"]["tier"] == node["grade"]["effectiveTier"] for node in before)
    answer = appoint(made)["data"]["r"]
    assert answer["__typename"] == "Appointment", answer
    assert (answer["validFrom"], answer["policy"]["key"]) == (str(day()), world.POLICY)
    world.run(made)
    for planning in (True, False):
        after = made.data(query, planning=planning)["customers"]["nodes"]
        assert [node["grade"]["tier"] for node in after] == [node["grade"]["tier"] for node in before]
        assert [node["effectiveTier"] for node in after[1:]] == [node["effectiveTier"] for node in before[1:]]
        first = after[0]
        assert (first["effectiveTier"], first["grade"]["effectiveTier"]) == ("S", "S")
        assert [grade["effectiveTier"] for grade in first["grades"]] == ["S", "S"]
        assert first["grade"]["tier"] != "S"
        assert first["appointments"][0]["appointedBy"] == {"login": "strategy"}
    listed = made.data(f'{{ appointments(filter: {{holdsOn: "{day()}"}}) {{ totalCount nodes {{ tier }} }} }}')[
        "appointments"
    ]
    assert listed == {"totalCount": 1, "nodes": [{"tier": "S"}]}
    late = day(31)
    assert (
        made.data(f'{{ appointments(filter: {{holdsOn: "{late}"}}) {{ totalCount }} }}')["appointments"]["totalCount"]
        == 0
    )


def test_nobody_and_a_wrong_role_make_and_end_none(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    assert appoint(made)["data"]["r"]["__typename"] == "Appointment"
    ending = f'mutation {{ r: endAppointment(id: "{global_id("Appointment", 1)}", reason: "x") {{ {FIELDS} }} }}'
    before = count(engine)
    for who in (None, "sales", "analyst", "boss", "finance"):
        for answer in (appoint(made, 2, who), made.ask(ending, who=who)):
            if who is None:
                assert answer["errors"][0]["extensions"]["code"] == "not_signed_in"
            else:
                assert answer["data"]["r"]["code"] == "forbidden"
    assert count(engine) == before
    ended = made.ask(ending, who="strategy")["data"]["r"]
    assert (ended["__typename"], ended["endedOn"]) == ("Appointment", str(day()))
    assert count(engine)[1] == before[1] + 1
    assert made.ask(ending, who="strategy")["data"]["r"]["code"] == "transition_not_allowed"
    (first, *_) = made.data("{ customers { nodes { effectiveTier grade { tier effectiveTier } } } }")["customers"][
        "nodes"
    ]
    assert first["effectiveTier"] == first["grade"]["tier"] == first["grade"]["effectiveTier"]
    assert appoint(made)["data"]["r"]["__typename"] == "Appointment"  # the days are free again


def refused() -> list[tuple[dict[str, Any], str, str]]:
    """What is refused to whoever may appoint: the values given, the code, and what the message says."""
    return [
        ({"tier": "B"}, "invalid", "lets nobody appoint 'B'; it allows S, A"),
        ({"policyKey": "nothing"}, "no_policy_in_force", "'nothing'"),
        ({"validUntil": str(in_a_year())}, "invalid", "at most 12 months"),
        ({"validUntil": str(day(-1))}, "invalid", "is not a day from"),
        ({"validFrom": str(day(-1))}, "invalid", "valid_from"),
        ({"validFrom": "9999-01-01", "validUntil": "9999-12-31"}, "invalid", "valid_from"),
        ({"reason": " "}, "invalid", "reason"),
        ({"evidence": None}, "invalid", "evidence"),
    ]


def test_what_the_policy_does_not_allow_is_refused_and_nothing_is_written(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = built(sqlite_engine, tmp_path)
    assert appoint(made, 3, validUntil=str(in_a_year() - timedelta(days=1)))["data"]["r"]["__typename"] == "Appointment"
    before = count(sqlite_engine)
    for values, code, said in refused():
        answer = appoint(made, **values)["data"]["r"]
        assert (answer["__typename"], answer["code"]) == ("Refusal", code), answer
        assert said in answer["message"]
    again = appoint(made, 3, validFrom=str(day(90)), validUntil=str(day(91)))["data"]["r"]
    assert again["code"] == "conflict"
    with writing(sqlite_engine) as session:
        session.get_one(Customer, 2).owner_id = made.people["strategy"].id
    own = appoint(made, 2)["data"]["r"]
    assert (own["code"], "in charge of" in own["message"]) == ("forbidden", True)
    assert count(sqlite_engine) == before


def test_a_policy_without_the_part_lets_nobody_appoint(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = built(sqlite_engine, tmp_path, "")
    answer = appoint(made)["data"]["r"]
    assert (answer["code"], "it allows no tier" in answer["message"]) == ("invalid", True)


def test_an_appointment_lapses_and_becomes_no_floor(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = built(sqlite_engine, tmp_path)
    begins = day(10)
    assert appoint(made, validFrom=str(begins))["data"]["r"]["__typename"] == "Appointment"
    (first, *_) = made.data("{ customers { nodes { effectiveTier grade { tier } } } }")["customers"]["nodes"]
    assert first["effectiveTier"] == first["grade"]["tier"]
    seen = "update appointments set valid_from = '2020-01-01', valid_until = '2020-12-31'"
    with sqlite_engine.begin() as connection:  # as it looks a year after
        connection.execute(text("drop trigger guard_appointment_content"))
        connection.execute(text(seen))
    (later, *_) = made.data("{ customers { nodes { effectiveTier } } }")["customers"]["nodes"]
    assert later["effectiveTier"] == first["grade"]["tier"]
    with Session(sqlite_engine) as session, pytest.raises(Refusal, match="over since 2020-12-31"):
        appointments.end(session, made.people["strategy"], 1, "x")


def test_an_appointment_is_not_altered_doubled_or_taken_away_by_hand(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    with writing(engine) as session:
        appointments.appoint(
            session, made.people["strategy"], 1, world.POLICY, "S", day(9), "重点", "纪要"
        )  # fmt: skip
    columns = "customer_id, policy_id, tier, reason, valid_from, valid_until, appointed_by_id, appointed_at"
    doubled = f"insert into appointments ({columns}) select {columns} from appointments"  # noqa: S608  # names here
    statements = [
        "update appointments set tier = 'A'",
        "update appointments set valid_until = '2099-01-01'",
        "delete from appointments",
        doubled,
    ]
    if engine.dialect.name == "sqlite":
        statements.append("insert or replace into appointments select * from appointments")
    else:
        statements.append("truncate appointments")
    for statement in statements:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(statement))
    with writing(engine) as session:
        appointments.end(session, made.people["strategy"], 1, "误")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("update appointments set ended_on = null, ended_by_id = null"))
    with Session(engine) as session:
        assert runs.counts(session, 1)


def overrule(made: world.World, customer: int = 1, who: str | None = "strategy", **values: Any) -> Any:
    given = {
        "policyKey": held.POLICY,
        "tier": "C",
        "validUntil": str(in_a_year()),
        "reason": "失信",
        "evidence": "法院公告",
    }
    query = f'mutation M($input: OverrideInput!) {{ r: overrideTier(customerId: "{global_id("Customer", customer)}", input: $input) {{ {FIELDS.replace("tier ", "kind tier ")} }} }}'
    return made.ask(query, {"input": {**given, **values}}, who=who)


def test_an_override_takes_effect_lapses_and_becomes_no_floor(engine: Engine, tmp_path: Path) -> None:
    made = held.build(engine, tmp_path, 2, {"minimum_periods": 2})
    made.run(80, 80)
    answer = overrule(made.made)["data"]["r"]
    assert (answer["__typename"], answer["kind"], answer["validFrom"]) == ("Appointment", "OVERRIDE", str(day()))
    assert overrule(made.made, 2, tier="S")["data"]["r"]["tier"] == "S"
    assert made.effective() == made.effective(planning=False) == ["C", "S"]
    later = made.run(61, 61)  # from A, which was computed, and neither from C nor from S
    assert made.standings(later) == [("A", 1, "periods", None)] * 2
    assert made.effective() == ["C", "S"]
    with engine.begin() as connection:  # as it looks a year after
        connection.execute(text(f"drop trigger guard_appointment_content{'' if engine.dialect.name == 'sqlite' else ' on appointments'}"))  # fmt: skip
        connection.execute(text("update appointments set valid_from = '2020-01-01', valid_until = '2020-12-31'"))
    assert made.effective() == ["A", "A"]


def test_an_override_needs_a_role_a_reason_evidence_and_an_end_and_stands_alone(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = held.build(sqlite_engine, tmp_path, 2, None).made
    before = count(sqlite_engine)
    for who in (None, "sales", "analyst", "boss", "finance"):
        answer = overrule(made, who=who)
        found = answer["errors"][0]["extensions"] if who is None else answer["data"]["r"]
        assert found["code"] == ("not_signed_in" if who is None else "forbidden")
    for values, code, said in (
        ({"tier": "M"}, "invalid", "'M' is not one of the tiers of 'held': S, A, B, C"),
        ({"validUntil": str(in_a_year() + timedelta(days=1))}, "invalid", "at most 12 months"),
        ({"validUntil": str(day(-1))}, "invalid", "is not a day from"),
        ({"reason": " "}, "invalid", "reason: an override needs it"),
        ({"evidence": " "}, "invalid", "evidence: an override needs it"),
        ({"policyKey": "nothing"}, "no_policy_in_force", "'nothing'"),
    ):
        answer = overrule(made, **values)["data"]["r"]
        assert (answer["code"], said in answer["message"]) == (code, True), answer
    with writing(sqlite_engine) as session:
        session.get_one(Customer, 2).owner_id = made.people["strategy"].id
    assert overrule(made, 2)["data"]["r"]["code"] == "forbidden"
    assert count(sqlite_engine) == before
    assert overrule(made)["data"]["r"]["__typename"] == "Appointment"
    again = overrule(made, tier="S")["data"]["r"]
    assert (again["code"], "is overridden to C from" in again["message"]) == ("conflict", True)
    with pytest.raises(IntegrityError), sqlite_engine.begin() as connection:
        connection.execute(text("update appointments set kind = 'appointment'"))
    ending = f'mutation {{ r: endAppointment(id: "{global_id("Appointment", 1)}", reason: "x") {{ {FIELDS} }} }}'
    assert made.ask(ending, who="strategy")["data"]["r"]["endedOn"] == str(day())
    assert overrule(made, tier="S")["data"]["r"]["tier"] == "S"


def test_an_override_and_an_appointment_are_not_both_given(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    assert appoint(made)["data"]["r"]["__typename"] == "Appointment"
    answer = overrule(made, policyKey=world.POLICY)["data"]["r"]
    assert (answer["code"], "is appointed S from" in answer["message"]) == ("conflict", True)
    assert overrule(made, 2, policyKey=world.POLICY)["data"]["r"]["kind"] == "OVERRIDE"
    assert "is overridden to C" in appoint(made, 2)["data"]["r"]["message"]
