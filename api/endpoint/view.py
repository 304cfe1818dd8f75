"""The endpoint: GraphQL over HTTP by POST and GET, WebSocket or server-sent events for subscriptions, and the page that tries operations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from anyio import fail_after, sleep, to_thread
from graphql import GraphQLError
from sqlalchemy import Engine
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET

from api.console.page import graphiql_page
from api.endpoint import sse
from api.endpoint.context import Context
from api.endpoint.cookie import CSRF, ours, session_of
from api.endpoint.executable import Executable
from api.endpoint.guard import Guard
from api.endpoint.head import header, headers_of
from api.endpoint.negotiation import JSON, RESPONSE, accepted, takes_json
from api.endpoint.request import PARAMETERS, POST_ALONE, Asked, Unanswerable, asked
from api.endpoint.response import kept, response_of, response_of_batch, unanswerable
from api.hub import Hub
from api.observation import SOCKETS
from policies.refusal import Refusal

MOST_OF_A_SOCKET = 30
SEND_SECONDS = 30.0
LEAVE_SECONDS = 0.3
METHODS = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}


class Messages(ASGIWebSocketAdapter):
    """Passes on well-formed messages of graphql-transport-ws alone; anything else closes the socket with 4400."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Yield each message."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            if not _well_formed(message):
                raise NonJsonMessageReceived
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message; Strawberry's own error, of too many operations on the socket, gets its code."""
        payload = message.get("payload")
        if message["type"] == "error" and isinstance(payload, list):
            payload = [{**error, "extensions": error.get("extensions", {"code": "too_many"})} for error in payload]
            message = {**message, "payload": payload}
        await super().send_json(message)

    async def close(self, code: int, reason: str) -> None:
        """Close the socket; a reason may have 123 bytes, and Strawberry's quote what the client sent."""
        await super().close(code, reason.encode()[:123].decode(errors="ignore"))


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
    """Serves the schema: operations over HTTP as the specification says, subscriptions over WebSocket or as SSE.

    Strawberry's own view answers sockets; what is asked over HTTP stands here, behind ``BodyLimit``, which reads bodies whole.
    """

    websocket_adapter_class = Messages
    schema: Executable

    def __init__(self, schema: Executable, engine: Engine, home: Path, guard: Guard, hub: Hub) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            max_subscriptions_per_connection=MOST_OF_A_SOCKET,
        )
        self.engine, self.home, self.guard, self.hub = engine, home, guard, hub
        self.sockets = set[Send]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a socket."""
        if scope["type"] != "http":
            await self._socket(scope, receive, send)
            return
        response = await self.respond(scope, receive)
        await response(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket until it closes, or the server stops; a client that takes nothing for long is left."""

        async def patient(message: Message) -> None:
            with fail_after(SEND_SECONDS):
                await send(message)

        self.sockets.add(patient)
        with SOCKETS.track_inprogress():
            try:
                await super().__call__(scope, receive, patient)
            finally:
                self.sockets.discard(patient)

    async def leave(self) -> None:
        """End subscriptions with complete and sockets with 1001, as graphql-ws does: their clients connect anew."""
        self.hub.close()
        await sleep(LEAVE_SECONDS)
        for send in list(self.sockets):
            with suppress(Exception):  # it closes or is closed meanwhile
                await send({"type": "websocket.close", "code": 1001, "reason": "Going away"})

    async def respond(self, scope: Scope, receive: Receive) -> Response:
        """Return the response to an HTTP request: the page, a stream, or the answer of its operations."""
        method, headers = scope["method"], headers_of(scope)
        accept = header(headers, b"accept")
        media = accepted(accept)
        try:
            if method == "GET" and not self.guard.closed and _wants_page(scope, accept):
                return graphiql_page()
            if headers.get(b"sec-fetch-site") == b"cross-site":
                raise Unanswerable(403, "A page of another site may not ask here.", code="forbidden")
            if sse.is_wanted(accept):
                return await self.streamed(scope, receive)
            if media is None:
                raise Unanswerable(406, f"The answer is {RESPONSE} or {JSON}; name one of them in Accept.")
            wanted, context = await asked(scope, receive), self.context(scope)
            if isinstance(wanted, list):
                batch = self.batch(wanted)
                if not takes_json(accept):
                    raise Unanswerable(406, f"A batch is answered in {JSON}; name it in Accept, or send one operation.")
                return response_of_batch([await self.executed(one, context, "POST") for one in batch])
            response = response_of(await self.executed(wanted, context, method), media)
            return kept(response, header(headers, b"if-none-match")) if method == "GET" else response
        except Unanswerable as refused:
            return unanswerable(refused, media)

    async def streamed(self, scope: Scope, receive: Receive) -> Response:
        """Return the stream of one operation's results; what is wrong with the operation is told in the stream."""
        wanted, context, method = await asked(scope, receive), self.context(scope), scope["method"]
        if isinstance(wanted, list):
            raise Unanswerable(400, "A stream answers one operation; send no batch.")
        query = self.text(wanted, method)
        if query is None:
            raise Unanswerable(400, f"No trusted document is {wanted.document!r:.90}.", code="document_unknown")
        allowed = METHODS[method] | {OperationType.SUBSCRIPTION}
        results = await self.schema.stream(query, wanted.variables, context, None, wanted.operation_name, None, allowed)
        return sse.event_stream(results)

    def text(self, wanted: Asked, method: str) -> str | None:
        """Return the document that is asked for, None when it is no trusted one; Unanswerable for any by GET when closed."""
        documents = self.guard.documents
        trusted = None if documents is None or wanted.document is None else documents.text(wanted.document)
        if method == "GET" and self.guard.closed and wanted.query is not None and trusted is None:
            raise Unanswerable(405, "By GET only trusted documents are answered here.", headers=POST_ALONE)
        return trusted if wanted.query is None else wanted.query

    def batch(self, wanted: list[Asked]) -> list[Asked]:
        """Return the operations of a batch, which are executed one after the other; Unanswerable for too many."""
        if not 0 < len(wanted) <= self.guard.batch:
            message = f"The batch has {len(wanted)} operations; send 1 to {self.guard.batch}."
            raise Unanswerable(400, message if self.guard.batch else "Batches are off; send one operation a request.")
        return wanted

    async def executed(self, wanted: Asked, context: Context, method: str) -> ExecutionResult:
        """Return the result of one operation; Unanswerable for a mutation by GET, which must change nothing."""
        query = self.text(wanted, method)
        if query is None:
            return failed(f"No trusted document is {wanted.document!r:.90}.", code="document_unknown")
        try:
            return await self.schema.execute(
                query, wanted.variables, context, None, wanted.operation_name, METHODS[method]
            )
        except InvalidOperationTypeError as error:
            kind = error.operation_type
            if kind is OperationType.SUBSCRIPTION:
                return failed(
                    "Subscriptions answer over a WebSocket with graphql-transport-ws, or to Accept: text/event-stream.",
                    code="invalid",
                )
            raise Unanswerable(405, f"A {kind.value} needs POST.", headers=POST_ALONE) from error
        except CannotGetOperationTypeError:
            message = f"The document has no operation {wanted.operation_name!r}; name one of its own as operationName."
            if wanted.operation_name is None:
                message = "The document has several operations or none; name the one to execute as operationName."
            return failed(message, code="invalid")

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket | None = None) -> Context:
        """Return the context of a socket's operations, for Strawberry."""
        return self.context(request.scope)

    def context(self, scope: Scope) -> Context:
        """Return the context of an operation, with the key of its Authorization header, else its session's cookie."""
        headers = headers_of(scope)
        key, session = bearer(header(headers, b"authorization")), None
        if key is None and b"cookie" in headers:
            connection = HTTPConnection(scope)
            session = session_of(connection)
            if session is not None and not ours(connection):
                if scope["type"] == "http":
                    message = f"A session's cookie needs the header {CSRF}: 1 beside it."
                    raise Unanswerable(403, message, code="csrf_missing")
                session = None  # a key may follow in the payload
        address = scope["client"][0] if scope.get("client") else ""
        return Context(self.engine, self.home, key, session=session, address=address, guard=self.guard, hub=self.hub)

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

    def decode_json(self, data: str | bytes) -> object:
        """Return the value of a message's JSON text."""
        return orjson.loads(data)


def failed(message: str, *, code: str) -> PreExecutionError:
    """Return the result of an operation that is not executed."""
    return PreExecutionError(data=None, errors=[GraphQLError(message, extensions={"code": code})])


def _wants_page(scope: Scope, accept: str | None) -> bool:
    return "text/html" in (accept or "") and not QueryParams(scope["query_string"]).keys() & PARAMETERS.keys()


def bearer(header: str | None) -> str | None:
    """Return the key of an Authorization header, or None."""
    scheme, _, key = (header or "").strip().partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None
