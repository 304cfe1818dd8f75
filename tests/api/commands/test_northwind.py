"""Northwind through the import on both databases: its published figures, exactly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.commands.intake import import_file
from api.commands.user import operator
from api.database import writing
from api.intake.mapping import load_mapping
from schema.tables import Contact, Customer, Order, OrderLine

FILES = [
    ("northwind-customers", "customers.csv", 91),
    ("northwind-contacts", "customers.csv", 91),
    ("northwind-orders", "orders.csv", 830),
    ("northwind-order-lines", "order_details.csv", 2155),
]


def test_northwind_lands_exactly_and_a_second_time_changes_nothing(engine: Engine, shared: Path) -> None:
    with writing(engine) as session:
        actor = operator(session)
    for again in (False, True):
        for name, file, rows in FILES:
            mapping = load_mapping(name)
            summary = import_file(engine, actor, mapping.noun, shared / "northwind" / file, mapping=mapping)
            assert (summary.unchanged if again else summary.created, summary.landed, summary.rejected) == (
                rows,
                rows,
                0,
            )
        with Session(engine) as session:
            counted = [
                session.scalar(select(func.count()).select_from(t)) for t in (Customer, Contact, Order, OrderLine)
            ]
            amounts = session.scalars(select(Order.amount)).all()
            lines = set(session.scalars(select(OrderLine.product_line)))
        assert counted == [91, 91, 830, 2155]
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        assert total == Decimal("1265793.0395")
        assert round(total, 2) == Decimal("1265793.04")
        assert None not in amounts
        assert "Beverages" in lines
        assert len(lines) == 8
