"""Standings on the wire: where a run leaves a customer by the hold rule."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from policies import Plan
from policies.hold import held_text
from schema import tables
from schema.objects.fall import FallDecision
from schema.objects.plan import PLAN
from schema.objects.run import Run
from schema.select import Node, column, derived, identifier, mapped, related
from schema.standing import stands

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@strawberry.enum(description="Why the computed tier does not take effect. 保持原等级的原因")
class Held(Enum):
    """Why the computed tier does not take effect."""

    EXIT = strawberry.enum_value("exit", description="The total is not below the exit bound. 未低于退出界线")
    PERIODS = strawberry.enum_value("periods", description="Too few lower gradings in a row. 连续偏低期数不足")
    APPROVAL = strawberry.enum_value("approval", description="The fall waits for approval. 待批准")
    PENDING = strawberry.enum_value("pending", description="The result is pending. 结果待确认")
    ERROR = strawberry.enum_value("error", description="A value is impossible. 数据有误")


def reason(language: str) -> Any:
    """Return the function from a standing's columns and its plan to why the computed tier does not take effect."""

    def said(*columns: Any) -> str | None:
        *standing, plan = columns
        found = stands(*standing)
        text = None if found is None or not isinstance(plan, Plan) else held_text(plan.document, found)
        return None if text is None else text.zh if language == "zh" else text.en

    return said


COLUMNS = ("tier", "below", "held", "proposed", "decision.decision")


@mapped(tables.Standing, "Where a run leaves a customer by the hold rule, beside the computed tier. 保持规则下的等级")
class Standing(Node):
    """Where a run leaves a customer by the hold rule."""

    id: strawberry.ID = identifier("Standing", "run_id", "customer_id")
    tier: str | None = column("The tier that takes effect after the run. 生效等级")
    below: int = column("Gradings in a row that came out lower. 连续偏低期数")
    held: Held | None = column("Why it is not the computed tier; null where it is. 保持原因")
    proposed: str | None = column("The tier of a fall that needs approval. 拟降等级")
    reason_zh: str | None = derived(
        *COLUMNS, make=reason("zh"), lookups=(PLAN,), description="Why, after the decision, in Chinese. 中文原因"
    )
    reason_en: str | None = derived(
        *COLUMNS, make=reason("en"), lookups=(PLAN,), description="Why, after the decision, in English. 英文原因"
    )
    decision: FallDecision | None = related("The decision on the fall; null while it is open. 降级审批")
    run: Run = related("The run. 分级运行")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
