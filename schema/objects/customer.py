"""Customers on the wire, with everything that hangs on them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from schema import tables
from schema.appointed import appointed_today, effective
from schema.objects.appointment import Appointment
from schema.objects.assessment import Assessment
from schema.objects.contact import Contact
from schema.objects.contract import Contract
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
from schema.objects.tag import Tag
from schema.objects.user import User
from schema.select import Lookup, Node, column, derived, identifier, listed, mapped, related
from schema.standing import STANDING

APPOINTMENT = tables.Appointment.__table__.c
# The tier appointed today under the main policy, whose run gave the grade in force.
APPOINTED = Lookup(
    columns=("grade.run.version.policy_id", "id"),
    statement=appointed_today(),
    keys=(APPOINTMENT.policy_id, APPOINTMENT.customer_id),
    parse=lambda tier: tier,
    dated=True,
)


@mapped(tables.Customer, "A company. A value that is null is not known (待确认). 客户")
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
    effective_tier: str | None = derived(
        "grade.tier",
        *(f"grade.{column}" for column in STANDING),
        make=effective,
        lookups=(APPOINTED,),
        description="The tier in effect today: given by people under the main policy, else kept by the hold rule, else computed. 今日生效等级",
    )
    grade: Grade | None = related("The grade in force: the newest finished run's. 当前等级")
    grades: list[Grade] = listed("Grade history, oldest run first. 等级历史")
