"""Bulk mutations: how a noun declares those that it has, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Union

import strawberry
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

import schema.objects.customer  # noqa: F401 - the filter of any type names the types that hang on a customer
from api.commands.bulk.action import Action
from api.commands.bulk.batch import Entry, Mode
from api.commands.bulk.batch import RowError as Wrong
from api.commands.bulk.call import Options, Outcome, perform, request_of
from api.commands.bulk.rows import matching
from api.commands.bulk.search import Search
from api.commands.bulk.undo import undo as take_back
from api.endpoint.context import Info
from api.operations.arguments import Identity, Reason, Values, given
from api.operations.bulk_answer import (
    BulkAnswer,
    BulkMode,
    BulkState,
    Deleted,
    DeletionResult,
    RowError,
    Undo,
    Undone,
    UndoResult,
)
from api.operations.bulk_row import Taken, as_given
from api.operations.declaring import Refusal, mutation
from policies import refusal
from schema.filter import condition, filter_of
from schema.select.global_id import global_id
from schema.select.moment import moment
from schema.select.visibility import visible

SHOWN, MOST_SHOWN = 50, 500
First = Annotated[int | None, strawberry.argument(description="How many rows; 50 when left out, at most 500. 取前几行")]


@strawberry.type
class BulkMutations:
    """Taking bulk calls back."""

    @mutation(UndoResult, "Take a bulk call back: every row is again what it was, or nothing is done. 撤销批量操作")
    def undo(
        self,
        info: Info,
        token: Annotated[str, strawberry.argument(description="undo.token of the call. 撤销令牌")],
    ) -> Undone:
        """Take a bulk call back."""
        call = info.context.write(take_back, token)
        return Undone(operation=call.operation, rows=call.answer["written"])


Rows = "The rows, at most 10,000. 各行(至多10000行)"
MODE = Annotated[
    BulkMode,
    strawberry.argument(description="What becomes of the rest when something of a row is not valid. 出错处理方式"),
]
DRY_RUN = Annotated[bool, strawberry.argument(description="Try it and write nothing. 试运行,不写入")]
IDEMPOTENCY_KEY = Annotated[
    str | None,
    strawberry.argument(
        description="A key of your own for this request: sent again, it is answered and not done again. 幂等键"
    ),
]
EXPECTED = "How many rows the filter finds, as its totalCount says; another number is refused. 预期行数"
TAKEN = {"mode": MODE, "dry_run": DRY_RUN, "idempotency_key": IDEMPOTENCY_KEY}


class Bulk:
    """The bulk mutations of one noun, each declared as a field of its mutations.

    ``plural`` names the noun in the API (``contacts``), ``zh`` in Chinese; ``type_`` is its GraphQL type and ``model`` its table.
    """

    def __init__(self, plural: str, zh: str, type_: Any, model: Any) -> None:
        self.plural, self.zh, self.type_, self.model = plural, zh, type_, model
        title = "".join(part.capitalize() for part in plural.split())
        self.answer = self._answer(title)
        described = strawberry.union(
            f"{title}Result", description=f"What was written, or why nothing was. {zh}写入结果"
        )
        self.result: Any = Annotated[Union[self.answer, Refusal], described]  # noqa: UP007  # members are known at run time

    def _answer(self, title: str) -> Any:
        model = self.model

        def rows(self: Any, info: Info, first: First = None) -> Select[Any]:
            keys = sorted({key for key in self.keys if key is not None})[: checked_first(first)]
            return select(model).where(matching(info.context.dialect, model.id, keys)).order_by(model.id)

        rows.__annotations__["info"] = Info
        shown = strawberry.field(
            resolver=rows,
            graphql_type=GenericAlias(list, (self.type_,)) | None,
            description="The rows as they are now, by id: the first 50, or as many as first says, at most 500; null, beside "
            f"an error, where they cannot be shown: what was written stays. {self.zh}",
        )
        members = {"rows": shown, "__doc__": "What became of the rows of a bulk call.", "__annotations__": {}}
        made = type(f"{title}Written", (BulkAnswer,), members)
        return strawberry.type(made, description=f"What became of a bulk call. {self.zh}批量结果")

    def mutation(self, name: str, action: type[Action], row: Any, taken: Taken, description: str) -> Any:
        """Declare a mutation ``name`` whose argument ``input`` is a list of ``row``, an input type of its own.

        Strawberry takes longer to make 10,000 objects of an input than the database to write them, so rows stay as
        graphql-core coerced them.
        """

        row.__strawberry_definition__.from_input = as_given

        def resolve(
            info: Any,
            input: Any,
            mode: BulkMode = BulkMode.REJECT_ALL,
            dry_run: bool = False,
            idempotency_key: str | None = None,
        ) -> Any:
            entries, errors = taken.entries(input)
            request = request_of(name, [input, mode.value])
            options = Options(name, request, Mode(mode.value), dry_run, idempotency_key)
            return self.answered(perform_call(info, action, entries, options, errors), taken)

        resolve.__annotations__ = {
            "info": Info,
            "input": Annotated[list[row], strawberry.argument(description=Rows)],
            **TAKEN,
        }
        return mutation(self.result, description)(resolve)

    def mutation_where(
        self, name: str, action: type[Action], values: Any, taken: Taken, description: str, into: str = ""
    ) -> Any:
        """Declare a mutation ``name`` that does the same to every row of the noun that a filter finds; ``values`` is an input."""

        def resolve(
            info: Any,
            filter: Mapping[str, Any],
            expected: int,
            input: Any,
            mode: BulkMode = BulkMode.REJECT_ALL,
            dry_run: bool = False,
            idempotency_key: str | None = None,
        ) -> Any:
            values = given(input)
            (entry,), errors = taken.entries([values])
            for error in errors:
                raise refusal.Refusal(error.message, code=error.code)
            search = self._search(info, filter, expected, entry, into)
            request = request_of(name, [filter, expected, values, mode.value])
            options = Options(name, request, Mode(mode.value), dry_run, idempotency_key)
            return self.answered(perform_call(info, action, search, options), taken)

        resolve.__annotations__ = {
            "info": Info,
            **self._searched(),
            "input": Annotated[values, strawberry.argument(description=Values)],
            **TAKEN,
        }
        return mutation(self.result, description)(resolve)

    def _searched(self) -> dict[str, Any]:
        """Return the annotations of the arguments that find rows."""
        found = filter_of(self.type_)
        return {
            "filter": Annotated[found, strawberry.argument(description="Which rows. 筛选")],
            "expected": Annotated[int, strawberry.argument(description=EXPECTED)],
        }

    def _search(self, info: Info, filter: Mapping[str, Any], expected: int, entry: Entry, into: str = "") -> Search:
        """Return the search of what a filter finds among the rows that the caller sees."""
        table, viewer = self.model.__table__, info.context.viewer
        met = and_(condition(self.model, filter, viewer), *visible(viewer, self.model, table))
        return Search(self.model, met, expected, moment(viewer), entry.values, entry.own, into)

    def removal(self, name: str, action: type[Action]) -> Any:
        """Declare a mutation ``name`` that deletes rows by id, with the reason."""
        taken = Taken(key=self.type_.__strawberry_definition__.name)

        def resolve(
            info: Any,
            ids: list[strawberry.ID],
            reason: str,
            mode: BulkMode = BulkMode.REJECT_ALL,
            dry_run: bool = False,
            idempotency_key: str | None = None,
        ) -> Any:
            entries, errors = taken.entries([{"id": identity} for identity in ids])
            for entry in entries:
                entry.own["reason"] = reason
            request = request_of(name, [ids, reason, mode.value])
            options = Options(name, request, Mode(mode.value), dry_run, idempotency_key)
            return self.answered(perform_call(info, action, entries, options, errors), taken)

        resolve.__annotations__ = {
            "info": Info,
            "ids": Annotated[list[strawberry.ID], strawberry.argument(description=Rows)],
            "reason": Reason,
            **TAKEN,
        }
        return mutation(self.result, f"Delete rows: {self.plural}. 批量删除{self.zh}")(resolve)

    def removal_where(self, name: str, action: type[Action]) -> Any:
        """Declare a mutation ``name`` that deletes the rows that a filter finds, with the reason."""

        def resolve(
            info: Any,
            filter: Mapping[str, Any],
            expected: int,
            reason: str,
            mode: BulkMode = BulkMode.REJECT_ALL,
            dry_run: bool = False,
            idempotency_key: str | None = None,
        ) -> Any:
            search = self._search(info, filter, expected, Entry(0, {}, {"reason": reason}))
            request = request_of(name, [filter, expected, reason, mode.value])
            options = Options(name, request, Mode(mode.value), dry_run, idempotency_key)
            return self.answered(perform_call(info, action, search, options), Taken())

        resolve.__annotations__ = {"info": Info, **self._searched(), "reason": Reason, **TAKEN}
        described = f"Delete the rows that a filter finds: {self.plural}. 按条件删除{self.zh}"
        return mutation(self.result, described)(resolve)

    def deletion(self, name: str, action: type[Action]) -> Any:
        """Declare a mutation ``name`` that deletes one row, with the reason."""
        taken = Taken(key=self.type_.__strawberry_definition__.name)

        def resolve(info: Any, id: strawberry.ID, reason: str) -> Any:
            entries, errors = taken.entries([{"id": id}])
            entries[0].own["reason"] = reason
            options = Options(name, request_of(name, [id, reason]))
            outcome = perform_call(info, action, entries, options, errors)
            for error in outcome.errors:
                raise refusal.Refusal(error.message, code=error.code)
            return Deleted(id=id, undo=undoing(outcome))

        resolve.__annotations__ = {"info": Info, "id": Identity, "reason": Reason}
        return mutation(DeletionResult, f"Delete a row: {self.plural}. 删除{self.zh}")(resolve)

    def answered(self, outcome: Outcome, taken: Taken) -> Any:
        """Return what a mutation of the noun answers to rows that were ``taken``."""
        type_name = self.type_.__strawberry_definition__.name
        return self.answer(
            state=BulkState(outcome.state.value),
            given=outcome.given,
            written=outcome.written,
            unchanged=outcome.unchanged,
            rejected=outcome.rejected,
            ids=[None if key is None else strawberry.ID(global_id(type_name, key)) for key in outcome.keys],
            errors=[
                RowError(index=error.index, path=taken.path(error), code=error.code, message=error.message)
                for error in outcome.errors
            ],
            undo=undoing(outcome),
            keys=outcome.keys,
        )


def undoing(outcome: Outcome) -> Undo | None:
    """Return how an outcome can be taken back."""
    if outcome.token is None or outcome.undo_until is None:
        return None
    return Undo(token=outcome.token, until=outcome.undo_until)


def perform_call(
    info: Info,
    action: type[Action],
    rows: Sequence[Entry] | Search,
    options: Options,
    errors: Sequence[Wrong] = (),
) -> Outcome:
    """Run a bulk action in a transaction of its own; a dry run only reads."""
    context = info.context
    if not options.dry_run:
        outcome: Outcome = context.write(perform, action(), rows, options, errors)
        return outcome
    with context.reading() as connection, Session(connection) as session:
        return perform(session, context.actor, action(), rows, options, errors)


def checked_first(first: int | None) -> int:
    """Return how many rows are shown; Refusal outside 0 to 500."""
    if first is None:
        return SHOWN
    if not 0 <= first <= MOST_SHOWN:
        raise refusal.Refusal(f"first is {first}; it must be 0 to {MOST_SHOWN}.", code="invalid")
    return first
