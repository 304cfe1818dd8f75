"""Orders (R1.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.fields import clean
from api.commands.order_amount import line_amount, lines_amount
from api.commands.row import Values, add, change
from api.errors import Invalid
from schema.tables import Order, OrderLine
from schema.tables.base import now


def create(session: Session, actor: Actor, customer_id: int, values: Values, lines: Sequence[Values] = ()) -> Order:
    """Add an order to a customer; with ``lines`` its amount is their exact sum.  A payment is known from now on."""
    actor.require("edit_order")
    own = {"paid_known_at": now()} if values.get("paid_on") else {}
    order = add(session, actor, "orders", Order, values, customer_id=customer_id, **own)
    if lines:
        columns = [line_columns(line, number) for number, line in enumerate(lines, start=1)]
        order.amount = sum_of(columns, order.amount)
        session.add_all(OrderLine(order_id=order.id, **line) for line in columns)
        session.flush()
    return order


def update(session: Session, actor: Actor, key: int, values: Values) -> Order:
    """Change the given fields of an order; the amount of an order with lines is their sum and is refused here.

    A payment (``paid_on``) is known from now on, unless it is the one that is known already.
    """
    actor.require("edit_order")
    has_lines = session.scalar(select(OrderLine.id).where(OrderLine.order_id == key).limit(1)) is not None
    if "amount" in values and has_lines:
        raise Invalid(f"amount: order {key} has lines, whose sum is its amount; leave it out.")
    known = session.scalar(select(Order.paid_on).where(Order.id == key))
    own = {"paid_known_at": now()} if values.get("paid_on") not in (None, known) else {}
    return change(session, actor, "orders", Order, key, values, **own)


def sum_of(lines: Sequence[Mapping[str, Any]], stated: Decimal | None) -> Decimal:
    """Return the amount of an order, the exact sum of its lines' columns; Invalid when another one is stated, or too large."""
    try:
        total = lines_amount(line["amount"] for line in lines)
    except ValueError as error:
        raise Invalid(f"amount: {error}.") from error
    if stated is not None and stated != total:
        raise Invalid(f"amount: {stated} is not the sum of the lines, {total:f}; correct one of them.")
    return total


def line_columns(values: Values, number: int) -> dict[str, Any]:
    """Return the columns of the line of that number, its amount computed or checked; Invalid when it is not known."""
    line: dict[str, Any] = clean("order_lines", values)
    line["discount"] = line.get("discount") or 0
    try:
        amount = line_amount(line.get("quantity"), line.get("unit_price"), line["discount"], line.get("amount"))
    except ValueError as error:
        raise Invalid(f"line {number}: the amount {error}.") from error
    return {**line, "amount": amount}
