"""The body of a request is read whole before anything is done: up to a size, and within a time."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.endpoint.response import refusal

SECONDS = 20.0


class BodyLimit:
    """Refuses a body of more than ``most`` bytes with 413, whatever its Content-Length says, and a slow one with 408."""

    def __init__(self, app: ASGIApp, most: int, seconds: float = SECONDS) -> None:
        self.app, self.most, self.seconds = app, most, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()
        with anyio.move_on_after(self.seconds) as clock:
            if not await self._read(receive, body):
                return
        if clock.cancelled_caught or len(body) > self.most:
            refused = self._refused(clock.cancelled_caught)
            await refused(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send)

    async def _read(self, receive: Receive, body: bytearray) -> bool:
        """Read until the end or the limit; say whether the client is still there."""
        more = True
        while more and len(body) <= self.most:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return True

    def _refused(self, slow: bool) -> ASGIApp:
        # The rest of the body is not waited for, so the connection cannot be used again.
        headers = {"connection": "close"}
        if slow:
            return refusal(408, "timed_out", f"The body did not come within {self.seconds:g} s.", headers=headers)
        return refusal(413, "too_large", f"The request is larger than {self.most:,} bytes.", headers=headers)
