"""Backtests on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, case, literal
from strawberry.scalars import JSON

from schema import tables
from schema.objects.policy import PolicyVersion
from schema.objects.user import User
from schema.select import Node, column, derived, identifier, mapped, related, seen
from schema.select.fetch import Viewer

REPORT = (
    "Where the report page is served; the link opens for ten minutes without a header, for whoever asked. 报告页地址"
)


@strawberry.enum(description="State of a run. 运行状态")
class WorkState(Enum):
    """State of a run."""

    QUEUED = strawberry.enum_value("queued", description="Waiting. 排队中")
    RUNNING = strawberry.enum_value("running", description="Running. 运行中")
    FINISHED = strawberry.enum_value("finished", description="Finished. 已完成")
    FAILED = strawberry.enum_value("failed", description="Failed. 失败")


@strawberry.enum(description="State of a backtest. 回测状态")
class BacktestState(Enum):
    """State of a backtest; at rest a cancelled one is failed, with the time when somebody asked to stop it."""

    QUEUED = strawberry.enum_value("queued", description="Waiting. 排队中")
    RUNNING = strawberry.enum_value("running", description="Running. 运行中")
    FINISHED = strawberry.enum_value("finished", description="Finished. 已完成")
    FAILED = strawberry.enum_value("failed", description="Failed. 失败")
    CANCELLED = strawberry.enum_value("cancelled", description="Stopped by somebody before its end. 已取消")


def failure(error: str | None) -> str | None:
    """Return the last line of a failure: the sentence, without the trace."""
    return error.strip().splitlines()[-1] if error and error.strip() else None


def shown_state(state: str, cancelled_at: datetime | None) -> BacktestState:
    """Return the state of a backtest; one that failed because it was stopped is cancelled."""
    return BacktestState.CANCELLED if state == "failed" and cancelled_at is not None else BacktestState(state)


def stored_state(table: FromClause, viewer: Viewer) -> ColumnElement[str]:
    """Return the same state in SQL."""
    stopped = and_(table.c.state == "failed", table.c.cancelled_at.is_not(None))
    return case((stopped, literal(BacktestState.CANCELLED.value)), else_=table.c.state)


@mapped(tables.Backtest, "A policy version tried on the past, beside the one in force. 回测")
class Backtest(Node):
    """A policy version tried on the past."""

    id: strawberry.ID = identifier("Backtest", "id")
    state: BacktestState = derived(
        "state", "cancelled_at", make=shown_state, description="State. 状态", expression=stored_state
    )
    semantic_hash: str = column("Hash of the document as backtested. 语义哈希")
    parameters: JSON = column("Parameters of the notebook. 参数")
    metrics: JSON | None = column("Its figures. 指标")
    metrics_hash: str | None = column("SHA-256 of the figures. 指标哈希")
    evidence: str | None = column("SHA-256 of the evidence bundle's manifest; `fenji evidence verify`. 证据包哈希")
    report_url: str | None = seen(
        "evidence", make=lambda viewer, evidence: viewer.report_url(evidence), description=REPORT
    )
    error: str | None = derived("error", make=failure, description="Why it failed. 失败原因")
    created_at: datetime = column("When it was started. 启动时间")
    finished_at: datetime | None = column("When it ended. 结束时间")
    version: PolicyVersion = related("The version tried. 被测版本")
    started_by: User = related("Who started it. 启动人")
