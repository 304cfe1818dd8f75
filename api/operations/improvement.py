"""Feedback-improvement items: the reads, what happens to them, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import improvement as commands
from api.commands.bulk import improvement as bulk
from api.endpoint.context import Info
from api.operations.arguments import (
    CustomerId,
    Identity,
    Values,
    given,
    needed,
    one,
    optional,
)
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from api.operations.telling import changed
from schema import tables
from schema.objects.improvement import Improvement
from schema.select.global_id import key_of

ImprovementResult = Annotated[
    Improvement | Refusal, strawberry.union("ImprovementResult", description="The item, or why not. 改进项或原因")
]
Verification = Annotated[str, strawberry.argument(description="How the effect was checked. 验证结果")]


@strawberry.input(description="Changes; what is left out stays. 改进项修改内容")
class ImprovementPatch:
    """Changes; what is left out stays."""

    problem: str | None = optional("The problem. 问题")
    service_step: str | None = optional("Step of the service. 服务环节")
    measure: str | None = optional("The measure. 改进措施")
    responsible: str | None = optional("Who carries it out. 责任人")
    due_on: date | None = optional("Due date. 完成期限")


@strawberry.input(description="A new item. 新改进项")
class ImprovementInput(ImprovementPatch):
    """A new item."""

    reported_on: date = needed("Date reported. 反馈日期")
    problem: str = needed("The problem. 问题")


@strawberry.type
class ImprovementQueries:
    """Reads of improvement items."""

    improvements = connected(
        Improvement, "Improvement items, by due date when not told otherwise, by pages. 改进项列表", [("due_on", False)]
    )
    improvement = single(Improvement, "One improvement item; null when there is none. 单个改进项")


@strawberry.type
class ImprovementSubscriptions:
    """What happens to items."""

    improvement_items = changed(
        Improvement, "improvements", "Items that were reported or changed, each as it is now. 改进项动态"
    )


def _stepped(info: Info, command: Any, id: strawberry.ID, *arguments: Any) -> Select[Any]:
    key = key_of(id, "Improvement")
    info.context.write(command, key, *arguments)
    return one(tables.Improvement, key)


@strawberry.input(description="A new row of a bulk call. 改进项新增行")
class ImprovementRow(ImprovementInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 改进项修改行")
class ImprovementChange(ImprovementPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


@strawberry.enum(description="A step in the life of an improvement item. 改进项步骤")
class ImprovementStep(Enum):
    """A step in the life of an improvement item."""

    AGREE = strawberry.enum_value("agree", description="Agree on the measure, who carries it out and by when. 确定措施")
    START = strawberry.enum_value("start", description="Begin the measure. 开始处理")
    FINISH = strawberry.enum_value("finish", description="The measure was carried out. 完成措施")
    VERIFY = strawberry.enum_value("verify", description="The measure worked. 验证有效")
    REOPEN = strawberry.enum_value("reopen", description="The measure did not work. 重新打开")


@strawberry.input(description="A step, and what it needs. 改进项步骤内容")
class ImprovementTaken:
    """A step, and what it needs."""

    step: ImprovementStep = needed("Which step. 步骤")
    measure: str | None = optional("The measure, to agree. 改进措施")
    responsible: str | None = optional("Who carries it out, to agree. 责任人")
    due_on: date | None = optional("Due date, to agree. 完成期限")
    verification: str | None = optional("How the effect was checked, to verify or reopen. 验证结果")


@strawberry.input(description="A step of one item. 改进项步骤行")
class ImprovementMove(ImprovementTaken):
    """A step of one item."""

    id: strawberry.ID = needed("Global id of the item. 标识")


IMPROVEMENTS = Bulk("improvements", "改进项", Improvement, tables.Improvement)


@strawberry.type
class ImprovementMutations:
    """Writes of improvement items; each step of the state graph is a mutation."""

    @mutation(ImprovementResult, "Report a problem of a customer. 登记反馈")
    def report_improvement(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[ImprovementInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Report a problem."""
        created = info.context.write(commands.report, key_of(customer_id, "Customer"), given(input))
        return one(tables.Improvement, created.id)

    @mutation(ImprovementResult, "Change an item's fields. 修改改进项")
    def update_improvement(
        self, info: Info, id: Identity, input: Annotated[ImprovementPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change an item's fields."""
        return _stepped(info, commands.update, id, given(input))

    @mutation(ImprovementResult, "Agree on the measure, who carries it out and by when. 确定措施")
    def agree_improvement(
        self,
        info: Info,
        id: Identity,
        measure: Annotated[str, strawberry.argument(description="The measure. 改进措施")],
        responsible: Annotated[str, strawberry.argument(description="Who carries it out. 责任人")],
        due_on: Annotated[date, strawberry.argument(description="Due date. 完成期限")],
    ) -> Select[Any]:
        """Agree on the measure."""
        return _stepped(info, commands.agree, id, measure, responsible, due_on)

    @mutation(ImprovementResult, "Begin the measure. 开始处理")
    def start_improvement(self, info: Info, id: Identity) -> Select[Any]:
        """Begin the measure."""
        return _stepped(info, commands.start, id)

    @mutation(ImprovementResult, "Record that the measure was carried out. 完成措施")
    def finish_improvement(self, info: Info, id: Identity) -> Select[Any]:
        """Record that the measure was carried out."""
        return _stepped(info, commands.finish, id)

    @mutation(ImprovementResult, "Record that the measure worked. 验证有效")
    def verify_improvement(self, info: Info, id: Identity, verification: Verification) -> Select[Any]:
        """Record that the measure worked."""
        return _stepped(info, commands.verify, id, verification)

    @mutation(ImprovementResult, "Record that the measure did not work. 重新打开")
    def reopen_improvement(self, info: Info, id: Identity, verification: Verification) -> Select[Any]:
        """Record that the measure did not work."""
        return _stepped(info, commands.reopen, id, verification)

    report_improvements = IMPROVEMENTS.mutation(
        "reportImprovements",
        bulk.ImprovementCreation,
        ImprovementRow,
        Taken(ids=ON_CUSTOMER),
        "Report problems of customers: improvements. 批量新增改进项",
    )
    update_improvements = IMPROVEMENTS.mutation(
        "updateImprovements",
        bulk.ImprovementChange,
        ImprovementChange,
        Taken(key="Improvement"),
        "Change rows: improvements. 批量修改改进项",
    )
    update_improvements_where = IMPROVEMENTS.mutation_where(
        "updateImprovementsWhere",
        bulk.ImprovementChange,
        ImprovementPatch,
        Taken(),
        "Change the rows that a filter finds: improvements. 按条件修改改进项",
    )
    move_improvements = IMPROVEMENTS.mutation(
        "moveImprovements",
        bulk.ImprovementMove,
        ImprovementMove,
        Taken(key="Improvement", own=("step", "verification")),
        "Take steps of items: agree, start, finish, verify or reopen. 批量推进改进项",
    )
    move_improvements_where = IMPROVEMENTS.mutation_where(
        "moveImprovementsWhere",
        bulk.ImprovementMove,
        ImprovementTaken,
        Taken(own=("step", "verification")),
        "Take a step of the items that a filter finds. 按条件推进改进项",
    )
