"""The body of a request is read whole before anything is done: up to a size, within a time, and not too many at once."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.endpoint.response import refusal

SECONDS = 20.0
TOGETHER = 16  # bodies of the largest size that are under way at the same time
WHOLE = "fenji.whole"  # in the scope when the server has the whole body: then nothing is waited for
SMALL = 64_000  # a body up to here always finds room


class BodyLimit:
    """Refuses a body of more than ``most`` bytes with 413, whatever its Content-Length says, and a slow one with 408.

    A large one is refused with 503 while the bodies under way fill ``TOGETHER`` times ``most`` bytes: they are held until
    their requests are answered, so many callers at once would otherwise take any memory.
    """

    def __init__(self, app: ASGIApp, most: int, seconds: float = SECONDS) -> None:
        self.app, self.most, self.seconds = app, most, seconds
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, slow = bytearray(), False
        try:
            if WHOLE in scope:
                there = await self._read(receive, body)
            else:
                try:
                    async with asyncio.timeout(self.seconds):
                        there = await self._read(receive, body)
                except TimeoutError:
                    there = slow = True
            if not there:
                return
            if refused := self._refused(slow, body):
                await refused(scope, receive, send)
                return
            waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

            async def replay() -> Message:
                return waiting.pop() if waiting else await receive()

            await self.app(scope, replay, send)
        finally:
            self.held -= len(body)

    async def _read(self, receive: Receive, body: bytearray) -> bool:
        """Read until the end or a limit; say whether the client is still there."""
        more = True
        while more and len(body) <= self.most and not self._full(body):
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            part = message.get("body", b"")
            body += part
            self.held += len(part)
            more = message.get("more_body", False)
        return True

    def _full(self, body: bytearray) -> bool:
        return len(body) > SMALL and self.held > TOGETHER * self.most

    def _refused(self, slow: bool, body: bytearray) -> ASGIApp | None:
        # The rest of the body is not waited for, so the connection cannot be used again.
        headers = {"connection": "close"}
        if slow:
            return refusal(408, "timed_out", f"The body did not come within {self.seconds:g} s.", headers=headers)
        if len(body) > self.most:
            return refusal(413, "too_large", f"The request is larger than {self.most:,} bytes.", headers=headers)
        if self._full(body):
            message = "Too many large requests are under way; send this one again in a moment."
            return refusal(503, "too_many", message, headers={**headers, "retry-after": "1"})
        return None
