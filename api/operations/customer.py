"""Customers: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import customer as customers_
from api.commands.bulk import customer as bulk
from api.endpoint.context import Info
from api.operations.arguments import (
    CustomerId,
    Identity,
    Reason,
    Values,
    given,
    needed,
    one,
    optional,
)
from api.operations.bulk import Bulk
from api.operations.bulk_row import Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.customer import Customer
from schema.objects.status_change import CustomerStatus
from schema.select.global_id import key_of

CustomerResult = Annotated[
    Customer | Refusal, strawberry.union("CustomerResult", description="The customer, or why not. 客户或原因")
]


@strawberry.input(description="Changes of a customer; what is left out stays. 客户修改内容")
class CustomerPatch:
    """Changes of a customer."""

    name: str | None = optional("Full name. 公司全称")
    short_name: str | None = optional("Short name. 简称")
    uscc: str | None = optional("Unified social credit code, 18 characters. 统一社会信用代码")
    industry_code: str | None = optional("Industry code, GB/T 4754. 行业代码")
    region_code: str | None = optional("Region code, GB/T 2260. 地区代码")
    address: str | None = optional("Registered address. 注册地址")
    founded_on: date | None = optional("Founding date. 成立日期")
    employees: int | None = optional("Number of employees. 员工人数")
    annual_revenue: Decimal | None = optional("Annual revenue in yuan. 年营业额(元)")
    registered_capital: Decimal | None = optional("Registered capital in yuan. 注册资本(元)")
    source_channel: str | None = optional("How the customer came to us. 客户来源")
    first_contact_on: date | None = optional("Date of the first contact. 首次联系日期")
    department: str | None = optional("Department in charge. 所属部门")
    owner: str | None = optional("Login of the account manager. 客户经理登录名")


@strawberry.input(description="A new customer. 新客户")
class CustomerInput(CustomerPatch):
    """A new customer."""

    name: str = needed("Full name. 公司全称")
    status: CustomerStatus | None = optional("Status; POTENTIAL when left out. 客户状态")
    referrer_id: strawberry.ID | None = optional("Global id of the customer who referred it. 推荐人")


@strawberry.input(description="A new customer of a bulk call. 客户新增行")
class CustomerRow(CustomerInput):
    """A new customer of a bulk call."""


@strawberry.input(description="Changes of one customer; what is left out stays. 客户修改行")
class CustomerChange(CustomerPatch):
    """Changes of one customer of a bulk call."""

    id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="A move to another status. 客户状态变更")
class CustomerMove:
    """A move to another status."""

    status: CustomerStatus = needed("The new status. 新状态")
    reason: str = needed("Why; kept with the change. 原因")
    changed_on: date | None = optional("When it happened; today when left out. 变更日期")


@strawberry.input(description="A customer's move to another status. 客户状态变更行")
class CustomerStatusMove(CustomerMove):
    """A customer's move to another status."""

    id: strawberry.ID = needed("Global id of the customer. 客户标识")


CUSTOMERS = Bulk("customers", "客户", Customer, tables.Customer)


@strawberry.type
class CustomerQueries:
    """Reads of customers."""

    customers = connected(
        Customer, "Customers, by number when not told otherwise, by pages. 客户列表", [("number", False)]
    )
    customer = single(Customer, "One customer, by id or by number; null when there is none. 单个客户", "number")


@strawberry.type
class CustomerMutations:
    """Writes of customers."""

    @mutation(CustomerResult, "Create a customer; it gets the month's next number. 新建客户")
    def create_customer(
        self, info: Info, input: Annotated[CustomerInput, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Create a customer."""
        values = given(input)
        owner, referrer = values.pop("owner", None), values.pop("referrer_id", None)
        referrer_id = None if referrer is None else key_of(referrer, "Customer")
        created = info.context.write(customers_.create, values, owner=owner, referrer_id=referrer_id)
        return one(tables.Customer, created.id)

    @mutation(CustomerResult, "Change a customer's record. 修改客户")
    def update_customer(
        self, info: Info, id: Identity, input: Annotated[CustomerPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a customer's record."""
        key = key_of(id, "Customer")
        info.context.write(customers_.update, key, given(input))
        return one(tables.Customer, key)

    @mutation(CustomerResult, "Move a customer to another status, where the state graph allows it. 变更客户状态")
    def change_customer_status(
        self,
        info: Info,
        id: CustomerId,
        status: Annotated[CustomerStatus, strawberry.argument(description="The new status. 新状态")],
        reason: Reason,
        changed_on: Annotated[
            date | None, strawberry.argument(description="When it happened; today when left out. 变更日期")
        ] = None,
    ) -> Select[Any]:
        """Move a customer to another status."""
        key = key_of(id, "Customer")
        info.context.write(customers_.change_status, key, status.value, reason, changed_on)
        return one(tables.Customer, key)

    create_customers = CUSTOMERS.mutation(
        "createCustomers",
        bulk.CustomerCreation,
        CustomerRow,
        Taken(ids={"referrer_id": "Customer"}, own=("owner",)),
        "Create customers; each gets the month's next number. 批量新建客户",
    )
    update_customers = CUSTOMERS.mutation(
        "updateCustomers",
        bulk.CustomerChange,
        CustomerChange,
        Taken(key="Customer", own=("owner",), cleared=("owner",)),
        "Change customers' records. 批量修改客户",
    )
    change_customer_statuses = CUSTOMERS.mutation(
        "changeCustomerStatuses",
        bulk.StatusMove,
        CustomerStatusMove,
        Taken(key="Customer", own=("status", "reason", "changed_on")),
        "Move customers to another status, where the state graph allows it. 批量变更客户状态",
    )
    update_customers_where = CUSTOMERS.mutation_where(
        "updateCustomersWhere",
        bulk.CustomerChange,
        CustomerPatch,
        Taken(own=("owner",), cleared=("owner",)),
        "Change the records of the customers that a filter finds. 按条件修改客户",
    )
    change_customer_statuses_where = CUSTOMERS.mutation_where(
        "changeCustomerStatusesWhere",
        bulk.StatusMove,
        CustomerMove,
        Taken(own=("status", "reason", "changed_on")),
        "Move the customers that a filter finds to another status. 按条件变更客户状态",
    )
