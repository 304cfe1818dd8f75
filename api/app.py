"""The web application: the GraphQL endpoint, static files, probes, and the worker of its jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from api.console.cookbook import cookbook_page
from api.console.page import STATIC, sign_in_page
from api.endpoint.body import BodyLimit
from api.endpoint.compression import Compression
from api.endpoint.first import First
from api.endpoint.guard import Guard
from api.endpoint.probes import Probes
from api.endpoint.report import PATH, ReportPages
from api.endpoint.requests import Requests
from api.endpoint.session import METHODS, Sessions
from api.endpoint.session import PATH as SESSION
from api.endpoint.view import Endpoint
from api.hub import Hub
from api.jobs import JOB_GRACE_SECONDS, Worker
from api.memory import settled
from api.operations.root import schema
from api.settings import settings
from api.telemetry import Traces


class Application(Starlette):
    """Starlette without its own answer to a defect, for which every request would pay: ``Requests`` answers it."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the middleware around the routes, the first one outermost."""
        app: ASGIApp = ExceptionMiddleware(self.router, self.exception_handlers)
        for made, arguments, named in reversed(self.user_middleware):
            app = made(app, *arguments, **named)
        return app


def make_app(engine: Engine, home: Path, *, worker: bool = True, guard: Guard | None = None) -> Starlette:
    """Return the application on an engine; with ``worker`` its jobs run in a thread of this process."""
    hub = Hub(engine)
    endpoint = Endpoint(schema, engine, home, guard or Guard.of(settings()), hub)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        jobs = Worker(engine, home) if worker else None
        traces = Traces.to(settings().telemetry_url) if settings().telemetry_url else None
        schema.traces = traces
        await hub.start()
        if jobs:
            jobs.start()
        try:
            with settled():
                yield
        finally:
            await hub.stop()
            if jobs:
                await to_thread.run_sync(jobs.stop, JOB_GRACE_SECONDS)
            if traces:
                await to_thread.run_sync(traces.stop)

    async def home_page(request: Request) -> RedirectResponse:
        return RedirectResponse("/graphql")

    async def cookbook(request: Request) -> HTMLResponse:
        if endpoint.guard.closed:
            raise HTTPException(404)
        return cookbook_page()

    routes = [
        Route("/graphql", endpoint),  # reached by a slash too many at the end, which is taken away; see First
        Route("/", home_page),
        Route("/cookbook", cookbook),
        *Probes(engine, hub, settings().metrics_key).routes(),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route(PATH, ReportPages(engine, home).page),
        Route(SESSION, Sessions(engine).answer, methods=METHODS),
        Route("/sign-in", sign_in_page),
    ]
    middleware = [
        Middleware(Requests),
        Middleware(Compression, minimum_size=1000, compresslevel=4),
        Middleware(BodyLimit, most=settings().body_mb * 1_000_000),
        Middleware(First, path="/graphql", endpoint=endpoint),
    ]
    app = Application(routes=routes, middleware=middleware, lifespan=lifespan)
    app.state.leave = endpoint.leave
    return app
