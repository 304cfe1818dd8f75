"""Grading runs on the wire."""

from __future__ import annotations

from datetime import date, datetime

import strawberry
from strawberry.scalars import JSON

from schema import tables
from schema.objects.backtest import WorkState, failure
from schema.objects.policy import PolicyVersion
from schema.objects.snapshot import Snapshot
from schema.objects.user import User
from schema.select import Node, column, derived, identifier, mapped, related


@mapped(tables.Run, "A grading of all customers: a snapshot and a policy version. 分级运行")
class Run(Node):
    """A grading of all customers."""

    id: strawberry.ID = identifier("Run", "id")
    as_of: date = column("Day of the facts. 截止日期")
    state: WorkState = column("State. 状态")
    counts: JSON | None = column("Number of customers by tier, or by status where there is no tier. 各等级客户数")
    cuts: JSON | None = column("Cut scores of a ranking, in its own unit, and how many were ranked. 排名分数线")
    fingerprint: str | None = column("SHA-256 of every grade; the same when run again. 指纹")
    standing_counts: JSON | None = column(
        "Number of customers by the tier that the hold rule leaves them; null without one. 保持规则下各等级客户数"
    )
    standings_fingerprint: str | None = column("SHA-256 of every standing; null without a hold rule. 生效等级指纹")
    error: str | None = derived("error", make=failure, description="Why it failed. 失败原因")
    created_at: datetime = column("When it was started. 启动时间")
    finished_at: datetime | None = column("When it ended. 结束时间")
    version: PolicyVersion = related("The policy version. 政策版本")
    snapshot: Snapshot | None = related("The facts. 事实快照")
    started_by: User = related("Who started it. 启动人")
