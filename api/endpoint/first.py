"""The endpoint before all routes: what nearly every request asks for need not be looked for among the pages."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class First:
    """Serves one path at ``endpoint``, over HTTP and WebSocket, and passes everything else on."""

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self.app, self.path, self.endpoint = app, path, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or pass on."""
        if scope.get("path") != self.path:
            await self.app(scope, receive, send)
            return
        scope["endpoint"] = self.endpoint  # as a route does
        await self.endpoint(scope, receive, send)
