"""Purchase histories: for each customer when it bought first and last, how often again and for how much, in one statement."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Select, and_, case, cast, func, literal, select, type_coerce
from sqlalchemy.types import Date

from policies.lifetime import COLUMNS
from schema.expressions import DaysBetween, fen, total
from schema.tables import Order, OrderLine
from schema.windows import end_of_day


def histories_statement(as_of: date, zone: str) -> Select[int, int, int, int, int, int]:
    """Return the SELECT of the histories of who had bought by the end of ``as_of`` in ``zone``, as known then.

    Columns: those of policies.lifetime.history.Histories, in days, counts and fen.  The orders of a day are one purchase,
    priced when each of their amounts is known and they are above 0 together.  Ordered by customer_id.
    """
    cut = end_of_day(as_of, zone)
    # An amount is the sum of the order's lines: it was not known while one of them was not.
    late = select(OrderLine.order_id).where(OrderLine.known_at >= cut).distinct().subquery("late")
    amount = case((late.c.order_id.is_(None), type_coerce(Order.amount, BigInteger)))
    first = func.min(Order.ordered_on).over(partition_by=Order.customer_id)
    days = (
        select(
            Order.customer_id,
            Order.ordered_on.label("day"),
            first.label("first_on"),
            total(amount).label("amount"),
            total(case((amount.is_(None), 1), else_=0)).label("unknown"),
        )
        .outerjoin(late, late.c.order_id == Order.id)
        .where(Order.ordered_on <= as_of, Order.known_at < cut)
        .group_by(Order.customer_id, Order.ordered_on)
        .subquery("days")
    )
    priced = and_(days.c.day > days.c.first_on, days.c.unknown == 0, fen(days.c.amount) > 0)
    first_on, last_on = func.min(days.c.first_on), func.max(days.c.day)
    return (
        select(
            days.c.customer_id,
            DaysBetween(first_on, literal(as_of, Date)).label(COLUMNS[1]),
            DaysBetween(first_on, last_on).label(COLUMNS[2]),
            cast(func.count() - 1, BigInteger).label(COLUMNS[3]),
            total(case((priced, 1), else_=0)).label(COLUMNS[4]),
            fen(total(case((priced, days.c.amount), else_=0))).label(COLUMNS[5]),
        )
        .group_by(days.c.customer_id)
        .order_by(days.c.customer_id)
    )
