"""Purchase histories: as known at a day, one purchase a day, the same on both databases and as counted from orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import Engine, insert

from policies.lifetime.history import of_orders, of_rows
from schema.histories import histories_statement
from schema.tables import Customer, Order, OrderLine

DAY = date(2026, 3, 31)
ZONE = "Asia/Shanghai"


def write(engine: Engine, orders: list[tuple[int, date, str | None, datetime]]) -> None:
    with engine.begin() as connection:
        for key in sorted({order[0] for order in orders}):
            known = datetime(2020, 1, 1, tzinfo=UTC)
            connection.execute(insert(Customer).values(id=key, number=f"A{key}", name=f"公司{key}", known_at=known))
        for number, (customer, day, amount, known) in enumerate(orders, 1):
            value = None if amount is None else Decimal(amount)
            connection.execute(
                insert(Order).values(id=number, customer_id=customer, ordered_on=day, amount=value, known_at=known)
            )


def histories(engine: Engine) -> list[tuple[int, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(histories_statement(DAY, ZONE))]


def test_what_was_not_known_at_the_end_of_the_day_is_not_seen(engine: Engine) -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    write(engine, [
        (1, date(2026, 1, 1), "100", early),
        (1, date(2026, 2, 1), "10.004", early), (1, date(2026, 2, 1), "0.0035", early),  # one purchase of 1000.75 fen
        (1, date(2026, 3, 1), "5", late),
        (1, date(2026, 4, 1), "9", early),
        (2, date(2026, 4, 1), "9", early),
        (3, date(2026, 1, 31), None, early), (3, DAY, None, early), (3, date(2026, 2, 28), "0", early),
        (3, date(2026, 3, 1), "7", early), (3, date(2026, 3, 2), "8", early),
    ])  # fmt: skip
    with engine.begin() as connection:
        line = {"order_id": 11, "amount": Decimal(8), "known_at": late}
        connection.execute(insert(OrderLine).values(**line))
    # 3: of four repeats one has no amount, one is free, and one's amount came with a late line.
    assert histories(engine) == [(1, 89, 31, 1, 1, 1001), (3, 59, 59, 4, 1, 700)]


def test_they_are_the_histories_counted_from_the_orders_themselves(engine: Engine) -> None:
    draw, known = Random(5), datetime(2020, 1, 1, tzinfo=UTC)
    orders = [
        (draw.randint(1, 15), DAY - timedelta(days=draw.randint(-40, 300)), draw.choice([0, 1, 250, 9999]))
        for _ in range(300)
    ]
    write(engine, [(customer, day, str(Decimal(fen) / 100), known) for customer, day, fen in orders])
    expected = of_orders(orders, DAY)
    found = of_rows(histories(engine))
    assert [column.tolist() for column in vars(found).values()] == [
        column.tolist() for column in vars(expected).values()
    ]
