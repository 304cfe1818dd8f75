"""The endpoint: POST for operations, WebSocket for subscriptions, GET for the page that tries them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from anyio import to_thread
from cross_web import HTTPException
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from api.console.page import graphiql_page
from api.endpoint.context import Context
from api.endpoint.executable import Executable
from policies.refusal import Refusal


class Messages(ASGIWebSocketAdapter):
    """Passes on well-formed messages of graphql-transport-ws alone; anything else closes the socket with 4400."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Yield each message."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            if not _well_formed(message):
                raise NonJsonMessageReceived
            yield message


def _well_formed(message: object) -> bool:
    if not isinstance(message, dict):
        return False
    if message.get("type") != "subscribe":
        return isinstance(message.get("id", ""), str)
    payload = message.get("payload")
    return (
        isinstance(message.get("id"), str)
        and isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), (dict, type(None)))
        and isinstance(payload.get("operationName"), (str, type(None)))
    )


class Endpoint(GraphQL[Context, None]):
    """Serves the schema; queries over GET are off, subscriptions speak graphql-transport-ws."""

    websocket_adapter_class = Messages

    def __init__(self, schema: Executable, engine: Engine, home: Path) -> None:
        super().__init__(schema, allow_queries_via_get=False, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
        self.engine, self.home = engine, home

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Return the context of an operation, with the key of its Authorization header."""
        return Context(self.engine, self.home, bearer(request.headers.get("authorization")))

    def parse_json(self, data: str | bytes) -> Any:
        """Return the object or list of a body; 400 for anything else."""
        try:
            found = super().parse_json(data)
        except (UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, "Unable to parse request body as JSON") from error
        if not isinstance(found, (dict, list)):
            raise HTTPException(400, "The request body must be a JSON object")
        return found

    async def on_ws_connect(self, context: Context) -> Any:
        """Sign in with the key of the connection's payload; the connection is refused when the key is not known."""
        given = context.connection_params or {}
        header = given.get("Authorization") or given.get("authorization")
        context.key = bearer(header if isinstance(header, str) else None) or context.key
        try:
            await to_thread.run_sync(context.sign_in)
        except Refusal as refusal:
            raise ConnectionRejectionError({"code": refusal.code, "message": refusal.message}) from refusal
        return UNSET

    async def render_graphql_ide(self, request: Request) -> Response:
        """Serve GraphiQL."""
        page: Response = graphiql_page()
        return page


def bearer(header: str | None) -> str | None:
    """Return the key of an Authorization header, or None."""
    scheme, _, key = (header or "").strip().partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None
