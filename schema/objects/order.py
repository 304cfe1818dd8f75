"""Orders and their lines on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.select import Node, column, identifier, listed, mapped, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.OrderLine, "A line of an order. 订单明细")
class OrderLine(Node):
    """A line of an order."""

    id: strawberry.ID = identifier("OrderLine", "id")
    product: str | None = column("Product. 产品")
    product_line: str | None = column("Product line. 产品线")
    quantity: int | None = column("Quantity. 数量")
    unit_price: Decimal | None = column("Price of one. 单价")
    discount: int = column("Discount in basis points: 10,000 is 100 %. 折扣(万分之)")
    amount: Decimal = column("Amount after discount, exact. 金额")


@mapped(tables.Order, "An order. 订单")
class Order(Node):
    """An order."""

    id: strawberry.ID = identifier("Order", "id")
    ordered_on: date = column("Date of the order. 下单日期")
    amount: Decimal | None = column("Net amount, exact; unknown without. 金额")
    profit: Decimal | None = column("Gross profit, exact. 毛利")
    currency: str = column("ISO 4217 code. 币种")
    product_line: str | None = column("Product line. 产品线")
    payment_due_on: date | None = column("When payment is due. 应付日期")
    paid_on: date | None = column("When it was paid. 付款日期")
    lines: list[OrderLine] = listed("Its lines. 订单明细")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
