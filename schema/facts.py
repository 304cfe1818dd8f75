"""Facts: one row per customer and one column per vocabulary word, as known at the end of a day, in one statement.

An event counts when it happened by the day and was known by the day's end.  Everything is an integer: money is rounded
once, half up, from its exact sum to fen; ratios once, half up, to basis points.  What is not known is NULL; what cannot exist,
as the margin of no purchases, is policies.states.NOT_APPLICABLE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Subquery,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)  # fmt: skip

from policies.states import NOT_APPLICABLE
from policies.vocabulary import RATINGS, WORDS
from schema.expressions import DaysBetween, Integer, fen, local_date, ratio, total
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
from schema.tables.base import UtcDateTime
from schema.windows import end_of_day, is_month_end, months_before

ZERO = literal(0, BigInteger)
NONE = literal(NOT_APPLICABLE, BigInteger)


@dataclass(frozen=True)
class AsOf:
    """A day in a zone, and the windows that end with it."""

    day: date
    zone: str

    @property
    def cut(self) -> datetime:
        """Return the first instant after the day."""
        return end_of_day(self.day, self.zone)

    def months(self, count: int) -> date:
        """Return the day before which the window of ``count`` months ends; the window holds the days after it."""
        return months_before(self.day, count)

    def known(self, table: Any) -> ColumnElement[bool]:
        """Return the condition that a row of ``table`` was known by the end of the day."""
        return table.known_at < self.cut  # type: ignore[no-any-return]  # an attribute of a table class given as Any

    def within(self, column: Any, months: int, until: int = 0) -> ColumnElement[bool]:
        """Return the condition that a date falls in the window from ``months`` to ``until`` months back."""
        return and_(column > self.months(months), column <= self.months(until))

    def months_since(self, column: Any) -> Integer:
        """Return whole months from a date to the day, by anniversary clamped to the month's end."""
        months = (
            self.day.year * 12 + self.day.month
            - cast(extract("year", column), BigInteger) * 12
            - cast(extract("month", column), BigInteger)
        )  # fmt: skip
        if is_month_end(self.day):
            return months
        return months - case((cast(extract("day", column), BigInteger) > self.day.day, 1), else_=0)

    def days_since(self, column: Any) -> Integer:
        """Return days from a date to the day."""
        return DaysBetween(column, literal(self.day, Date))


def _orders(at: AsOf) -> Subquery:
    """Sums over the orders of each customer, exact in 1/10000."""
    day, profit = Order.ordered_on, type_coerce(Order.profit, BigInteger)
    # An amount is the sum of the order's lines: it was not known while one of them was not.
    late = select(OrderLine.order_id).where(OrderLine.known_at >= at.cut).distinct().subquery("late")
    amount = case((late.c.order_id.is_(None), type_coerce(Order.amount, BigInteger)), else_=null())
    year, prior, three_years = at.within(day, 12), at.within(day, 24, 12), at.within(day, 36)

    def known_sum(value: Any, window: Any) -> ColumnElement[int | None]:
        unknown = total(case((and_(window, value.is_(None)), 1), else_=0))
        return case((unknown == 0, fen(total(case((window, value), else_=0)))), else_=null())

    quarters = [func.max(case((at.within(day, 3 * n + 3, 3 * n), 1), else_=0)) for n in range(4)]
    always = day <= at.day
    return (
        select(
            Order.customer_id,
            func.min(day).label("first_on"),
            func.max(day).label("last_on"),
            known_sum(amount, year).label("amount_12m"),
            known_sum(amount, prior).label("amount_prior_12m"),
            known_sum(amount, three_years).label("amount_36m"),
            known_sum(amount, always).label("amount_total"),
            known_sum(profit, year).label("profit_12m"),
            total(case((year, 1), else_=0)).label("orders_12m"),
            cast(func.count(), BigInteger).label("orders_total"),
            (quarters[0] + quarters[1] + quarters[2] + quarters[3]).label("quarters"),
        )
        .outerjoin(late, late.c.order_id == Order.id)
        .where(always, at.known(Order))
        .group_by(Order.customer_id)
        .subquery("o")
    )


def _payment_delay(at: AsOf) -> Subquery:
    """The longest delay of the orders due in the last 12 months; an unpaid one is late until the day.

    NULL where none was surely due, but an order says no date; no row where nothing can have been due.
    """
    paid = and_(Order.paid_on.is_not(None), Order.paid_on <= at.day, Order.paid_known_at < at.cut)
    days = DaysBetween(Order.payment_due_on, case((paid, Order.paid_on), else_=literal(at.day, Date)))
    return (
        select(Order.customer_id, cast(func.max(case((days > 0, days), (days <= 0, 0))), BigInteger).label("days"))
        .where(
            at.known(Order),
            Order.ordered_on <= at.day,
            or_(at.within(Order.payment_due_on, 12), Order.payment_due_on.is_(None)),
        )
        .group_by(Order.customer_id)
        .subquery("p")
    )


