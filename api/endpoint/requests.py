"""Requests: each has an id, is counted, told of in the log, and answered when something is broken.

The log and the figures see method, status and milliseconds; no query, no address, of a path the first part.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from functools import cache
from uuid import uuid4

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.endpoint.head import headers_of
from api.endpoint.identity import HEADER, REQUEST_ID, identity_of
from api.endpoint.response import refusal
from api.observation import REQUESTS
from api.telemetry import NAMES, PARENT

LOG = logging.getLogger("fenji.request")
DEFECTS = logging.getLogger("fenji.http")
METHODS = {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}
STARTS = ("http.response.start", "websocket.accept")


class Requests:
    """Gives each request its id, which its worker thread and its log records find in ``REQUEST_ID``, and counts it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id and the trace that it belongs to."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope)
        began, status, identity = time.perf_counter(), 0, identity_of(headers)

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] in STARTS:
                status = message.get("status", 101)
                message["headers"] = [*message.get("headers", ()), (HEADER, identity)]
            await send(message)

        tokens = REQUEST_ID.set(identity.decode()), PARENT.set(_trace(headers))
        try:
            await self.app(scope, receive, marked)
        except Exception as error:
            if status or scope["type"] != "http":
                raise
            await _defect(error)(scope, receive, marked)
        finally:
            if scope["type"] == "http":
                _counter(status).inc()
                if LOG.isEnabledFor(logging.INFO):
                    _tell(scope, status, time.perf_counter() - began)
            REQUEST_ID.reset(tokens[0])
            PARENT.reset(tokens[1])


def _trace(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): headers[name].decode("latin-1") for name in NAMES if name in headers}


def _defect(error: Exception) -> ASGIApp:
    """Return the answer to a request at which something broke; the log tells what, under the same id."""
    failed = uuid4().hex[:12]
    DEFECTS.error("a request failed, id %s, request %s", failed, REQUEST_ID.get(), exc_info=error)
    return refusal(500, "internal", f"Internal error, id {failed}.")


@cache
def _counter(status: int) -> Counter:
    return REQUESTS.labels(str(status))


def _tell(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    # The rest of a path is the caller's own words; what met no route is as well.
    path = "/" + scope["path"].split("/")[1] if "endpoint" in scope else "-"
    told = {"method": method, "path": path, "status": status, "request": REQUEST_ID.get(),
            "milliseconds": round(seconds * 1000, 2)}  # fmt: skip
    LOG.info("%s %s %s", method, path, status, extra=told)
