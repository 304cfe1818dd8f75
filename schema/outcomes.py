"""Outcomes: what each customer ordered in the months after a day, as known by now, in one statement."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Select, case, cast, func, select, type_coerce

from schema.expressions import fen, total
from schema.tables import Order
from schema.windows import months_before

COLUMNS = ("customer_id", "next_amount", "next_orders", "next_unknown", "next_profit", "next_unprofit", "next_earning")


def horizon_end(as_of: date, months: int) -> date:
    """Return the last day of (as_of, as_of + months], by anniversary clamped to the month's end."""
    return months_before(as_of, -months)


def outcomes_statement(as_of: date, months: int) -> Select[int, int, int, int, int, int, int]:
    """Return the SELECT of the orders of (as_of, as_of + months] by customer, of those who have any.

    Columns: customer_id, next_amount in fen (rounded once, half up), next_orders, next_unknown, the orders among them
    whose amount is not known and therefore not in the sum; next_profit and next_unprofit, the same of the gross profit; and
    next_earning, the amount of the orders whose profit is known.
    Ordered by customer_id.
    """
    amount, profit = (type_coerce(value, BigInteger) for value in (Order.amount, Order.profit))
    return (
        select(
            Order.customer_id,
            fen(total(amount)).label("next_amount"),
            cast(func.count(), BigInteger).label("next_orders"),
            total(case((amount.is_(None), 1), else_=0)).label("next_unknown"),
            fen(total(profit)).label("next_profit"),
            total(case((profit.is_(None), 1), else_=0)).label("next_unprofit"),
            fen(total(case((profit.is_not(None), amount)))).label("next_earning"),
        )
        .where(Order.ordered_on > as_of, Order.ordered_on <= horizon_end(as_of, months))
        .group_by(Order.customer_id)
        .order_by(Order.customer_id)
    )
