"""Outcomes: the orders of (t, t + h] by customer, exact, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Engine, insert

from schema.outcomes import horizon_end, outcomes_statement
from schema.tables import Customer, Order

DAY = date(2026, 3, 31)
PROFITS = {date(2026, 4, 1): "3", date(2026, 5, 1): "-0.5", date(2026, 5, 2): "0"}


def test_the_window_begins_after_the_day_and_ends_with_the_anniversary(engine: Engine) -> None:
    known = datetime(2026, 1, 1, tzinfo=UTC)
    orders: list[tuple[int, date, str | None]] = [
        (1, DAY, "100"),  # the day itself is not after it
        (1, date(2026, 4, 1), "10.005"),
        (1, date(2026, 9, 30), "0.0049"),
        (1, date(2026, 10, 1), "1000"),
        (2, date(2026, 5, 1), None),
        (2, date(2026, 5, 2), "7"),
        (3, date(2026, 10, 1), "9"),
    ]
    with engine.begin() as connection:
        for key in (1, 2, 3):
            connection.execute(
                insert(Customer).values(id=key, number=f"202601-{key:04}", name=f"公司{key}", known_at=known)
            )
        for customer, day, amount in orders:
            value, profit = (None if each is None else Decimal(each) for each in (amount, PROFITS.get(day)))
            connection.execute(
                insert(Order).values(customer_id=customer, ordered_on=day, amount=value, profit=profit, known_at=known)
            )
    with engine.connect() as connection:
        rows = connection.execute(outcomes_statement(DAY, 6)).all()
    # 10.005 + 0.0049 yuan are 1000.99 fen, rounded once.
    assert [tuple(row) for row in rows] == [(1, 1001, 2, 0, 300, 1, 1001), (2, 700, 2, 1, -50, 0, 700)]


def test_the_horizon_ends_on_the_anniversary_clamped_to_the_months_end() -> None:
    assert horizon_end(date(2026, 3, 31), 6) == date(2026, 9, 30)
    assert horizon_end(date(2025, 12, 31), 2) == date(2026, 2, 28)
    assert horizon_end(date(2026, 6, 30), 6) == date(2026, 12, 30)
