"""The Strawberry schema as it is executed: documents prepared once, operations run on the loop or in threads, errors masked.

Replacing ``Schema.execute`` passes over Strawberry's extensions, so limits, sign-in and masking stand here.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, aclosing, nullcontext
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry import Schema
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api import observation
from api.endpoint.context import Context
from api.endpoint.deadline import Deadline
from api.endpoint.guard import Guard
from api.endpoint.identity import REQUEST_ID
from api.endpoint.limits import is_small, unkept
from api.endpoint.masking import masked
from api.endpoint.places import Places
from api.endpoint.prepared import Operation, Prepared, PreparedDocuments
from api.endpoint.rate import Later
from api.endpoint.streaming import results
from api.errors import Forbidden
from api.telemetry import Traces
from api.waiting import THREADS, aside, waiting
from policies.refusal import Refusal
from schema.select import SelectExecutor

INTROSPECTION = {"__schema", "__type"}
PUBLIC = INTROSPECTION | {"__typename"}
NOT_EXECUTED = {
    MissingQueryError: "There is no query; send the text of a document as query.",
    CannotGetOperationTypeError: "The document has no such operation, or several; name one of its own as operationName.",
    InvalidOperationTypeError: "A mutation needs POST.",
}
LOOP_WAITS = sys.platform != "win32"  # whose usual loop waits for no file descriptor
LIGHT = 10_000  # rows that an answer may hold, some 30 ms, and still be made on the event loop
UNTRACED: AbstractContextManager[None] = nullcontext()
TELLING_THREADS = 4  # of their own, so that an event with many readers holds no query up


class Executable(Schema):
    """Runs each query and mutation synchronously: in a greenlet of the loop on PostgreSQL, in a worker thread on SQLite."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.traces: Traces | None = None
        self.documents = PreparedDocuments(self._schema)
        self._places, self._threads = Places(), anyio.CapacityLimiter(THREADS)
        self._telling = anyio.CapacityLimiter(TELLING_THREADS)

    def prepared(self, query: str) -> Prepared:
        """Return a document, parsed and validated once while it is kept."""
        return self.documents.get(query) or aside(partial(self.documents.made, query))

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Answer a query or mutation."""
        assert context_value is not None
        deadline = Deadline(context_value.guard.seconds)
        context = context_value.anew(deadline)
        answer = partial(self.answer, query, variable_values, context, operation_name, allowed_operation_types)
        with observation.Observed(REQUEST_ID.get()) as seen, self._span(seen), deadline:
            try:
                result = await self._places.answered(self._begun(answer, context), context, deadline.seconds)
            except Later as refusal:
                result = _refused(refusal)
            _observe(seen, context.operation, result)
            return result

    def _begun(
        self, answer: Callable[[], ExecutionResult], context: Context
    ) -> Callable[[], Awaitable[ExecutionResult]]:
        """Return what begins to answer."""
        if context.dialect == "sqlite" or not LOOP_WAITS:
            return partial(to_thread.run_sync, answer, limiter=self._threads)
        return partial(waiting, answer, self._threads)

    def _span(self, seen: observation.Observed) -> AbstractContextManager[None]:
        return UNTRACED if self.traces is None else self.traces.span(seen)

    def answer(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        context: Context | None,
        operation_name: str | None = None,
        allowed: Iterable[OperationType] | None = None,
    ) -> ExecutionResult:
        """Answer a query or mutation here; in a greenlet what is not light goes aside."""
        assert context is not None
        ready = self._ready(query, variables, context, operation_name, allowed)
        if isinstance(ready, PreExecutionError):
            return _charged(context, _effort(query, context)) or ready
        prepared, operation, cost = ready
        if refused := _charged(context, cost):
            return refused
        light = operation.light and cost <= LIGHT and is_small(variables)
        work = partial(self._executed, prepared, operation, context, variables)
        result = work() if light else aside(work)
        errors = [context.guard.told(masked(error)) for error in result.errors or ()]
        return ExecutionResult(data=result.data, errors=errors or None, extensions={"cost": cost})

    def _executed(
        self, prepared: Prepared, operation: Operation, context: Context, variables: dict[str, Any] | None
    ) -> CoreResult:
        direct = prepared.direct.get(operation.name)
        if direct is not None and (result := direct.result(context, variables)) is not None:
            return result
        executor = prepared.executor(self._schema, operation, context, variables)
        if isinstance(executor, list):
            return CoreResult(None, executor)
        executed = executor.execute_operation()
        assert isinstance(executed, CoreResult)
        return executed

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log nothing here: ``masked`` logs defects, and refusals are no defects."""

    def _ready(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        context: Context,
        operation_name: str | None,
        allowed: Iterable[OperationType] | None,
    ) -> tuple[Prepared, Operation, int] | PreExecutionError:
        """Return what can be executed and its cost, or why nothing can: trust, syntax, limits, validation, sign-in."""
        if not query:
            raise MissingQueryError
        guard = context.guard
        if not guard.trusts(query):
            return _refused(Refusal("This server answers trusted documents alone.", code="document_unknown"))
        prepared = self.prepared(query)
        context.operation = operation = prepared.operation(operation_name)
        if prepared.errors or prepared.document is None:
            return PreExecutionError(data=None, errors=[guard.told(error) for error in prepared.errors])
        if guard.closed and any(INTROSPECTION.intersection(one.fields) for one in prepared.operations):
            return _refused(Forbidden("The schema of this server is closed; read schema.graphql instead."))
        if faults := unkept(variables) if is_small(variables) else aside(partial(unkept, variables)):
            return PreExecutionError(data=None, errors=faults)
        if operation is None:
            raise CannotGetOperationTypeError(operation_name)
        if allowed is not None and operation.kind not in allowed:
            raise InvalidOperationTypeError(operation.kind)
        assert prepared.costs is not None
        cost = prepared.costs.of(operation.node, variables)
        try:
            context.sign_in()
            if not PUBLIC.issuperset(operation.fields):
                context.actor.require("read")
        except Refusal as refusal:
            return _refused(refusal)
        return prepared, operation, cost

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: Any = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Return the results of an operation: one of a query or mutation, one per event of a subscription."""
        assert context_value is not None
        context = context_value.anew()
        try:
            ready = await to_thread.run_sync(
                self._ready,
                query,
                variable_values,
                context,
                operation_name,
                allowed_operation_types,
                limiter=self._threads,
            )
        except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError) as error:
            ready = _refused(Refusal(NOT_EXECUTED[type(error)], code="invalid"))
        if not isinstance(ready, PreExecutionError) and ready[1].kind is not OperationType.SUBSCRIPTION:
            return _one(await self.execute(query, variable_values, context_value, root_value, operation_name))
        with observation.Observed(REQUEST_ID.get()) as seen, self._span(seen):
            begun = self._subscribed(ready, query, variable_values, context, operation_name)
            refused = begun if isinstance(begun, PreExecutionError) else None
            _observe(seen, context.operation, refused or ExecutionResult(data=None, errors=None))
        if isinstance(begun, PreExecutionError):
            return _one(begun)
        return _told(results(begun, context, self._telling), context.guard)

    def _subscribed(
        self,
        ready: tuple[Prepared, Operation, int] | PreExecutionError,
        query: str | None,
        variables: dict[str, Any] | None,
        context: Context,
        operation_name: str | None,
    ) -> SelectExecutor | PreExecutionError:
        """Return what answers a subscription's events, or why there is none."""
        if isinstance(ready, PreExecutionError):
            return _charged(context, _effort(query, context)) or ready
        prepared, _, cost = ready
        assert prepared.document is not None
        if refused := _charged(context, cost):
            return refused
        executor = SelectExecutor.build(
            self._schema,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
            plans=prepared.plans,
        )
        if isinstance(executor, list):
            return PreExecutionError(data=None, errors=[context.guard.told(error) for error in executor])
        assert isinstance(executor, SelectExecutor)
        return executor


