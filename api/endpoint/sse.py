"""Server-sent events: one operation's results by the distinct connections mode of the graphql-sse protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import lru_cache

import orjson
from starlette.responses import StreamingResponse
from strawberry.types import ExecutionResult

from api.endpoint.negotiation import RANGES, preferred
from api.endpoint.response import body_of

MEDIA = "text/event-stream"
QUIET_SECONDS = 15.0
# Nothing on the way may keep an event back, or a copy of it.
HEADERS = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}


@lru_cache(256)
def is_wanted(accept: str | None) -> bool:
    """Say whether an Accept header wants server-sent events before one answer: urql names them last with each query."""
    return preferred(accept or "", {**RANGES, MEDIA: MEDIA}) == MEDIA


def event_stream(results: AsyncGenerator[ExecutionResult]) -> StreamingResponse:
    """Return the response that sends each result as ``next`` and, after the last, ``complete``."""
    return StreamingResponse(_events(results), headers=HEADERS, media_type=MEDIA)


async def _events(results: AsyncGenerator[ExecutionResult]) -> AsyncGenerator[bytes]:
    """Yield the events; where nothing happens for a while a comment, so that nobody on the way ends the connection."""
    waiting: asyncio.Task[ExecutionResult | None] | None = None
    async with aclosing(results):
        try:
            while True:
                waiting = waiting or asyncio.create_task(anext(results, None))
                done, _ = await asyncio.wait({waiting}, timeout=QUIET_SECONDS)
                if not done:
                    yield b":\n\n"
                    continue
                result, waiting = waiting.result(), None
                if result is None:
                    break
                yield b"event: next\ndata: " + orjson.dumps(body_of(result)) + b"\n\n"
            # Browsers drop an event without data.
            yield b"event: complete\ndata: \n\n"
        finally:
            if waiting is not None:
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting
