"""The cookie of a session of the pages, and what shows that a request with it comes from our own pages."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from schema.tables.base import now

NAME = "fenji_session"
# No form and no other site's script can send this header without asking first, and this server never agrees.
CSRF = "x-fenji-csrf"


def session_of(request: HTTPConnection) -> str | None:
    """Return what the request's session cookie holds, or None."""
    return request.cookies.get(NAME) or None


def ours(request: HTTPConnection) -> bool:
    """Say whether a request comes from our own pages: by the CSRF header, a socket by its Origin."""
    if request.scope["type"] == "websocket":
        return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
    return bool(request.headers.get(CSRF))


def put(response: Response, request: HTTPConnection, token: str, until: datetime) -> None:
    """Set the cookie: for this site alone, out of scripts' reach, over HTTPS alone where the request was."""
    response.set_cookie(
        NAME, token, max_age=max(0, int((until - now()).total_seconds())), path="/", httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def take(response: Response, request: HTTPConnection) -> None:
    """Take the cookie away."""
    response.delete_cookie(NAME, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https")
