"""Backtests: the list, and the doors to start and to stop one."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select
from strawberry.scalars import JSON

from api.commands import backtest as commands
from api.endpoint.context import Info
from api.errors import Invalid
from api.operations.arguments import After, Before, First, Identity, Last, VersionId, one
from api.operations.declaring import Refusal, mutation, query
from schema import tables
from schema.objects.backtest import Backtest
from schema.select import Connection, Key, Page, page
from schema.select.field import key_of

BacktestResult = Annotated[
    Backtest | Refusal, strawberry.union("BacktestResult", description="The backtest, or why not. 回测或原因")
]


@strawberry.type
class BacktestQueries:
    """Reads of backtests."""

    @query(Connection[Backtest], "Backtests, newest first, by pages. 回测列表")
    def backtests(
        self,
        version_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this version. 政策版本标识")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Page:
        """Return a page of backtests."""
        statement = select(tables.Backtest)
        if version_id is not None:
            statement = statement.where(tables.Backtest.version_id == key_of(version_id, "PolicyVersion"))
        keys = [Key(tables.Backtest.id, descending=True)]
        return page(statement, keys, "newest", first=first, after=after, last=last, before=before)


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
