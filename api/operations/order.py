"""Orders: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import order as commands
from api.commands.bulk import order as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.order import Order
from schema.select.global_id import key_of

OrderResult = Annotated[Order | Refusal, strawberry.union("OrderResult", description="The row, or why not. 订单或原因")]


@strawberry.input(description="Changes; what is left out stays. 订单修改内容")
class OrderPatch:
    """Changes; what is left out stays."""

    ordered_on: date | None = optional("Date of the order. 下单日期")
    amount: Decimal | None = optional("Net amount. 金额")
    profit: Decimal | None = optional("Gross profit. 毛利")
    currency: str | None = optional("ISO 4217; CNY when left out. 币种")
    product_line: str | None = optional("Product line. 产品线")
    payment_due_on: date | None = optional("When payment is due. 应付日期")
    paid_on: date | None = optional("When it was paid. 付款日期")


@strawberry.input(description="A line of a new order. 新订单明细")
class OrderLineInput:
    """A line of a new order."""

    product: str | None = optional("Product. 产品")
    product_line: str | None = optional("Product line. 产品线")
    quantity: int | None = optional("Quantity. 数量")
    unit_price: Decimal | None = optional("Price of one. 单价")
    discount: str | None = optional("Discount as a share, such as 15%. 折扣率")
    amount: Decimal | None = optional("Amount, when quantity or price is not known. 金额")


@strawberry.input(description="A new row. 新订单")
class OrderInput(OrderPatch):
    """A new row."""

    ordered_on: date = needed("Date of the order. 下单日期")
    lines: list[OrderLineInput] | None = optional("Its lines; the amount is their exact sum. 订单明细")


@strawberry.input(description="A new row of a bulk call. 订单新增行")
class OrderRow(OrderInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 订单修改行")
class OrderChange(OrderPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


ORDERS = Bulk("orders", "订单", Order, tables.Order)


@strawberry.type
class OrderQueries:
    """Reads of orders."""

    orders = connected(
        Order, "Orders, newest first when not told otherwise, by pages. 订单列表", [("ordered_on", True)]
    )
    order = single(Order, "An order; null when there is none. 单个订单")


@strawberry.type
class OrderMutations:
    """Writes of orders."""

    @mutation(OrderResult, "Add to a customer: orders. 新增订单")
    def create_order(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[OrderInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        values = given(input)
        lines = [given(line) for line in values.pop("lines", None) or ()]
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), values, lines)
        return one(tables.Order, created.id)

    @mutation(OrderResult, "Change a row: orders. 修改订单")
    def update_order(
        self, info: Info, id: Identity, input: Annotated[OrderPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Order")
        info.context.write(commands.update, key, given(input))
        return one(tables.Order, key)

    create_orders = ORDERS.mutation(
        "createOrders",
        bulk.OrderCreation,
        OrderRow,
        Taken(ids=ON_CUSTOMER, listed="lines"),
        "Add rows to customers: orders. 批量新增订单",
    )
    update_orders = ORDERS.mutation(
        "updateOrders", bulk.OrderChange, OrderChange, Taken(key="Order"), "Change rows: orders. 批量修改订单"
    )
    delete_order = ORDERS.deletion("deleteOrder", bulk.OrderRemoval)
    delete_orders = ORDERS.removal("deleteOrders", bulk.OrderRemoval)
    update_orders_where = ORDERS.mutation_where(
        "updateOrdersWhere",
        bulk.OrderChange,
        OrderPatch,
        Taken(),
        "Change the rows that a filter finds: orders. 按条件修改订单",
    )
    delete_orders_where = ORDERS.removal_where("deleteOrdersWhere", bulk.OrderRemoval)
