"""Sessions of the pages over HTTP: POST /session begins one, GET tells whose it is, DELETE ends it."""

from __future__ import annotations

from typing import Any

import orjson
from anyio import to_thread
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.access import Actor
from api.commands import session as commands
from api.database import writing
from api.endpoint.context import HOW
from api.endpoint.cookie import CSRF, ours, put, session_of, take
from api.endpoint.response import refusal
from api.errors import Forbidden
from api.sign_in import is_token, signed_in, token_ends
from policies.refusal import Refusal

PATH = "/session"
METHODS = ["GET", "POST", "DELETE"]
HEADERS = {"cache-control": "no-store"}


class Sessions:
    """Begins, tells and ends sessions of the pages."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def answer(self, request: Request) -> Response:
        """Answer a request; 403 without the CSRF header, 401 to whoever does not sign in."""
        if request.method != "GET" and not ours(request):
            return refusal(403, "csrf_missing", f"Send the header {CSRF}: 1.")
        try:
            if request.method == "POST":
                key = _key(await request.body())
                return await to_thread.run_sync(self._begin, request, key)
            return await to_thread.run_sync(self._end if request.method == "DELETE" else self._told, request)
        except Refusal as refused:
            return refusal(401, refused.code, refused.message)

    def _begin(self, request: Request, key: str | None) -> Response:
        actor = signed_in(self.engine, key)
        if actor is None or key is None:
            raise Forbidden(f"The key is not known, is over or is revoked; {HOW}.", code="not_signed_in")
        token_key = is_token(key)
        until = token_ends(key) if token_key else None
        cookie = session_of(request)
        earlier = signed_in(self.engine, None, cookie)
        with writing(self.engine) as session:
            if earlier is not None and cookie is not None:
                commands.end(session, earlier, cookie)  # the new cookie takes its place, and nobody would end it
            token, over = commands.begin(session, actor, None if token_key else key, until)
        response = _who(actor)
        put(response, request, token, over)
        return response

    def _told(self, request: Request) -> Response:
        return _who(self._actor(request))

    def _end(self, request: Request) -> Response:
        actor = self._actor(request)
        with writing(self.engine) as session:
            commands.end(session, actor, session_of(request) or "")
        response = Response(status_code=204, headers=HEADERS)
        take(response, request)
        return response

    def _actor(self, request: Request) -> Actor:
        actor = signed_in(self.engine, None, session_of(request))
        if actor is None:
            raise Forbidden("No session is open; sign in at /sign-in.", code="not_signed_in")
        return actor


def _key(body: bytes) -> str | None:
    """Return the key of a body such as {"key": "fenji_…"}, None for anything else."""
    try:
        given: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    key = given.get("key") if isinstance(given, dict) else None
    return key.strip() or None if isinstance(key, str) else None


def _who(actor: Actor) -> JSONResponse:
    return JSONResponse({"login": actor.login, "name": actor.name, "roles": sorted(actor.roles)}, headers=HEADERS)
