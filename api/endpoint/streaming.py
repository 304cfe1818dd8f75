"""Answers of a subscription: each event is answered in a worker thread, under the rights that its reader has by then."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, cast

from anyio import CapacityLimiter, to_thread
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from graphql.execution import create_source_event_stream, execute_subscription_event

from api.endpoint.context import Context
from api.endpoint.deadline import Deadline
from api.hub import Stopped
from api.observation import TOLD
from policies.refusal import Refusal
from schema.select import SelectExecutor


async def results(executor: SelectExecutor, context: Context, limiter: CapacityLimiter) -> AsyncGenerator[CoreResult]:
    """Yield the answer to each event until the source ends, the server stops, or the reader may read no more.

    An event whose rows the reader may not see, or which do not match, is an empty list: it is not told.
    """
    source = create_source_event_stream(executor)
    if isawaitable(source):
        source = await source
    if isinstance(source, CoreResult):
        yield source
        return

    def answer(event: Any) -> CoreResult:
        context.sign_in()
        context.actor.require("read")
        return cast("CoreResult", execute_subscription_event(executor.build_per_event_executor(event)))

    async with aclosing(cast("AsyncGenerator[Any]", source)) as events:
        try:
            async for event in _until_stopped(events):
                context.deadline = Deadline(context.guard.seconds)
                with context.deadline:
                    result = await to_thread.run_sync(answer, event, limiter=limiter)
                context.deadline = None
                if result.errors or list((result.data or {}).values()) != [[]]:
                    TOLD.inc()
                    yield result
        except Refusal as refusal:
            yield CoreResult(None, errors=[GraphQLError(refusal.message, original_error=refusal)])
        except Exception as error:  # noqa: BLE001  # a defect of the source, which the caller masks and logs
            yield CoreResult(None, errors=[GraphQLError(str(error), original_error=error)])


async def _until_stopped(events: AsyncIterator[Any]) -> AsyncGenerator[Any]:
    """Yield events until the server stops."""
    try:
        async for event in events:
            yield event
    except Stopped:
        return
