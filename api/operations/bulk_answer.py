"""What bulk mutations answer, and how they are asked to take errors."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from api.operations.declaring import Refusal


@strawberry.enum(description="What becomes of the rest when something of a row is not valid. 出错时的处理方式")
class BulkMode(Enum):
    """What becomes of the rest when something of a row is not valid."""

    REJECT_ALL = strawberry.enum_value("reject_all", description="Nothing is written. 全部拒绝")
    REJECT_FAILED = strawberry.enum_value(
        "reject_failed", description="Rows with an error are left out, the others written. 仅拒绝出错的行"
    )
    IGNORE_FAILED = strawberry.enum_value(
        "ignore_failed",
        description="Fields with an error are left out; a row that cannot do without one is left out. 忽略出错的字段",
    )


@strawberry.enum(description="What became of a bulk call. 批量操作结果")
class BulkState(Enum):
    """What became of a bulk call."""

    WRITTEN = strawberry.enum_value("written", description="Rows were written. 已写入")
    REPEATED = strawberry.enum_value(
        "repeated", description="The answer of the earlier call with the same idempotency key. 重复请求,返回原结果"
    )
    DRY_RUN = strawberry.enum_value("dry_run", description="Tried; nothing was written. 试运行,未写入")
    NOTHING = strawberry.enum_value("nothing", description="Nothing was written: see the errors. 未写入")


@strawberry.type(description="What is wrong with a row, or with a field of it. 行错误")
class RowError:
    """What is wrong with a row."""

    index: int = strawberry.field(description="Place of the row in the call, from 0. 行序号(从0起)")
    path: list[str] = strawberry.field(description="The field inside the row; empty for the row itself. 字段路径")
    code: str = strawberry.field(description="Stable code, listed in api/README.md. 代码")
    message: str = strawberry.field(description="What is wrong, with the value, and what to do. 说明")


@strawberry.type(description="How to take a bulk call back. 撤销凭据")
class Undo:
    """How to take a bulk call back."""

    token: str = strawberry.field(description="Give it to the mutation undo. 撤销令牌")
    until: datetime = strawberry.field(description="Until when. 有效期至")


@strawberry.interface(description="What became of the rows of a bulk call. 批量操作的结果")
class BulkAnswer:
    """What became of the rows of a bulk call."""

    state: BulkState = strawberry.field(description="What became of the call. 结果")
    given: int = strawberry.field(description="Rows in the call. 提交行数")
    written: int = strawberry.field(description="Rows written; in a dry run, that would be. 写入行数")
    unchanged: int = strawberry.field(description="Rows that were so already. 无变化行数")
    rejected: int = strawberry.field(description="Rows left out for an error. 拒绝行数")
    ids: list[strawberry.ID | None] = strawberry.field(
        description="Global id of each row given, in that order; null where it was not written. 各行标识"
    )
    errors: list[RowError] = strawberry.field(description="The first 1,000 errors, by row. 错误(前1000条)")
    undo: Undo | None = strawberry.field(description="How to take the call back; null when it cannot be. 撤销")
    keys: strawberry.Private[list[int | None]]


@strawberry.type(description="A row that was deleted. 已删除的行")
class Deleted:
    """A row that was deleted."""

    id: strawberry.ID = strawberry.field(description="Its global id; no row has it any more. 原标识")
    undo: Undo | None = strawberry.field(description="How to take it back; null when it cannot be. 撤销")


@strawberry.type(description="A call that was taken back. 已撤销的操作")
class Undone:
    """A call that was taken back."""

    operation: str = strawberry.field(description="The mutation that was undone. 被撤销的操作")
    rows: int = strawberry.field(description="How many rows it had written. 涉及行数")


DeletionResult = Annotated[
    Deleted | Refusal,
    strawberry.union("DeletionResult", description="The row that is gone, or why not. 删除结果或原因"),
]
UndoResult = Annotated[
    Undone | Refusal, strawberry.union("UndoResult", description="What was taken back, or why not. 撤销结果或原因")
]
