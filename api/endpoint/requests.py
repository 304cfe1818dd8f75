"""Requests as the log and the figures see them: method, status and milliseconds; no query, no address, of a path the first part."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.endpoint.identity import REQUEST_ID
from api.observation import REQUESTS
from api.telemetry import NAMES, PARENT

LOG = logging.getLogger("fenji.request")
METHODS = {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Requests:
    """Counts each HTTP request, tells of it in the log, and keeps the trace that it belongs to at hand."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        trace = PARENT.set({key.decode(): value.decode("latin-1") for key, value in scope["headers"] if key in NAMES})
        try:
            await self.app(scope, receive, seen)
        finally:
            PARENT.reset(trace)
            REQUESTS.labels(str(status)).inc()
            if LOG.isEnabledFor(logging.INFO):
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                # The rest of a path is the caller's own words; what met no route is as well.
                path = "/" + scope["path"].split("/")[1] if "endpoint" in scope else "-"
                told = {"method": method, "path": path, "status": status, "request": REQUEST_ID.get(),
                        "milliseconds": round((time.perf_counter() - began) * 1000, 2)}  # fmt: skip
                LOG.info("%s %s %s", method, path, status, extra=told)