def _product_lines(at: AsOf) -> Subquery:
    """Different product lines of orders and of their lines in the last 36 months; unknown when one names none."""
    ordered = and_(at.known(Order), at.within(Order.ordered_on, 36))
    of_lines = (
        select(Order.customer_id, OrderLine.product_line)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(ordered, at.known(OrderLine), or_(Order.product_line.is_(None), OrderLine.product_line.is_not(None)))
    )
    has_lines = select(OrderLine.order_id).where(at.known(OrderLine))
    of_orders = select(Order.customer_id, Order.product_line).where(
        ordered, or_(Order.product_line.is_not(None), Order.id.not_in(has_lines))
    )
    both = union_all(of_orders, of_lines).subquery()
    named = cast(func.count(both.c.product_line.distinct()), BigInteger)
    return (
        select(
            both.c.customer_id,
            case((func.count() == func.count(both.c.product_line), named), else_=null()).label("lines"),
        )
        .group_by(both.c.customer_id)
        .subquery("l")
    )


def _contracts(at: AsOf) -> Subquery:
    """Contracts that ended in the last 36 months, and how many of them were renewed."""
    renewal = select(Contract.renewal_of_id.label("id")).distinct()
    renewal = renewal.where(at.known(Contract), Contract.renewal_of_id.is_not(None))
    renewed = renewal.subquery("renewed")
    return (
        select(Contract.customer_id, func.count().label("ended"), func.count(renewed.c.id).label("renewed"))
        .outerjoin(renewed, renewed.c.id == Contract.id)
        .where(at.known(Contract), at.within(Contract.ends_on, 36))
        .group_by(Contract.customer_id)
        .subquery("k")
    )


def _interactions(at: AsOf) -> Subquery:
    """Interactions of the last 12 months, and the date of the last one ever."""
    year_ago = literal(end_of_day(at.months(12), at.zone), UtcDateTime)
    newest = func.max(Interaction.happened_at)
    last = local_date(newest, at.zone, at.day.year)
    return (
        select(
            Interaction.customer_id,
            total(case((Interaction.happened_at >= year_ago, 1), else_=0)).label("count"),
            last.label("last_on"),
        )
        .where(at.known(Interaction), Interaction.happened_at < at.cut)
        .group_by(Interaction.customer_id)
        .subquery("i")
    )


def _complaints(at: AsOf) -> Subquery:
    year_ago = end_of_day(at.months(12), at.zone)
    opened = and_(ServiceRecord.opened_at >= year_ago, ServiceRecord.opened_at < at.cut)
    return (
        select(ServiceRecord.customer_id, cast(func.count(), BigInteger).label("count"))
        .where(at.known(ServiceRecord), opened, ServiceRecord.kind == "complaint")
        .group_by(ServiceRecord.customer_id)
        .subquery("c")
    )


def _surveys(at: AsOf) -> Subquery:
    return (
        select(Survey.customer_id, total(Survey.score).label("sum"), func.count().label("count"))
        .where(at.known(Survey), at.within(Survey.surveyed_on, 12))
        .group_by(Survey.customer_id)
        .subquery("s")
    )


def _referrals(at: AsOf) -> Subquery:
    """Customers whose first order falls in the last 12 months, by who referred them."""
    first = (
        select(Order.customer_id, func.min(Order.ordered_on).label("on"))
        .where(at.known(Order), Order.ordered_on <= at.day)
        .group_by(Order.customer_id)
        .subquery()
    )
    return (
        select(Customer.referrer_id, cast(func.count(), BigInteger).label("count"))
        .join(first, first.c.customer_id == Customer.id)
        .where(at.known(Customer), Customer.referrer_id.is_not(None), at.within(first.c.on, 12))
        .group_by(Customer.referrer_id)
        .subquery("r")
    )


def _ratings(at: AsOf) -> Subquery:
    """The newest assessment of each rating word, while it is valid."""
    newest = func.row_number().over(
        partition_by=(Assessment.customer_id, Assessment.word),
        order_by=(Assessment.assessed_on.desc(), Assessment.id.desc()),
    )
    ranked = (
        select(Assessment.customer_id, Assessment.word, Assessment.rating, Assessment.valid_until, newest.label("n"))
        .where(at.known(Assessment), Assessment.assessed_on <= at.day)
        .subquery()
    )
    return (
        select(
            ranked.c.customer_id,
            *(
                cast(func.max(case((ranked.c.word == word.name, ranked.c.rating))), BigInteger).label(word.name)
                for word in RATINGS
            ),
        )
        .where(ranked.c.n == 1, ranked.c.valid_until >= at.day)
        .group_by(ranked.c.customer_id)
        .subquery("a")
    )


