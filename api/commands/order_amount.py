"""An order's amount as the exact sum of its lines: quantity x unit price x (1 - discount), to 1/10000 of the currency."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from sqlalchemy import BigInteger, cast, func, select, type_coerce, update
from sqlalchemy.orm import Session

from api.commands.cells import MOST_MONEY
from schema.tables import Order, OrderLine
from schema.tables.base import Money


def line_amount(quantity: int | None, unit_price: Decimal | None, discount: int, amount: Decimal | None) -> Decimal:
    """Return the amount of a line, computed or as given; ``discount`` is in basis points.

    ValueError when it is not known, has more than four decimals, or what is given differs from what is computed.
    """
    if quantity is None or unit_price is None:
        if amount is None:
            raise ValueError("is not known: give the amount, or quantity and unit price")
        return amount
    exact = quantity * unit_price * (10_000 - discount) / 10_000
    if exact > MOST_MONEY:
        raise ValueError(f"would be {exact.normalize():f}, more than {MOST_MONEY:,}; check quantity and unit price")
    if exact != exact.quantize(Decimal("0.0001")):
        raise ValueError(f"would be {exact.normalize():f}, which has more than four decimals; round price or discount")
    if amount is not None and amount != exact:
        raise ValueError(f"{amount:f} is not quantity x unit price x (1 - discount) = {exact:f}; correct one of them")
    return exact


def lines_amount(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of lines' amounts; ValueError when it is more than an amount may be."""
    total = sum(amounts, Decimal("0.00"))  # at least two decimals, as amounts are shown
    if total > MOST_MONEY:
        raise ValueError(f"the lines sum to {total:f}, more than {MOST_MONEY:,}; check their amounts")
    return total


def settle_amounts(session: Session, order_ids: Collection[int]) -> None:
    """Set the amounts of orders to the sums of their lines."""
    total = (
        select(type_coerce(cast(func.sum(type_coerce(OrderLine.amount, BigInteger)), BigInteger), Money))
        .where(OrderLine.order_id == Order.id)
        .scalar_subquery()
    )
    session.connection().execute(
        update(Order).where(Order.id.in_(order_ids)).values(amount=total).execution_options(synchronize_session=False)
    )


def forget_amounts(session: Session, order_ids: Collection[int]) -> None:
    """Set the amounts of orders to unknown, as while a line of theirs is missing."""
    session.connection().execute(update(Order).where(Order.id.in_(order_ids)).values(amount=None))
