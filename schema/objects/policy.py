"""Policies and their versions on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.objects.user import User
from schema.select import Node, column, identifier, listed, mapped, related

if TYPE_CHECKING:
    from schema.objects.backtest import Backtest


@strawberry.enum(description="State of a policy version. 政策版本状态")
class PolicyState(Enum):
    """State of a policy version."""

    DRAFT = strawberry.enum_value("draft", description="May be edited. 草稿")
    SUBMITTED = strawberry.enum_value("submitted", description="Before the strategy group; frozen. 已提交")
    APPROVED = strawberry.enum_value("approved", description="Approved by another person. 已批准")
    ACTIVE = strawberry.enum_value("active", description="In force. 生效中")
    RETIRED = strawberry.enum_value("retired", description="No longer in force. 已退役")
    REJECTED = strawberry.enum_value("rejected", description="Rejected. 已驳回")
    WITHDRAWN = strawberry.enum_value("withdrawn", description="Taken back. 已撤回")


@mapped(tables.PolicyVersion, "One document of a policy and its state; it never changes once submitted. 政策版本")
class PolicyVersion(Node):
    """One document of a policy and its state."""

    id: strawberry.ID = identifier("PolicyVersion", "id")
    number: int | None = column("Given on approval: 1, 2, 3 … 版本号")
    state: PolicyState = column("State. 状态")
    document: str = column("The document, verbatim. 政策原文")
    semantic_hash: str = column("SHA-256 over what can change a result. 语义哈希")
    document_hash: str = column("SHA-256 over everything. 文档哈希")
    created_at: datetime = column("When it was written. 创建时间")
    author: User = related("Who wrote it. 作者")
    decided_by: User | None = related("Who approved or rejected it. 审批人")
    decided_at: datetime | None = column("When it was decided. 审批时间")
    decision_reason: str | None = column("Why. 审批理由")
    policy: Annotated[Policy, strawberry.lazy("schema.objects.policy")] = related("The policy. 所属政策")
    backtests: list[Annotated[Backtest, strawberry.lazy("schema.objects.backtest")]] = listed("Its backtests. 回测")


@mapped(
    tables.Policy,
    "A grading policy: a name under which versions follow each other. 分级政策",
    criteria=(searched("key", "title_zh", "title_en"),),
)
class Policy(Node):
    """A grading policy."""

    id: strawberry.ID = identifier("Policy", "id")
    key: str = column("Key, the id in its documents. 政策标识")
    title_zh: str = column("Chinese title. 中文名称")
    title_en: str | None = column("English title. 英文名称")
    main: bool = column("Whether its newest run gives the grades in force. 主政策")
    created_at: datetime = column("When it was first written. 创建时间")
    versions: list[PolicyVersion] = listed("Versions, oldest first. 版本")