def _statuses(at: AsOf) -> Subquery:
    newest = func.row_number().over(
        partition_by=StatusChange.customer_id, order_by=(StatusChange.changed_on.desc(), StatusChange.id.desc())
    )
    ranked = (
        select(StatusChange.customer_id, StatusChange.status, StatusChange.changed_on, newest.label("n"))
        .where(at.known(StatusChange), StatusChange.changed_on <= at.day)
        .subquery()
    )
    return select(ranked.c.customer_id, ranked.c.status, ranked.c.changed_on).where(ranked.c.n == 1).subquery("t")


def facts_statement(as_of: date, zone: str) -> Select[Any]:
    """Return the SELECT of every customer's facts as known at the end of ``as_of`` in ``zone``.

    Columns: customer_id, then the words of the vocabulary in their order.  No order of rows.
    """
    at = AsOf(as_of, zone)
    orders, delay, lines, contracts = _orders(at), _payment_delay(at), _product_lines(at), _contracts(at)
    contacts, complaints, surveys, referrals = _interactions(at), _complaints(at), _surveys(at), _referrals(at)
    ratings, statuses = _ratings(at), _statuses(at)
    has_orders = orders.c.customer_id.is_not(None)
    # An order makes a customer active, unless the customer was lost after the last one.
    ordered = and_(has_orders, or_(statuses.c.status.is_(None), statuses.c.status != "lost",
                                   orders.c.last_on > statuses.c.changed_on))  # fmt: skip

    def of_orders(name: str) -> ColumnElement[int | None]:
        return case((has_orders, orders.c[name]), else_=ZERO)

    def since_order(value: Any) -> ColumnElement[int | None]:
        return case((has_orders, value), else_=NONE)

    def share(numerator: Any, denominator: Any, less: int = 0) -> ColumnElement[int | None]:
        return case((denominator == 0, NONE), else_=ratio(numerator, denominator) - less)

    def joined_to(part: Subquery, value: Any) -> ColumnElement[int | None]:
        return case((part.c.customer_id.is_(None), NONE), else_=value)

    amount, prior = of_orders("amount_12m"), of_orders("amount_prior_12m")
    values: dict[str, Any] = {
        "status": case((ordered, "active"), else_=func.coalesce(statuses.c.status, "potential")),
        **{name: of_orders(name) for name in ("amount_12m", "amount_prior_12m", "amount_36m", "amount_total")},
        "amount_growth": share(amount, prior, 10_000),
        "profit_12m": of_orders("profit_12m"),
        "margin_rate": share(of_orders("profit_12m"), amount),
        "orders_12m": of_orders("orders_12m"),
        "orders_total": of_orders("orders_total"),
        "tenure": since_order(at.months_since(orders.c.first_on)),
        "months_since_order": since_order(at.months_since(orders.c.last_on)),
        "days_since_order": since_order(at.days_since(orders.c.last_on)),
        "months_since_contact": joined_to(contacts, at.months_since(contacts.c.last_on)),
        "interactions_12m": func.coalesce(contacts.c.count, 0),
        "product_lines": case((lines.c.customer_id.is_not(None), lines.c.lines), else_=ZERO),
        "repeat_rate": since_order(orders.c.quarters * 2500),
        "renewal_rate": joined_to(contracts, ratio(contracts.c.renewed, contracts.c.ended)),
        "referrals_12m": func.coalesce(referrals.c.count, 0),
        "satisfaction": ratio(surveys.c.sum, surveys.c.count, scale=100),
        "complaints_12m": func.coalesce(complaints.c.count, 0),
        "payment_delay_days": joined_to(delay, delay.c.days),
        **{word.name: ratings.c[word.name] for word in RATINGS},
    }
    joined: Any = Customer.__table__
    for part in (orders, delay, lines, contracts, contacts, complaints, surveys, ratings, statuses):
        joined = joined.outerjoin(part, part.c.customer_id == Customer.id)
    joined = joined.outerjoin(referrals, referrals.c.referrer_id == Customer.id)
    columns = [Customer.id.label("customer_id"), *(values[word.name].label(word.name) for word in WORDS)]
    # Whose order, contract or interaction was known was known too, even when its own row was entered later.
    dealings = (part.c.customer_id.is_not(None) for part in (orders, contracts, contacts))
    return select(*columns).select_from(joined).where(or_(at.known(Customer), *dealings))
