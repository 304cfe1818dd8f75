"""The purchase histories beside a backtest's snapshots are those of the orders known at each date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from order_history import history
from people import person
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from study_inputs import CANDIDATE

from api import workbench
from api.commands import policy
from api.commands.backtest_inputs import gather
from api.database import writing
from api.workbench.lifetime import NAMES
from policies.backtest.parameters import checked
from policies.lifetime.history import of_orders, read
from schema.tables import Order, PolicyVersion

DATES = ["2025-06-30", "2026-03-31"]


@pytest.fixture
def inputs(sqlite_engine: Engine, tmp_path: Path) -> Path:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    with writing(sqlite_engine) as session:
        version_id = policy.save_draft(session, analyst, CANDIDATE).id
    with Session(sqlite_engine) as session:
        version = session.get_one(PolicyVersion, version_id)
        session.expunge(version)
    (tmp_path / "inputs").mkdir()
    parameters = checked({"dates": DATES, "tier_of_interest": "A"})
    gather(sqlite_engine, tmp_path, tmp_path / "inputs", parameters, version, None, lambda *_: None)
    return tmp_path / "inputs"


def test_each_date_has_the_histories_of_the_orders_up_to_it(sqlite_engine: Engine, inputs: Path) -> None:
    with Session(sqlite_engine) as session:
        rows = session.execute(select(Order.customer_id, Order.ordered_on, Order.amount)).all()
    orders = [(customer, day, int((amount or 0) * 100)) for customer, day, amount in rows]
    for day in DATES:
        found = read(inputs / "histories" / f"{day}.parquet")
        wanted = of_orders(orders, date.fromisoformat(day))
        assert [column.tolist() for column in vars(found).values()] == [
            column.tolist() for column in vars(wanted).values()
        ]
        assert len(found) == 30


def test_thirty_customers_are_too_few_for_lifetime_value_and_the_report_says_so(inputs: Path) -> None:
    study = workbench.open(inputs, dates=DATES, horizon_months=6, tier_of_interest="A")
    assert "BG/NBD needs 50" in str(study.lifetime_models())
    assert (NAMES["lifetime"], *"–" * 6) in study.rankings().rows
