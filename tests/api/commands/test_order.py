"""Orders entered one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from people import person
from sqlalchemy import Engine

from api.commands import order
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema.facts import facts_statement
from schema.tables import Customer
from schema.windows import months_before


def test_an_order_entered_as_paid_is_not_late(engine: Engine) -> None:
    day = today(settings().zone)
    due = months_before(day, 1)
    actor = person(engine, "wu", "finance")
    with writing(engine) as session:
        session.add(Customer(id=1, number="202601-0001", name="上海甲有限公司"))
        session.flush()
        values: dict[str, date | int] = {"ordered_on": due, "payment_due_on": due, "paid_on": due, "amount": 5}
        order.create(session, actor, 1, values)
    with engine.connect() as connection:
        (row,) = connection.execute(facts_statement(day, settings().zone)).mappings().all()
    assert row["payment_delay_days"] == 0


def test_a_payment_told_again_stays_known_since_it_was_first_told(engine: Engine) -> None:
    day = today(settings().zone)
    actor = person(engine, "wu", "finance")
    with writing(engine) as session:
        session.add(Customer(id=1, number="202601-0001", name="上海甲有限公司"))
        session.flush()
        made = order.create(session, actor, 1, {"ordered_on": months_before(day, 2), "paid_on": months_before(day, 1)})
        first = datetime.combine(months_before(day, 1) + timedelta(days=2), time(), tzinfo=UTC)
        made.paid_known_at = first
        session.flush()
        order.update(session, actor, made.id, {"paid_on": months_before(day, 1), "product_line": "泵"})
        assert made.paid_known_at == first
        order.update(session, actor, made.id, {"paid_on": day})
        assert made.paid_known_at is not None
        assert made.paid_known_at > first
