"""The web application: the GraphQL endpoint, static files, a sign of life, and the worker of its jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.console.cookbook import cookbook_page
from api.console.page import STATIC, sign_in_page
from api.database import reading
from api.endpoint.report import PATH, ReportPages
from api.endpoint.session import METHODS, Sessions
from api.endpoint.session import PATH as SESSION
from api.endpoint.view import Endpoint
from api.jobs import Worker
from api.operations.root import schema

MOST_BYTES = 1_000_000


class BodyLimit:
    """Refuses a body of more than ``most`` bytes with 413, whatever its Content-Length says."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body read up to the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.most:
                error = {
                    "message": f"The request is larger than {self.most:,} bytes.",
                    "extensions": {"code": "invalid"},
                }
                await JSONResponse({"errors": [error]}, status_code=413)(scope, receive, send)
                return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send)


def make_app(engine: Engine, home: Path, *, worker: bool = True) -> Starlette:
    """Return the application on an engine; with ``worker`` its jobs run in a thread of this process."""
    endpoint = Endpoint(schema, engine, home)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        jobs = Worker(engine, home) if worker else None
        if jobs:
            jobs.start()
        try:
            yield
        finally:
            if jobs:
                await to_thread.run_sync(jobs.stop)

    async def healthz(request: Request) -> JSONResponse:
        def alive() -> None:
            with reading(engine) as connection:
                connection.execute(text("select 1"))

        await to_thread.run_sync(alive)
        return JSONResponse({"status": "ok"})

    async def home_page(request: Request) -> RedirectResponse:
        return RedirectResponse("/graphql")

    async def cookbook(request: Request) -> HTMLResponse:
        return cookbook_page()

    routes = [
        Route("/", home_page),
        Route("/cookbook", cookbook),
        Route("/healthz", healthz),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route(PATH, ReportPages(engine, home).page),
        Route(SESSION, Sessions(engine).answer, methods=METHODS),
        Route("/sign-in", sign_in_page),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BodyLimit)], lifespan=lifespan)
