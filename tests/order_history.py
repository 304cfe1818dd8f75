"""A history of orders and surveys for backtests."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert

from schema.tables import Customer, Order, Survey
from schema.windows import months_before


def history(engine: Engine) -> None:
    """Thirty customers with an order a quarter from 2024-01 to 2026-09; the larger the number, the larger the amount."""
    known = datetime(2024, 1, 1, tzinfo=UTC)
    with engine.begin() as connection:
        for key in range(1, 31):
            connection.execute(
                insert(Customer).values(id=key, number=f"202401-{key:04}", name=f"公司{key}", known_at=known)
            )
            for months in range(0, 33, 3):
                day = months_before(date(2024, 1, key % 28 + 1), -months)
                at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
                connection.execute(
                    insert(Order).values(customer_id=key, ordered_on=day, amount=key * 10_000, known_at=at)
                )
                if key % 5:
                    values = {"customer_id": key, "surveyed_on": day, "score": 1 + key % 5, "known_at": at}
                    connection.execute(insert(Survey).values(**values))
        connection.execute(insert(Order).values(customer_id=1, ordered_on=date(2026, 9, 30), amount=5, known_at=known))
