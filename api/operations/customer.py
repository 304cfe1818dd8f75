"""Customers: the list with filter and order, one by id or number, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, and_, func, or_, select, true

from api.commands import customer as customers_
from api.commands.cells import any_money
from api.commands.fields import as_text
from api.endpoint.context import Info
from api.errors import Invalid
from api.operations.arguments import (
    After,
    Before,
    CustomerId,
    Direction,
    First,
    Identity,
    Last,
    Reason,
    Values,
    given,
    needed,
    one,
    optional,
)
from api.operations.declaring import Refusal, mutation, query
from schema import tables
from schema.objects.customer import Customer
from schema.objects.status_change import CustomerStatus
from schema.select import Connection, Key, Page, page
from schema.select.field import key_of
from schema.tables import CurrentGrade, CustomerTag, Industry, Tag, User
from schema.tables import Customer as Row

CustomerResult = Annotated[
    Customer | Refusal, strawberry.union("CustomerResult", description="The customer, or why not. 客户或原因")
]


@strawberry.input(description="A tag by dimension and name. 标签条件")
class TagFilter:
    """A tag by dimension and name."""

    dimension: str = needed("Dimension. 维度")
    name: str = needed("Name. 名称")


@strawberry.input(description="All conditions hold together. 客户筛选条件(同时满足)")
class CustomerFilter:
    """All conditions hold together."""

    status: list[CustomerStatus] | None = optional("One of these statuses. 客户状态")
    tier: list[str] | None = optional("Current tier is one of these. 当前等级")
    industry: str | None = optional("Industry code of any level, with all below it: C, 34, 344, 3441. 行业代码(含下级)")
    region: str | None = optional("Region code, a province with its prefectures. 地区代码(省含市)")
    owner: str | None = optional("Login of the account manager. 客户经理登录名")
    name: str | None = optional("Part of the full or short name. 名称包含")
    tags: list[TagFilter] | None = optional("Carries all of these tags. 同时带有这些标签")
    revenue_min: Decimal | None = optional("Least annual revenue in yuan. 年营业额下限(元)")
    revenue_max: Decimal | None = optional("Greatest annual revenue in yuan. 年营业额上限(元)")


@strawberry.enum(description="What customers can be ordered by. 客户排序字段")
class CustomerOrderField(Enum):
    """What customers can be ordered by."""

    NUMBER = strawberry.enum_value("number", description="Customer number. 客户编号")
    NAME = strawberry.enum_value("name", description="Full name. 公司全称")
    CREATED_AT = strawberry.enum_value("created_at", description="When the record was created. 建档时间")
    EMPLOYEES = strawberry.enum_value("employees", description="Number of employees. 员工人数")
    ANNUAL_REVENUE = strawberry.enum_value("annual_revenue", description="Annual revenue. 年营业额")
    TOTAL = strawberry.enum_value("total", description="Total of the current grade. 当前总分")
    TIER = strawberry.enum_value("tier", description="Current tier, the best first when ascending. 当前等级")


@strawberry.input(description="An order of customers; rows that are equal follow by id. 客户排序")
class CustomerOrder:
    """An order of customers."""

    field: CustomerOrderField = needed("By what. 字段")
    direction: Direction = strawberry.field(description="Which way. 方向", default=Direction.ASC)


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


MOST_NAME = 200  # as long as the column


def filtered(conditions: CustomerFilter | None) -> Select[Row]:
    """Return the statement of the customers that meet all conditions; Invalid for an amount or a name that none can have."""
    statement = select(Row)
    if conditions is None:
        return statement
    wanted = {name: value for name, value in given(conditions).items() if value is not None}
    for name, value in wanted.items():
        if name in ("revenue_min", "revenue_max"):
            try:
                any_money(as_text(value))
            except ValueError as error:
                raise Invalid(f"{name}: {error}.") from error
        if name == "name" and len(value) > MOST_NAME:
            raise Invalid(f"name has {len(value)} characters; a name has at most {MOST_NAME}.")
        statement = statement.where(CONDITIONS[name](value))
    return statement


def _in_industry(code: str) -> Any:
    if code.isalpha():  # a section: its divisions, and all whose code begins with one of them
        divisions = select(Industry.code).where(Industry.parent_code == code.upper())
        return or_(Row.industry_code == code.upper(), func.substr(Row.industry_code, 1, 2).in_(divisions))
    return Row.industry_code.startswith(code, autoescape=True)


def _in_region(code: str) -> Any:
    return Row.region_code.startswith(code[:2], autoescape=True) if code.endswith("0000") else Row.region_code == code


def _tagged(tags: list[TagFilter]) -> Any:
    carrying = select(CustomerTag.customer_id).join(Tag, Tag.id == CustomerTag.tag_id)
    return and_(
        true(), *(Row.id.in_(carrying.where(Tag.dimension == tag.dimension, Tag.name == tag.name)) for tag in tags)
    )


CONDITIONS: dict[str, Any] = {
    "status": lambda values: Row.status.in_([value.value for value in values]),
    "tier": lambda tiers: Row.id.in_(select(CurrentGrade.customer_id).where(CurrentGrade.tier.in_(tiers))),
    "industry": _in_industry,
    "region": _in_region,
    "owner": lambda login: Row.owner_id.in_(select(User.id).where(User.login == login)),
    "name": lambda part: or_(
        Row.name.icontains(part, autoescape=True), Row.short_name.icontains(part, autoescape=True)
    ),
    "tags": _tagged,
    "revenue_min": lambda least: Row.annual_revenue >= least,
    "revenue_max": lambda most: Row.annual_revenue <= most,
}

# field -> its expression, whether it can be unknown, whether it needs the current grade
ORDERS: dict[CustomerOrderField, tuple[Any, bool, bool]] = {
    CustomerOrderField.NUMBER: (Row.number, False, False),
    CustomerOrderField.NAME: (Row.name, False, False),
    CustomerOrderField.CREATED_AT: (Row.created_at, False, False),
    CustomerOrderField.EMPLOYEES: (Row.employees, True, False),
    CustomerOrderField.ANNUAL_REVENUE: (Row.annual_revenue, True, False),
    CustomerOrderField.TOTAL: (CurrentGrade.total, True, True),
    # Bit i stands for the i-th best tier, so a smaller mask is a better tier; 0 is no tier.
    CustomerOrderField.TIER: (
        func.nullif(CurrentGrade.candidates, 0, type_=CurrentGrade.__table__.c.candidates.type),
        True,
        True,
    ),
}


@strawberry.type
class CustomerQueries:
    """Reads of customers."""

    @query(Connection[Customer], "Customers, filtered, in a stable order, by pages. 客户列表")
    def customers(
        self,
        filter: Annotated[CustomerFilter | None, strawberry.argument(description="Which customers. 筛选")] = None,
        order_by: Annotated[
            CustomerOrder | None, strawberry.argument(description="In which order; by number when not given. 排序")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Page:
        """Return a page of customers."""
        order = order_by or CustomerOrder(field=CustomerOrderField.NUMBER)
        expression, nullable, graded = ORDERS[order.field]
        statement = filtered(filter)
        if graded:
            statement = statement.outerjoin(CurrentGrade, CurrentGrade.customer_id == Row.id)
        downward = order.direction is Direction.DESC
        keys = [Key(expression, downward, nullable), Key(Row.id, downward)]
        name = f"{order.field.name}:{order.direction.name}"
        return page(statement, keys, name, first=first, after=after, last=last, before=before)

    @query(Customer | None, "One customer, by id or by number; null when there is none. 单个客户")
    def customer(
        self,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Global id. 标识")] = None,
        number: Annotated[str | None, strawberry.argument(description="Customer number. 客户编号")] = None,
    ) -> Select[Any]:
        """Return one customer."""
        if (id is None) == (number is None):
            raise Invalid("Give the id or the number of the customer, one of them.")
        wanted = Row.number == number if id is None else Row.id == key_of(id, "Customer")
        return select(Row).where(wanted)


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
        values = given(input)
        owner = values.pop("owner", None)
        key = key_of(id, "Customer")
        info.context.write(customers_.update, key, values, owner=owner)
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
