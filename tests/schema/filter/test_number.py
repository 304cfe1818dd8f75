"""Filters by what is computed of related rows: exact sums, means and extremes, of known values in one currency."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import world
from sqlalchemy import Engine, select

from api.database import writing
from schema import tables

KNOWN = {"known_at": datetime(2026, 1, 1, tzinfo=UTC)}


def built(engine: Engine, home: Path) -> world.World:
    """Six customers with orders of their own, one of them in two currencies, one with an unknown amount."""
    made = world.build(engine, home, 6, graded=False)
    with writing(engine) as session:
        session.add(
            tables.Order(customer_id=5, ordered_on=date(2026, 1, 2), amount=Decimal("7.0001"), currency="USD", **KNOWN)
        )
        session.add(tables.Order(customer_id=2, ordered_on=date(2026, 1, 2), amount=None, profit=Decimal(-3), **KNOWN))
    return made


def numbers(made: world.World, filter: str) -> list[int]:
    found = made.data(f"{{ customers(first: 50, filter: {filter}) {{ totalCount nodes {{ number }} }} }}")["customers"]
    assert found["totalCount"] == len(found["nodes"])
    return [int(node["number"][-4:]) for node in found["nodes"]]


def amounts(engine: Engine) -> dict[int, list[tuple[str, Decimal | None]]]:
    with writing(engine) as session:
        found: dict[int, list[tuple[str, Decimal | None]]] = {n: [] for n in range(1, 7)}
        for order in session.scalars(select(tables.Order)):
            found[order.customer_id].append((order.currency, order.amount))
    return found


def test_customers_by_the_sum_the_mean_and_the_extremes_of_their_orders(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    known = {n: [a for _, a in rows if a is not None] for n, rows in amounts(engine).items()}
    one = {n for n, rows in amounts(engine).items() if len({currency for currency, a in rows if a is not None}) == 1}
    least = Decimal("100001.5")

    def meeting(condition: Any) -> list[int]:
        return [n for n, values in known.items() if n in one and condition(values)]

    assert (
        numbers(made, f'{{orders: {{sum: {{amount: {{gte: "{least}"}}}}}}}}')
        == meeting(lambda v: sum(v) >= least)
        != []
    )
    assert numbers(made, f'{{not: {{orders: {{sum: {{amount: {{gte: "{least}"}}}}}}}}}}') == [
        n for n in known if n not in meeting(lambda v: sum(v) >= least)
    ]
    mean = meeting(lambda v: sum(v) / len(v) > 120_000)
    assert numbers(made, "{orders: {avg: {amount: {gt: 120000}}}}") == mean != meeting(lambda v: sum(v) > 120_000)
    assert numbers(made, "{orders: {min: {amount: {gt: 100000}}, max: {amount: {lt: 200002}}}}") == meeting(
        lambda v: min(v) > 100_000 and max(v) < 200_002
    )
    assert numbers(made, "{orders: {sum: {amount: {isNull: true}}}}") == [n for n in known if n not in one]


def test_of_rows_that_meet_a_filter_and_of_one_currency_alone(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    assert 5 not in numbers(made, "{orders: {sum: {amount: {gt: 0}}}}")  # yuan and dollars are not added
    assert numbers(made, '{orders: {sum: {filter: {currency: {equals: "USD"}}, amount: {equals: "7.0001"}}}}') == [5]
    assert numbers(made, "{orders: {sum: {filter: {amount: {isNull: true}}, profit: {equals: -3}}}}") == [2]
    assert numbers(made, "{serviceRecords: {avg: {satisfaction: {gte: 4}}}}") == [1, 2, 3, 4, 5, 6]
    groups = made.data("{ customerGroups(filter: {orders: {max: {amount: {gt: 200000}}}}) { nodes { count } } }")
    assert groups["customerGroups"]["nodes"] == [
        {"count": len(numbers(made, "{orders: {max: {amount: {gt: 200000}}}}"))}
    ]


def test_what_cannot_be_compared_is_refused_before_any_statement(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = built(sqlite_engine, tmp_path)
    for filter in (
        "{orders: {sum: {amount: null}}}",
        '{orders: {sum: {amount: {gt: "1.00001"}}}}',
        '{serviceRecords: {sum: {satisfaction: {gt: "1.5"}}}}',
        "{orders: {avg: {filter: {amount: null}, amount: {gt: 1}}}}",
    ):
        with made.statements() as seen:
            (error,) = made.ask(f"{{ customers(filter: {filter}) {{ totalCount }} }}")["errors"]
        assert (error["extensions"]["code"], seen) == ("invalid", []), filter