def _observe(seen: observation.Observed, operation: Operation | None, result: ExecutionResult) -> None:
    """Say what was answered, in names of the schema alone."""
    if operation is not None:
        seen.kind, seen.fields = operation.kind.value, operation.fields
    codes = [(error.extensions or {}).get("code", "invalid") for error in result.errors or ()]
    seen.cost = (result.extensions or {}).get("cost")
    seen.code = codes[0] if codes else None
    refused = isinstance(result, PreExecutionError)
    seen.outcome = "failed" if "internal" in codes else "refused" if refused else "errors" if codes else "done"


def _charged(context: Context, cost: int) -> PreExecutionError | None:
    """Charge the caller with an operation; return why it may not be executed, or None."""
    try:
        context.guard.charge(context.caller, cost, known=context.signed_in is not None)
    except Refusal as refusal:
        return _refused(refusal)
    return None


def _effort(query: str | None, context: Context) -> int:
    """Return what an operation costs that is refused: preparing it took time by its characters."""
    return min(len(query or ""), context.guard.rows)


def _refused(refusal: Refusal) -> PreExecutionError:
    """Return the answer to what is refused before it is executed."""
    extensions: dict[str, Any] = {"code": refusal.code}
    if isinstance(refusal, Later):
        extensions["retryAfter"] = refusal.seconds
    return PreExecutionError(data=None, errors=[GraphQLError(refusal.message, extensions=extensions)])


async def _one(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result


async def _told(events: AsyncGenerator[CoreResult], guard: Guard) -> AsyncGenerator[ExecutionResult, None]:
    async with aclosing(events):
        async for result in events:
            errors = [guard.told(masked(error, executed=True)) for error in result.errors or ()]
            yield ExecutionResult(data=result.data, errors=errors or None)
