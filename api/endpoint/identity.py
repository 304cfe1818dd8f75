"""Request ids: the caller's own or a new one, in the answer's headers and in the log; and defects outside GraphQL."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.endpoint.response import refusal

LOG = logging.getLogger("fenji.http")
HEADER = b"x-request-id"
GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")


class RequestId:
    """Gives each request an id, which its worker thread and its log records find in ``REQUEST_ID``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        identity = given if GIVEN.fullmatch(given) else uuid4().hex.encode()

        started = False

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] in ("http.response.start", "websocket.accept"):
                started = True
                message["headers"] = [*message.get("headers", ()), (HEADER, identity)]
            await send(message)

        token = REQUEST_ID.set(identity.decode())
        try:
            await self.app(scope, receive, marked)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            failed = uuid4().hex[:12]
            LOG.error("a request failed, id %s, request %s", failed, REQUEST_ID.get(), exc_info=error)
            answer = refusal(500, "internal", f"Internal error, id {failed}.")
            await answer(scope, receive, marked)
        finally:
            REQUEST_ID.reset(token)
