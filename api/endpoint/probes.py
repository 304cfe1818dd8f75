"""What machines ask of a server: whether it lives, whether it is ready, and its figures."""

from __future__ import annotations

import hmac

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.database import reading
from api.hub import Hub
from api.observation import figures
from schema.migrations import is_current

UNKEPT = {"cache-control": "no-store"}


class Probes:
    """The three addresses of one process."""

    def __init__(self, engine: Engine, hub: Hub, key: str) -> None:
        self.engine, self.hub, self.key = engine, hub, key

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    async def healthz(self, request: Request) -> JSONResponse:
        """Say that the process answers; it asks nobody else, so that a database's fault ends no process."""
        return JSONResponse({"status": "ok"}, headers=UNKEPT)

    async def readyz(self, request: Request) -> JSONResponse:
        """Say whether requests should come here: 200, or 503 with what is missing by name."""
        checks = {
            "database": await to_thread.run_sync(self._database),
            "events": "ok" if self.hub.hearing else "not heard",
            "server": "stopping" if self.hub.stopping.is_set() else "ok",
        }
        ready = all(found == "ok" for found in checks.values())
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503, headers=UNKEPT
        )

    def _database(self) -> str:
        try:
            with reading(self.engine) as connection:
                return "ok" if is_current(connection) else "not up to date"
        except SQLAlchemyError:
            return "does not answer"

    async def metrics(self, request: Request) -> Response:
        """Return the figures; with a key in the settings only to whoever sends it."""
        given = request.headers.get("authorization", "").encode()
        if self.key and not hmac.compare_digest(given, f"Bearer {self.key}".encode()):
            return JSONResponse({"errors": [{"message": "Send FENJI_METRICS_KEY as a Bearer token.",
                                             "extensions": {"code": "not_signed_in"}}]}, 401, headers=UNKEPT)  # fmt: skip
        return Response(await to_thread.run_sync(figures), media_type=CONTENT_TYPE_LATEST, headers=UNKEPT)
