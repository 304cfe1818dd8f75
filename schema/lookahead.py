"""Look-ahead: which facts of a day change when everything that happened or was known after it is taken away.

The later rows are taken away in temporary tables of the same names, which both databases read first; nothing that is
stored changes, and the end of the transaction removes them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Select, Table, insert, inspect, literal, or_, select, text, update

from schema.facts import facts_statement
from schema.tables import Assessment, Contract, Interaction, Order, OrderLine, ServiceRecord, StatusChange, Survey
from schema.tables.base import UtcDateTime
from schema.windows import end_of_day

# Each table of events with the column that says when one happened; what is not an event has none.
EVENTS: tuple[tuple[Any, str | None], ...] = (
    (Order, "ordered_on"),
    (OrderLine, None),
    (Contract, None),
    (Interaction, "happened_at"),
    (ServiceRecord, "opened_at"),
    (Survey, "surveyed_on"),
    (StatusChange, "changed_on"),
    (Assessment, "assessed_on"),
)


def lookahead(connection: Connection, day: date, zone: str, statement: Select[Any] | None = None) -> dict[str, int]:
    """Return the columns of facts that look ahead of a day, with the number of customers whose value they change.

    ``statement`` selects customer_id and facts, those of ``facts_statement`` when it is left out.  The connection must
    be in no transaction but its own; it is rolled back.
    """
    chosen = facts_statement(day, zone) if statement is None else statement
    stored = _rows(connection, chosen)
    try:
        _take_away(connection, day, end_of_day(day, zone))
        without = _rows(connection, chosen)
    finally:
        connection.rollback()
    nobody = dict.fromkeys(chosen.selected_columns.keys())
    changed: dict[str, int] = {}
    for customer in stored.keys() | without.keys():
        before, after = stored.get(customer, nobody), without.get(customer, nobody)
        for name, value in before.items():
            if value != after[name]:
                changed[name] = changed.get(name, 0) + 1
    return dict(sorted(changed.items()))


def _rows(connection: Connection, statement: Select[Any]) -> dict[int, dict[str, Any]]:
    return {row.customer_id: dict(row._mapping) for row in connection.execute(statement)}


def _take_away(connection: Connection, day: date, cut: datetime) -> None:
    """Put in front of each table of events one that ends with the day."""
    schema = inspect(connection).default_schema_name or "main"
    for entity, happened in EVENTS:
        table: Table = entity.__table__
        behind = table.to_metadata(MetaData(), schema=schema)
        connection.execute(text(f"create temporary table {table.name} as select * from {schema}.{table.name} limit 0"))  # noqa: S608 - names of our own tables
        known = [behind.c.known_at < literal(cut, UtcDateTime)]
        if happened is not None:
            until = literal(cut, UtcDateTime) if happened.endswith("_at") else None
            known.append(behind.c[happened] <= day if until is None else behind.c[happened] < until)
        connection.execute(insert(table).from_select(list(behind.c), select(*behind.c).where(*known)))
    _forget(connection, day, cut, schema)


def _forget(connection: Connection, day: date, cut: datetime, schema: str) -> None:
    """Take away what was written into an order later: its payment, and an amount whose lines were not all known."""
    orders: Table = Order.__table__  # type: ignore[assignment]  # a mapped class has a Table
    lines = OrderLine.__table__.to_metadata(MetaData(), schema=schema)  # type: ignore[attr-defined]  # as above
    later = or_(orders.c.paid_on > day, orders.c.paid_known_at >= literal(cut, UtcDateTime))
    connection.execute(update(orders).where(later).values(paid_on=None, paid_known_at=None))
    late = select(lines.c.order_id).where(lines.c.known_at >= literal(cut, UtcDateTime))
    connection.execute(update(orders).where(orders.c.id.in_(late)).values(amount=None))
