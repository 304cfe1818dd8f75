"""What people decided, as a backtest's inputs carry it: as known at the end of each date, of the policy alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
from order_history import history
from people import person
from sqlalchemy import Engine, insert, update
from study_inputs import POLICY

from api.commands import policy
from api.commands.backtest_people import write_people
from api.database import writing
from policies.backtest.parameters import checked
from policies.backtest.people import APPOINTMENTS, RATINGS
from schema.tables import Appointment, Assessment, PanelRating

FIRST, SECOND = date(2025, 9, 30), date(2026, 3, 31)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def test_appointments_of_each_date_and_settled_ratings_are_written(engine: Engine, tmp_path: Path) -> None:
    history(engine)
    lin, wang = person(engine, "lin", "strategy", "analyst"), person(engine, "wang", "sales")
    with writing(engine) as session:
        key = policy.save_draft(session, lin, POLICY).policy_id
        other = policy.save_draft(session, lin, POLICY.replace("id: small", "id: other")).policy_id
    spans = [
        (1, key, "A", date(2025, 1, 1), date(2025, 12, 31), None, at(date(2025, 1, 1))),
        (2, key, "B", date(2025, 1, 1), date(2026, 12, 31), date(2026, 1, 1), at(date(2025, 1, 1))),  # ended early
        (
            3,
            key,
            "A",
            date(2025, 9, 1),
            date(2026, 12, 31),
            None,
            at(date(2025, 11, 1)),
        ),  # entered after the first date
        (4, other, "A", date(2025, 1, 1), date(2026, 12, 31), None, at(date(2025, 1, 1))),
    ]
    with engine.begin() as connection:
        for customer, of, tier, begins, until, ended, made in spans:
            connection.execute(insert(Appointment).values(
                customer_id=customer, policy_id=of, tier=tier, reason="test", valid_from=begins, valid_until=until, appointed_by_id=lin.id,
                appointed_at=made, kind="override" if customer == 2 else "appointment"))  # fmt: skip
            if ended:
                ending = update(Appointment).where(Appointment.customer_id == customer)
                connection.execute(ending.values(ended_on=ended, ended_by_id=lin.id, end_reason="over"))
        connection.execute(insert(Assessment).values(
            id=9, customer_id=1, word="industry_outlook", rating=5, assessed_on=FIRST, valid_until=SECOND, known_at=at(FIRST)))  # fmt: skip
        for rater, rating, proposal, settled in ((lin, 5, False, 9), (wang, 7, False, 9), (wang, 1, True, None)):
            connection.execute(insert(PanelRating).values(
                customer_id=1, word="industry_outlook", rating=rating, proposal=proposal, given_on=FIRST, rater_id=rater.id,
                assessment_id=settled))  # fmt: skip
    given = checked({"dates": [str(FIRST), str(SECOND)], "horizon_months": 6, "tier_of_interest": "A"})
    write_people(engine, tmp_path, given, key)
    rows = {day: pq.read_table(tmp_path / APPOINTMENTS / f"{day}.parquet").to_pylist() for day in (FIRST, SECOND)}
    assert [(row["customer_id"], row["tier"], row["person"]) for row in rows[FIRST]] == [
        (1, "A", "lin"),
        (2, "B", "lin"),
    ]
    assert [(row["customer_id"], row["tier"], row["person"]) for row in rows[SECOND]] == [(3, "A", "lin")]
    rated = pq.read_table(tmp_path / RATINGS).to_pylist()
    assert [(row["panel"], row["person"], row["rating"], row["given_on"]) for row in rated] == [
        (9, "lin", 5, "2025-09-30"), (9, "wang", 7, "2025-09-30"),
    ]  # fmt: skip
