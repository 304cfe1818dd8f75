"""Facts: each word by hand, and proof that nothing known later enters."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from sqlalchemy import BigInteger, Engine, delete, func, insert, literal, select

from policies.states import NOT_APPLICABLE
from policies.vocabulary import RATINGS, WORDS
from schema.expressions import ratio
from schema.facts import facts_statement
from schema.lookahead import lookahead
from schema.tables import (
    Assessment,
    Contract,
    Customer,
    Interaction,
    Order,
    OrderLine,
    ServiceRecord,
    StatusChange,
    Survey,
)  # fmt: skip
from schema.windows import end_of_day, months_before

ZONE = "Asia/Shanghai"
DAY = date(2026, 3, 31)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def add(engine: Engine, table: Any, *rows: dict[str, Any]) -> None:
    with engine.begin() as connection:
        for row in rows:
            connection.execute(insert(table).values(**row))


def customer(engine: Engine, key: int, known: date = date(2020, 1, 1), **more: Any) -> None:
    add(
        engine,
        Customer,
        {"id": key, "number": f"202001-{key:04}", "name": f"公司{key}", "known_at": noon(known), **more},
    )


def order(customer_id: int, day: date, amount: str | None, known: date | None = None, **more: Any) -> dict[str, Any]:
    value = None if amount is None else Decimal(amount)
    return {"customer_id": customer_id, "ordered_on": day, "amount": value, "known_at": noon(known or day), **more}


def facts(engine: Engine, as_of: date = DAY) -> dict[int, dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(facts_statement(as_of, ZONE)).mappings().all()
    return {row["customer_id"]: {word.name: row[word.name] for word in WORDS} for row in rows}


def test_customer_without_events_has_known_zeros_and_honest_unknowns(engine: Engine) -> None:
    customer(engine, 1)
    found = facts(engine)[1]
    assert found["status"] == "potential"
    assert [found[name] for name in ("amount_12m", "amount_36m", "orders_12m", "referrals_12m", "complaints_12m")] == [
        0
    ] * 5
    for name in ("amount_growth", "margin_rate", "tenure", "repeat_rate", "renewal_rate", "months_since_order",
                 "days_since_order", "months_since_contact", "payment_delay_days"):  # fmt: skip
        assert found[name] == NOT_APPLICABLE, name
    assert (found["satisfaction"], found["industry_outlook"]) == (None, None)  # somebody could tell


def test_what_cannot_exist_is_told_from_what_is_not_known(engine: Engine) -> None:
    for key in (1, 2, 3, 4):
        customer(engine, key)
    day, old = date(2026, 1, 1), date(2024, 6, 1)
    add(engine, Order, order(1, day, "10", profit=None), order(1, old, None))
    add(engine, Order, order(2, day, "0", profit=None, payment_due_on=date(2024, 1, 1)))
    add(engine, Order, order(3, old, "10", profit=Decimal(1), payment_due_on=date(2026, 3, 1)), order(3, old, "1"))
    found = facts(engine)
    assert (found[1]["margin_rate"], found[1]["amount_growth"]) == (
        None,
        None,
    )  # one profit and one amount are not known
    assert (found[2]["margin_rate"], found[2]["amount_growth"]) == (NOT_APPLICABLE, NOT_APPLICABLE)
    assert (found[3]["margin_rate"], found[3]["amount_growth"]) == (NOT_APPLICABLE, -10_000)
    delays = [found[key]["payment_delay_days"] for key in (1, 2, 3, 4)]
    assert delays == [None, NOT_APPLICABLE, 30, NOT_APPLICABLE]  # the orders of the first say no date


def test_amounts_growth_and_margin_are_rounded_once_from_exact_sums(engine: Engine) -> None:
    customer(engine, 1)
    add(
        engine,
        Order,
        order(1, date(2025, 4, 1), "100.0025", profit=Decimal("-10.005")),
        order(1, date(2026, 3, 31), "200.0025", profit=Decimal("-20.0049")),
        order(1, date(2025, 3, 31), "90"),  # one year ago to the day: the window before
        order(1, date(2022, 1, 1), "5000"),  # before 36 months
    )
    found = facts(engine)[1]
    assert found["amount_12m"] == 30_001  # 300.0050 yuan, rounded half up once
    assert found["amount_prior_12m"] == 9_000
    assert found["amount_36m"] == 39_001  # 390.0050
    assert found["amount_total"] == 539_001
    assert found["amount_growth"] == 23_334  # 30001 / 9000 - 1 = 2.33344…
    assert found["profit_12m"] == -3001  # -30.0099
    assert found["margin_rate"] == -1000  # -3001 / 30001 = -0.10003
    assert (found["orders_12m"], found["orders_total"]) == (2, 4)
    assert found["status"] == "active"


def test_an_unknown_amount_or_profit_makes_the_sum_unknown_not_smaller(engine: Engine) -> None:
    customer(engine, 1)
    add(engine, Order, order(1, date(2026, 1, 1), "10", profit=None), order(1, date(2024, 1, 1), None))
    found = facts(engine)[1]
    assert found["amount_12m"] == 1000
    assert found["profit_12m"] is None
    assert found["margin_rate"] is None
    assert found["amount_36m"] is None
    assert found["orders_total"] == 2


@pytest.mark.parametrize(
    ("first", "as_of", "months"),
    [
        (date(2025, 1, 31), date(2025, 2, 28), 1),  # the anniversary of the 31st in February is the 28th
        (date(2025, 1, 31), date(2025, 2, 27), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2025, 3, 15), date(2026, 3, 14), 11),
        (date(2025, 3, 15), date(2026, 3, 15), 12),
        (date(2026, 3, 31), date(2026, 3, 31), 0),
    ],
)
def test_months_are_counted_by_anniversary_clamped_to_the_months_end(
    engine: Engine, first: date, as_of: date, months: int
) -> None:
    customer(engine, 1)
    add(engine, Order, order(1, first, "1"))
    found = facts(engine, as_of)[1]
    assert found["tenure"] == found["months_since_order"] == months
    assert found["days_since_order"] == (as_of - first).days


def test_repeat_rate_is_the_share_of_quarters_with_an_order(engine: Engine) -> None:
    customer(engine, 1)
    add(engine, Order, *(order(1, day, "1") for day in (date(2026, 3, 1), date(2026, 2, 1), date(2025, 7, 15))))
    assert facts(engine)[1]["repeat_rate"] == 5_000


def test_renewals_payments_contacts_complaints_surveys_and_referrals(engine: Engine) -> None:
    customer(engine, 1)
    customer(engine, 2, referrer_id=1)
    add(
        engine,
        Contract,
        *({"id": key, "customer_id": 1, "starts_on": date(2024, 1, 1), "ends_on": date(2025, 1, key), "known_at": noon(date(2024, 1, 1))} for key in (1, 2, 3)),
        {"id": 4, "customer_id": 1, "starts_on": date(2025, 1, 2), "ends_on": None, "renewal_of_id": 1, "known_at": noon(date(2025, 1, 2))},
        {"id": 5, "customer_id": 1, "starts_on": date(2025, 1, 2), "ends_on": None, "renewal_of_id": 2, "known_at": noon(date(2026, 4, 1))},
    )  # fmt: skip
    add(
        engine,
        Order,
        order(1, date(2026, 1, 1), "1", payment_due_on=date(2026, 2, 1), paid_on=date(2026, 2, 11), paid_known_at=noon(date(2026, 2, 12))),
        order(1, date(2026, 1, 2), "1", payment_due_on=date(2026, 3, 1), paid_on=date(2026, 3, 5), paid_known_at=noon(date(2026, 4, 5))),
        order(2, date(2026, 1, 2), "1", payment_due_on=date(2026, 3, 1), paid_on=date(2026, 2, 5), paid_known_at=noon(date(2026, 2, 5)), product_line="设备"),
    )  # fmt: skip
    late_evening = datetime(2026, 1, 31, 16, 30, tzinfo=UTC)  # 1 February in Shanghai
    add(engine, Interaction, {"customer_id": 1, "happened_at": late_evening, "kind": "call", "known_at": late_evening})
    add(
        engine,
        ServiceRecord,
        {
            "customer_id": 1,
            "opened_at": noon(date(2026, 3, 1)),
            "kind": "complaint",
            "known_at": noon(date(2026, 3, 1)),
        },
        {"customer_id": 1, "opened_at": noon(date(2026, 3, 1)), "kind": "consult", "known_at": noon(date(2026, 3, 1))},
    )
    add(
        engine,
        Survey,
        *({"customer_id": 1, "surveyed_on": DAY, "score": score, "known_at": noon(DAY)} for score in (5, 4, 4)),
    )
    one, two = facts(engine)[1], facts(engine)[2]
    assert one["renewal_rate"] == 3_333  # one of three: the second renewal was not known yet
    assert one["payment_delay_days"] == 30  # the second payment was not known yet: late until the day
    assert two["payment_delay_days"] == 0
    assert (one["months_since_contact"], one["interactions_12m"]) == (1, 1)
    assert one["complaints_12m"] == 1
    assert one["satisfaction"] == 433
    assert (one["referrals_12m"], two["referrals_12m"]) == (1, 0)
    assert (one["product_lines"], two["product_lines"]) == (None, 1)  # the orders of the first name none


def test_product_lines_count_orders_and_their_lines_once(engine: Engine) -> None:
    customer(engine, 1)
    add(engine, Order, {"id": 1, **order(1, DAY, "3", product_line="设备")})
    add(
        engine,
        OrderLine,
        *(
            {"order_id": 1, "product_line": line, "amount": Decimal(1), "known_at": noon(DAY)}
            for line in ("设备", "耗材")
        ),
    )
    assert facts(engine)[1]["product_lines"] == 2


def test_newest_rating_counts_while_it_is_valid(engine: Engine) -> None:
    customer(engine, 1)
    word, other = RATINGS[0].name, RATINGS[1].name
    row = {"customer_id": 1, "known_at": noon(date(2025, 1, 1))}
    add(
        engine,
        Assessment,
        {**row, "word": word, "rating": 3, "assessed_on": date(2025, 1, 1), "valid_until": date(2027, 1, 1)},
        {**row, "word": word, "rating": 8, "assessed_on": date(2025, 6, 1), "valid_until": date(2026, 3, 31)},
        {**row, "word": other, "rating": 9, "assessed_on": date(2025, 1, 1), "valid_until": date(2027, 1, 1)},
        {**row, "word": other, "rating": 2, "assessed_on": date(2025, 2, 1), "valid_until": date(2026, 3, 30)},
    )
    found = facts(engine)[1]
    assert found[word] == 8
    assert found[other] is None  # the newest has expired; an older one does not come back


def test_status_follows_its_history_and_an_order_makes_a_customer_active(engine: Engine) -> None:
    for key in (1, 2, 3, 4):
        customer(engine, key)
    change = {"known_at": noon(date(2025, 1, 1)), "changed_on": date(2025, 1, 1)}
    add(
        engine,
        StatusChange,
        {"customer_id": 1, "status": "intent", **change},
        {"customer_id": 2, "status": "lost", **change},
    )
    add(
        engine,
        StatusChange,
        {"customer_id": 3, "status": "lost", **change},
        {"customer_id": 4, "status": "intent", **change},
    )
    add(
        engine, Order, order(2, date(2024, 1, 1), "1"), order(3, date(2025, 2, 1), "1"), order(4, date(2025, 2, 1), "1")
    )
    assert [facts(engine)[key]["status"] for key in (1, 2, 3, 4)] == ["intent", "lost", "active", "active"]


def random_history(seed: int) -> list[tuple[Any, dict[str, Any]]]:
    """Rows of every event table with independent happened and known times around DAY."""
    dice = random.Random(seed)
    rows: list[tuple[Any, dict[str, Any]]] = []

    def day() -> date:
        return DAY + timedelta(days=dice.randint(-1200, 400))

    def known(happened: date) -> datetime:
        return noon(happened + timedelta(days=dice.choice([0, 0, 1, 10, 200])))

    for key in range(1, 13):
        first = day()
        rows.append((Customer, {"id": key, "number": f"n{key}", "name": "公司", "known_at": known(first),
                                "referrer_id": dice.choice([None, *range(1, key)])}))  # fmt: skip
    contracts: dict[int, list[int]] = {}
    for key in range(1, 121):
        who, happened = dice.randint(1, 12), day()
        earlier = contracts.setdefault(who, [])
        paid = happened + timedelta(days=dice.randint(0, 90))
        rows.append((Order, {**order(who, happened, dice.choice([None, "0", "12.3456", "999999.99"])), "id": key,
                             "profit": dice.choice([None, Decimal("3.5"), Decimal("-7.25")]), "known_at": known(happened),
                             "product_line": dice.choice([None, "设备", "软件"]), "payment_due_on": happened + timedelta(days=30),
                             "paid_on": paid, "paid_known_at": known(paid)}))  # fmt: skip
        rows.append((Contract, {"id": key, "customer_id": who, "starts_on": happened, "ends_on": day(), "known_at": known(happened),
                                "renewal_of_id": dice.choice([None, *earlier])}))  # fmt: skip
        earlier.append(key)
        rows.append(
            (
                Interaction,
                {"customer_id": who, "happened_at": noon(happened), "kind": "call", "known_at": known(happened)},
            )
        )
        rows.append(
            (
                ServiceRecord,
                {"customer_id": who, "opened_at": noon(happened), "kind": "complaint", "known_at": known(happened)},
            )
        )
        rows.append(
            (
                Survey,
                {"customer_id": who, "surveyed_on": happened, "score": dice.randint(1, 5), "known_at": known(happened)},
            )
        )
        rows.append((StatusChange, {"customer_id": who, "changed_on": happened, "known_at": known(happened),
                                    "status": dice.choice(["potential", "intent", "lost"])}))  # fmt: skip
        rows.append((Assessment, {"customer_id": who, "word": dice.choice(RATINGS).name, "rating": dice.randint(0, 10),
                                  "assessed_on": happened, "valid_until": day(), "known_at": known(happened)}))  # fmt: skip
    return rows


HAPPENED = {Order: "ordered_on", Survey: "surveyed_on", StatusChange: "changed_on", Assessment: "assessed_on"}


def shows_the_customer(table: Any, row: dict[str, Any]) -> bool:
    """Whether a known row makes its customer known: an order, an interaction, a contract that ended of late."""
    if table is Interaction:
        return bool(row["happened_at"] < end_of_day(DAY, ZONE))
    return table is Order or (table is Contract and months_before(DAY, 36) < row["ends_on"] <= DAY)


def as_it_was_known(history: list[tuple[Any, dict[str, Any]]]) -> list[tuple[Any, dict[str, Any]]]:
    """The rows, and the values in them, that a database could hold at the end of DAY."""
    cut = end_of_day(DAY, ZONE)
    known = [
        (table, dict(row))
        for table, row in history
        if table is Customer or (row["known_at"] < cut and row.get(HAPPENED.get(table, ""), DAY) <= DAY)
    ]
    own = {row["id"] for table, row in known if table is Customer and row["known_at"] < cut}
    dealt = {row["customer_id"] for table, row in known if shows_the_customer(table, row)}
    ids = {Customer: own | dealt}
    kept = [(table, row) for table, row in known if row.get("customer_id", row.get("id")) in ids[Customer]]
    ids[Contract] = {row["id"] for table, row in kept if table is Contract}
    for table, row in kept:
        if table is Customer and (row["referrer_id"] not in ids[Customer] or row["id"] not in own):
            row["referrer_id"] = None
        if table is Contract and row["renewal_of_id"] not in ids[Contract]:
            row["renewal_of_id"] = None
        if table is Order and (row["paid_on"] > DAY or row["paid_known_at"] >= cut):
            row["paid_on"] = row["paid_known_at"] = None
    return kept


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_known_or_happened_later_enters(engine: Engine, seed: int) -> None:
    """The facts of the whole history equal those of a database that never saw what came after the day."""
    history = random_history(seed)
    for table, row in history:
        add(engine, table, row)
    with_later = facts(engine)
    with engine.begin() as connection:
        for table in (Assessment, StatusChange, Survey, ServiceRecord, Interaction, Contract, Order, Customer):
            connection.execute(delete(table))
    kept = as_it_was_known(history)
    assert 100 < len(kept) < len(history) - 100
    for table, row in kept:
        add(engine, table, row)
    assert facts(engine) == with_later


def test_window_dates_are_clamped_to_the_months_end() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 30)
    assert months_before(date(2026, 1, 15), -12) == date(2027, 1, 15)


def test_whose_order_was_known_was_known_too(engine: Engine) -> None:
    customer(engine, 1, known=date(2026, 6, 1))  # entered long after its first order, as in an imported history
    customer(engine, 2, known=date(2026, 6, 1))
    add(engine, Order, order(1, date(2025, 5, 1), "1"))
    assert set(facts(engine)) == {1}


def test_the_amount_of_an_order_with_a_line_known_later_is_unknown_until_then(engine: Engine) -> None:
    customer(engine, 1)
    add(engine, Order, {"id": 1, **order(1, date(2026, 3, 1), "30")})
    line = {"order_id": 1, "product_line": "设备"}
    add(
        engine,
        OrderLine,
        {**line, "amount": Decimal(10), "known_at": noon(date(2026, 3, 1))},
        {**line, "amount": Decimal(20), "known_at": noon(date(2026, 4, 2))},
    )
    assert facts(engine)[1]["amount_12m"] is None
    assert facts(engine, date(2026, 4, 2))[1]["amount_12m"] == 3_000


def test_product_lines_are_unknown_while_an_order_names_none(engine: Engine) -> None:
    for key in (1, 2, 3):
        customer(engine, key)
    add(engine, Order, order(1, DAY, "1"), order(1, DAY, "1", product_line="设备"))
    add(engine, Order, {"id": 9, **order(2, DAY, "1")})
    for name in ("设备", None):
        add(engine, OrderLine, {"order_id": 9, "product_line": name, "amount": Decimal(1), "known_at": noon(DAY)})
    found = facts(engine)
    assert [found[key]["product_lines"] for key in (1, 2, 3)] == [None, None, 0]


def test_ratios_of_huge_sums_stay_exact(engine: Engine) -> None:
    customer(engine, 1)
    customer(engine, 2)
    most = "1000000000000"  # the most an order may have
    add(engine, Order, *(order(1, DAY, most, profit=Decimal(f"-{most}")) for _ in range(400)))
    add(engine, Order, *(order(1, date(2024, 5, 1), most) for _ in range(300)))
    add(engine, Order, *(order(2, DAY, most) for _ in range(20)), order(2, date(2024, 5, 1), "0.01"))
    found = facts(engine)
    assert found[1]["amount_12m"] == 400 * 10**14
    assert (found[1]["amount_growth"], found[1]["margin_rate"]) == (3_333, -10_000)
    assert found[2]["amount_growth"] == 10**18 - 10_000  # more than int64 holds counts as the most there is
    assert {type(value) for row in found.values() for value in row.values()} == {int, str, type(None)}


@pytest.mark.parametrize("numerator", [0, 1, 2, 7, -7, 12_345, 10**16 + 1, -(10**16)])
@pytest.mark.parametrize("denominator", [0, 1, 3, 8, 20_000, 10**16 + 7])
@pytest.mark.parametrize("scale", [1, 100, 10_000])
def test_a_ratio_is_rounded_half_away_from_zero(
    sqlite_engine: Engine, numerator: int, denominator: int, scale: int
) -> None:
    with sqlite_engine.connect() as connection:
        of = (literal(number, BigInteger) for number in (numerator, denominator))
        found = connection.scalar(select(ratio(*of, scale=scale)))
    exact = Fraction(abs(numerator) * scale, denominator) if denominator else None
    most = 10**14 * scale if scale > 1 else 2**63 - 1
    size = None if exact is None else min(floor(exact + Fraction(1, 2)), most)
    assert found == (size if size is None or numerator >= 0 else -size)


@pytest.mark.parametrize(
    ("zone", "instant", "as_of", "months"),
    [
        ("Asia/Shanghai", "2026-02-28T15:59:59.999999", date(2026, 3, 28), 1),  # 23:59:59.999999 on the 28th
        ("Asia/Shanghai", "2026-02-28T16:00:00", date(2026, 3, 31), 0),
        ("America/New_York", "2026-01-16T04:30:00", date(2026, 6, 15), 5),  # 23:30 on the 15th, in winter time
        ("America/New_York", "2026-01-16T05:00:00", date(2026, 6, 15), 4),
        ("America/New_York", "2026-06-16T03:59:59", date(2026, 6, 15), 0),
        ("Pacific/Kiritimati", "2026-01-15T10:00:00", date(2026, 2, 16), 1),
    ],
)
def test_an_interaction_near_midnight_falls_on_its_own_day_in_the_zone(
    engine: Engine, zone: str, instant: str, as_of: date, months: int
) -> None:
    customer(engine, 1)
    happened = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    add(engine, Interaction, {"customer_id": 1, "kind": "call", "happened_at": happened, "known_at": happened})
    with engine.connect() as connection:
        (row,) = connection.execute(facts_statement(as_of, zone)).mappings().all()
    assert (row["months_since_contact"], row["interactions_12m"]) == (months, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_taking_away_what_came_after_the_day_changes_no_fact(engine: Engine, seed: int) -> None:
    for table, row in random_history(seed):
        add(engine, table, row)
    add(
        engine,
        OrderLine,
        {"order_id": 1, "known_at": noon(DAY + timedelta(days=5)), "product_line": "设备", "amount": 1},
    )
    stored = facts(engine)
    with engine.connect() as connection:
        assert lookahead(connection, DAY, ZONE) == {}
        assert connection.scalar(select(func.count()).select_from(Order)) == 120
    assert facts(engine) == stored


def leaking(word: str, leak: Any) -> Any:
    """The facts with one of them computed from the orders of the period after the day."""
    f = facts_statement(DAY, ZONE).subquery()
    later = (
        select(Order.customer_id, leak.label("leak"))
        .where(Order.ordered_on > DAY)
        .group_by(Order.customer_id)
        .subquery()
    )
    columns = [func.coalesce(later.c.leak, f.c[word]).label(word) if column.name == word else column for column in f.c]
    return select(*columns).select_from(f.outerjoin(later, later.c.customer_id == f.c.customer_id))


@pytest.mark.parametrize("word", ["orders_12m", "repeat_rate"])
def test_a_leak_planted_in_the_facts_is_named_with_its_customers(engine: Engine, word: str) -> None:
    for table, row in random_history(1):
        add(engine, table, row)
    statement = leaking(word, func.count() + 20_000)
    with engine.connect() as connection:
        (changed,) = lookahead(connection, DAY, ZONE, statement).items()
        buyers = connection.scalar(select(func.count(Order.customer_id.distinct())).where(Order.ordered_on > DAY)) or 0
    assert changed[0] == word
    assert 0 < changed[1] <= buyers


def test_a_fact_that_counts_what_was_known_later_is_named(engine: Engine) -> None:
    customer(engine, 1)
    add(engine, Order, order(1, date(2026, 3, 1), "5"))
    add(engine, Order, order(1, date(2026, 3, 2), "5", known=date(2026, 5, 1)))
    f = facts_statement(DAY, ZONE).subquery()
    happened = select(func.count()).select_from(Order).where(Order.ordered_on <= DAY).scalar_subquery()
    with engine.connect() as connection:
        assert lookahead(connection, DAY, ZONE, select(f.c.customer_id, happened.label("orders"))) == {"orders": 1}
