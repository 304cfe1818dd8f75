"""Bulk mutations: how a noun declares those that it has, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Union

import strawberry
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from api.commands.bulk.action import Action
from api.commands.bulk.batch import Entry, Mode
from api.commands.bulk.batch import RowError as Wrong
from api.commands.bulk.call import Options, Outcome, perform, request_of
from api.commands.bulk.rows import matching
from api.commands.bulk.undo import undo as take_back
from api.endpoint.context import Info
from api.operations.arguments import Identity, Reason
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
from api.operations.declaring import Refusal, mutation
from policies import refusal
from schema.select.field import global_id, key_of

SHOWN, MOST_SHOWN = 50, 500


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


@dataclass(frozen=True)
class Taken:
    """How a row of an input becomes an entry of a command.

    ``key`` is the type whose global id stands in ``id``; ``ids`` are other ids by the type they are of; ``own`` are fields
    that the action takes for itself; ``named`` are fields that the command knows under another name; ``listed`` is a
    field that holds rows of its own.
    """

    key: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""

    def entries(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Entry], list[Wrong]]:
        """Return the entries of rows, given by GraphQL's names of fields, and what is wrong with their ids."""
        entries, errors = [], []
        types = {"id": self.key, **self.ids} if self.key else dict(self.ids)
        for index, row in enumerate(rows):
            values = {self.named.get(name, name): value for name, value in python_names(row).items()}
            entry = Entry(index, values)
            for name in self.own:
                value = values.pop(name, None)
                if value is not None:
                    entry.own[name] = value.value if isinstance(value, Enum) else value
            if lines := values.pop(self.listed, None):
                entry.own[self.listed] = [python_names(line) for line in lines]
            for name, type_name in types.items():
                identity = values.pop(name, None)
                if identity is None:
                    continue
                try:
                    key = key_of(identity, str(type_name))
                except refusal.Refusal as refused:
                    errors.append(Wrong(index, (name,), refused.code, refused.message))
                    continue
                if name == "id":
                    entry.key = key
                else:
                    entry.own[name] = key
            entries.append(entry)
        return entries, errors


ON_CUSTOMER = {"customer_id": "Customer"}
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

        def rows(self: Any, info: Info, first: int | None = None) -> Select[Any]:
            keys = sorted({key for key in self.keys if key is not None})[: checked_first(first)]
            return select(model).where(matching(info.context.dialect, model.id, keys)).order_by(model.id)

        rows.__annotations__["info"] = Info
        shown = strawberry.field(
            resolver=rows,
            graphql_type=GenericAlias(list, (self.type_,)),
            description=f"The rows as they are now, by id: the first 50, or as many as first says, at most 500. {self.zh}",
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
            return self.answered(perform_call(info, action, entries, options, errors))

        resolve.__annotations__ = {
            "info": Info,
            "input": Annotated[list[row], strawberry.argument(description=Rows)],
            "mode": MODE,
            "dry_run": DRY_RUN,
            "idempotency_key": IDEMPOTENCY_KEY,
        }
        return mutation(self.result, description)(resolve)

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
            return self.answered(perform_call(info, action, entries, options, errors))

        resolve.__annotations__ = {
            "info": Info,
            "ids": Annotated[list[strawberry.ID], strawberry.argument(description=Rows)],
            "reason": Reason,
            "mode": MODE,
            "dry_run": DRY_RUN,
            "idempotency_key": IDEMPOTENCY_KEY,
        }
        return mutation(self.result, f"Delete rows: {self.plural}. 批量删除{self.zh}")(resolve)

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

    def answered(self, outcome: Outcome) -> Any:
        """Return what a mutation of the noun answers."""
        type_name = self.type_.__strawberry_definition__.name
        return self.answer(
            state=BulkState(outcome.state.value),
            given=outcome.given,
            written=outcome.written,
            unchanged=outcome.unchanged,
            rejected=outcome.rejected,
            ids=[None if key is None else strawberry.ID(global_id(type_name, key)) for key in outcome.keys],
            errors=[
                RowError(index=e.index, path=[to_camel_case(part) for part in e.path], code=e.code, message=e.message)
                for e in outcome.errors
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
    info: Info, action: type[Action], entries: Sequence[Entry], options: Options, errors: Sequence[Wrong]
) -> Outcome:
    """Run a bulk action in a transaction of its own; a dry run only reads."""
    context = info.context
    if not options.dry_run:
        outcome: Outcome = context.write(perform, action(), entries, options, errors)
        return outcome
    with context.reading() as connection, Session(connection) as session:
        return perform(session, context.actor, action(), entries, options, errors)


def as_given(_type: type, value: Mapping[str, Any], _context: Any) -> Mapping[str, Any]:
    """Leave an input as it was coerced, for Strawberry's ``from_input``."""
    return value


def python_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an input by their names in Python."""
    return {_python_name(name): value for name, value in row.items()}


@cache
def _python_name(name: str) -> str:
    return to_snake_case(name)


def checked_first(first: int | None) -> int:
    """Return how many rows are shown; Refusal outside 0 to 500."""
    if first is None:
        return SHOWN
    if not 0 <= first <= MOST_SHOWN:
        raise refusal.Refusal(f"first is {first}; it must be 0 to {MOST_SHOWN}.", code="invalid")
    return first
