"""Groups of each noun's rows: counted, summed and compared by keys."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import select
from strawberry.types.field import StrawberryField

from api.endpoint.context import Info
from api.operations.reading import declared
from schema.aggregate import Groups, arguments_of, groups, groups_of
from schema.filter import condition
from schema.objects.appointment import Appointment
from schema.objects.assessment import Assessment
from schema.objects.backtest import Backtest
from schema.objects.contact import Contact
from schema.objects.contract import Contract
from schema.objects.customer import Customer
from schema.objects.customer_tag import CustomerTag
from schema.objects.grade import Grade
from schema.objects.improvement import Improvement
from schema.objects.interaction import Interaction
from schema.objects.need import Need
from schema.objects.order import Order
from schema.objects.panel_rating import PanelRating
from schema.objects.policy import PolicyVersion
from schema.objects.run import Run
from schema.objects.service_record import ServiceRecord
from schema.objects.status_change import StatusChange
from schema.objects.survey import Survey
from schema.select.field import model_of
from schema.select.visibility import restricted


def grouped(type_: type[Any], description: str) -> StrawberryField:
    """Declare the groups of a mapped type: ``filter`` says of which rows, ``by`` the keys, ``having`` which groups."""
    model = model_of(type_.__strawberry_definition__)
    assert model is not None

    def resolver(info: Info, **given: Any) -> Groups:
        viewer, filter = info.context.viewer, given.get("filter")
        statement = restricted(select(model), viewer, model)
        if filter:
            statement = statement.where(condition(model, filter, viewer))
        asked = (given.get("by") or (), given.get("having"), given.get("orderBy") or (), given.get("first"))
        return groups(model, statement, viewer, *asked)

    return declared(groups_of(type_), description, resolver, arguments_of(type_))


@strawberry.type
class GroupQueries:
    """Groups of the nouns."""

    customer_groups = grouped(Customer, "Customers in groups. 客户分组统计")
    contact_groups = grouped(Contact, "Contacts in groups. 联系人分组统计")
    customer_tag_groups = grouped(CustomerTag, "Tags that customers carry, in groups. 客户标签分组统计")
    need_groups = grouped(Need, "Needs in groups. 需求分组统计")
    order_groups = grouped(Order, "Orders in groups; amounts of several currencies are not added. 订单分组统计")
    contract_groups = grouped(Contract, "Contracts in groups. 合同分组统计")
    interaction_groups = grouped(Interaction, "Interactions in groups. 互动分组统计")
    service_record_groups = grouped(ServiceRecord, "Service records in groups. 服务记录分组统计")
    survey_groups = grouped(Survey, "Satisfaction surveys in groups. 满意度分组统计")
    improvement_groups = grouped(Improvement, "Feedback-improvement items in groups. 反馈改进分组统计")
    assessment_groups = grouped(Assessment, "Ratings in groups. 评分分组统计")
    grade_groups = grouped(Grade, "Grades of all runs in groups. 等级分组统计")
    appointment_groups = grouped(Appointment, "Appointments in groups. 任命分组统计")
    panel_rating_groups = grouped(PanelRating, "Ratings of panels in groups. 评审打分分组统计")
    policy_version_groups = grouped(PolicyVersion, "Policy versions in groups, those that you see. 政策版本分组统计")
    backtest_groups = grouped(Backtest, "Backtests in groups, those that you see. 回测分组统计")
    run_groups = grouped(Run, "Grading runs in groups. 分级运行分组统计")
    status_change_groups = grouped(StatusChange, "Changes of status in groups. 状态变更分组统计")
