"""Backtests: the reads, and the doors to start and to stop one."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.commands import backtest as commands
from api.endpoint.context import Info
from api.errors import Invalid
from api.operations.arguments import Identity, VersionId, one
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.backtest import Backtest
from schema.select.global_id import key_of

BacktestResult = Annotated[
    Backtest | Refusal, strawberry.union("BacktestResult", description="The backtest, or why not. 回测或原因")
]


@strawberry.type
class BacktestQueries:
    """Reads of backtests."""

    backtests = connected(Backtest, "Backtests, newest first, by pages. 回测列表", [("id", True)])
    backtest = single(Backtest, "One backtest; null when there is none. 单个回测")


@strawberry.type
class BacktestMutations:
    """Writes of backtests."""

    @mutation(
        BacktestResult, "Try a version on the past, beside the one in force; follow it with runProgress. 启动回测"
    )
    def start_backtest(
        self,
        info: Info,
        version_id: VersionId,
        parameters: Annotated[
            JSON | None, strawberry.argument(description="Parameters of the notebook; each may be left out. 参数")
        ] = None,
    ) -> Select[Any]:
        """Queue a backtest."""
        given: object = {} if parameters is None else parameters
        if not isinstance(given, dict):
            raise Invalid(f"parameters is {given!r}; give an object of parameter names and values.")
        started = info.context.write(commands.start, key_of(version_id, "PolicyVersion"), given)
        return one(tables.Backtest, started.id)

    @mutation(BacktestResult, "Stop a backtest that waits or runs; its state is then CANCELLED. 取消回测")
    def cancel_backtest(self, info: Info, id: Identity) -> Select[Any]:
        """Stop a backtest."""
        cancelled = info.context.write(commands.cancel, key_of(id, "Backtest"))
        return one(tables.Backtest, cancelled.id)
