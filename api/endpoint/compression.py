"""Compression of answers, for who asks for it: Starlette's, which would prepare for it at every request."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from api.endpoint.head import headers_of


class Compression(GZipMiddleware):
    """Compresses answers of some size with gzip."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, past the compression when it is not accepted; who keeps answers says so itself in Vary."""
        asked = "headers" in scope and b"gzip" in headers_of(scope).get(b"accept-encoding", b"").lower()
        await (super().__call__ if asked else self.app)(scope, receive, send)
