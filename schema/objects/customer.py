"""Customers on the wire, with everything that hangs on them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, case, literal_column, type_coerce

from schema import graded, tables
from schema.filter.text import searched
from schema.objects.appointment import Appointment
from schema.objects.as_of import TIER_AS_OF
from schema.objects.assessment import Assessment
from schema.objects.contact import Contact
from schema.objects.contract import Contract
from schema.objects.customer_tag import CustomerTag
from schema.objects.grade import Grade
from schema.objects.improvement import Improvement
from schema.objects.industry import Industry
from schema.objects.interaction import Interaction
from schema.objects.need import Need
from schema.objects.order import Order
from schema.objects.panel_rating import PanelRating
from schema.objects.region import Region
from schema.objects.service_record import ServiceRecord
from schema.objects.status_change import CustomerStatus, StatusChange
from schema.objects.survey import Survey
from schema.objects.tag import TAGGED, Tag
from schema.objects.user import User
from schema.select import Node, column, computed, identifier, listed, mapped, related
from schema.tables.base import Figure

# What R1.1 asks of a customer's record.
REQUIRED = (
    "name", "short_name", "uscc", "industry_code", "region_code", "address", "founded_on", "employees", "annual_revenue",
    "registered_capital", "source_channel", "first_contact_on", "owner_id", "department",
)  # fmt: skip
AsOf = Annotated[date, strawberry.argument(description="The day. 日期")]


def completeness(customer: Any) -> ColumnElement[Any]:
    """Return the share of the required fields that are known, rounded half up to 1/10000."""
    one: Any = literal_column("1")
    none: Any = literal_column("0")
    known: Any = sum((case((customer.c[name].is_not(None), one), else_=none) for name in REQUIRED), none)
    return type_coerce((known * 20_000 + len(REQUIRED)) // (2 * len(REQUIRED)), Figure)


SEARCH = searched("number", "name", "short_name", "uscc")


@mapped(
    tables.Customer,
    "A company. A value that is null is not known (待确认). 客户",
    criteria=(TAGGED, TIER_AS_OF, SEARCH),
)
class Customer(Node):
    """A company."""

    id: strawberry.ID = identifier("Customer", "id")
    number: str = column("Customer number, YYYYMM-NNNN. 客户编号")
    name: str = column("Full name. 公司全称")
    short_name: str | None = column("Short name. 简称")
    uscc: str | None = column("Unified social credit code. 统一社会信用代码")
    address: str | None = column("Registered address. 注册地址")
    founded_on: date | None = column("Founding date. 成立日期")
    employees: int | None = column("Number of employees. 员工人数")
    annual_revenue: Decimal | None = column("Annual revenue in yuan. 年营业额(元)")
    registered_capital: Decimal | None = column("Registered capital in yuan. 注册资本(元)")
    source_channel: str | None = column("How the customer came to us. 客户来源")
    source_system: str = column("The system the record came from. 来源系统")
    source_key: str | None = column("Its key there. 来源编号")
    first_contact_on: date | None = column("Date of the first contact. 首次联系日期")
    department: str | None = column("Department in charge. 所属部门")
    status: CustomerStatus = column("Status. 客户状态")
    created_at: datetime = column("When the record was created. 建档时间")
    known_at: datetime = column("When it was known to us. 获知时间")
    industry: Industry | None = related("Industry, GB/T 4754. 行业")
    region: Region | None = related("Region, GB/T 2260. 地区")
    owner: User | None = related("Account manager. 客户经理")
    referrer: Customer | None = related("The customer who referred this one. 推荐人")
    contacts: list[Contact] = listed("People. 联系人")
    tags: list[Tag] = listed("Tags. 标签")
    customer_tags: list[CustomerTag] = listed("Tags with who put each there, why and until when. 客户标签")
    needs: list[Need] = listed("Needs. 需求")
    orders: list[Order] = listed("Orders, oldest first. 订单")
    contracts: list[Contract] = listed("Contracts. 合同")
    interactions: list[Interaction] = listed("Interactions. 互动记录")
    service_records: list[ServiceRecord] = listed("Service records. 服务记录")
    surveys: list[Survey] = listed("Satisfaction surveys. 满意度调查")
    improvements: list[Improvement] = listed("Feedback-improvement items. 反馈改进")
    assessments: list[Assessment] = listed("Ratings settled by people. 人工评分")
    status_changes: list[StatusChange] = listed("History of the status. 状态历史")
    panel_ratings: list[PanelRating] = listed("What the raters of panels gave. 评审小组打分")
    appointments: list[Appointment] = listed("Tiers given by people for a time. 等级任命")
    completeness: Decimal = computed(
        completeness, "Share of the required fields that are known, 0 to 1, to four decimals. 资料完整度"
    )
    tier: str | None = computed(
        graded.tier, "Computed tier of the grade in force, when it is certain. 当前计算等级", rank=graded.tier_rank
    )
    total: Decimal | None = computed(
        graded.total, "Total of the grade in force in points of 100, rounded down to four decimals. 当前总分"
    )
    effective_tier: str | None = computed(
        graded.effective_tier,
        "The tier in effect today: given by people under the main policy, else kept by the hold rule, else computed. 今日生效等级",
        rank=graded.effective_rank,
    )
    tier_as_of: str | None = computed(
        graded.tier_as_of,
        "Computed tier by the newest run of the policy that is the main one now, of that day or before. 某日等级",
        rank=graded.tier_rank_as_of,
        arguments={"as_of": AsOf},
    )
    grade: Grade | None = related("The grade in force: the newest finished run's. 当前等级")
    grades: list[Grade] = listed("Grade history, oldest run first. 等级历史")
