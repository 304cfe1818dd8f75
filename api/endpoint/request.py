"""What an HTTP request asks: its parameters by GraphQL over HTTP, or why it is no such request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope

from api.endpoint.head import header, headers_of
from api.endpoint.negotiation import readable
from api.endpoint.trusted import digest

POST_ALONE = {"allow": "POST"}
MOST_VALUES = 500_000  # of a request's JSON: 10,000 rows of fifty fields


class Unanswerable(Exception):
    """A request that gets no answer of GraphQL: its status, code, sentence and headers."""

    def __init__(self, status: int, message: str, *, code: str = "invalid", headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, dict(headers or {})


class Asked(NamedTuple):
    """The parameters of one operation; ``document`` identifies a trusted one."""

    query: str | None = None
    document: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


# parameter -> the type that it must have, and how a caller knows that type
PARAMETERS: dict[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "documentId": (str, "a string"),
    "operationName": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


async def asked(scope: Scope, receive: Receive) -> Asked | list[Asked]:
    """Return what a request asks, a list for a batch; Unanswerable when it is no GraphQL request."""
    method: str = scope["method"]
    if method == "GET":
        return of_url(QueryParams(scope["query_string"]))
    if method != "POST":
        raise Unanswerable(405, f"{method[:20]} is not allowed here; use POST or GET.", headers={"allow": "GET, POST"})
    kind = header(headers_of(scope), b"content-type") or ""
    if not readable(kind):
        raise Unanswerable(
            415, f"The body is {kind[:80] or 'of no stated type'!r}; send Content-Type: application/json."
        )
    body = decoded((await receive())["body"], "The body")  # whole: ``BodyLimit`` has read it
    if isinstance(body, list):
        return [of_object(one) for one in body]
    return of_object(body)


def of_url(parameters: Mapping[str, str]) -> Asked:
    """Return what the query component of an address asks; variables and extensions are JSON there."""
    given: dict[str, Any] = {name: parameters.get(name) or None for name in PARAMETERS}
    for name in ("variables", "extensions"):
        if given[name] is not None:
            given[name] = decoded(given[name], name)
    return of_object(given)


def of_object(body: Any) -> Asked:
    """Return what an object asks, each parameter of its type; null is the same as none."""
    if not isinstance(body, dict):
        raise Unanswerable(400, f"The request is {_kind(body)}; send an object with query and variables.")
    for name, (wanted, said) in PARAMETERS.items():
        value = body.get(name)
        if value is not None and not isinstance(value, wanted):
            raise Unanswerable(400, f"{name} is {_kind(value)}; it must be {said} or null.")
    query, extensions = body.get("query"), body.get("extensions")
    document = body.get("documentId") or _persisted(extensions)
    if not query and not document:
        raise Unanswerable(400, "There is no query; send the text of a document as query.")
    if query and document and digest(query) != document.removeprefix("sha256:"):
        raise Unanswerable(400, f"{document[:80]!r} is not the SHA-256 of the query; send one of them.")
    return Asked(query or None, document, body.get("variables"), body.get("operationName") or None, extensions)


def _persisted(extensions: dict[str, Any] | None) -> str | None:
    """Return the hash that a client gives as Apollo's clients do, in ``extensions.persistedQuery``."""
    persisted = (extensions or {}).get("persistedQuery")
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return found if isinstance(found, str) else None


def decoded(text: str | bytes, name: str) -> Any:
    """Return the value of a JSON text; Unanswerable when it is none, or has more values than a request may.

    Each value takes some sixty bytes when it is read, so that 8 MB of ``[],[],[]`` would take half a gigabyte.
    """
    marks: Any = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    if sum(map(text.count, marks)) > MOST_VALUES:  # or in its texts: few requests have a comma every sixteen bytes
        raise Unanswerable(413, f"{name} has more than {MOST_VALUES:,} values; send fewer.", code="too_large")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unanswerable(400, f"{name} is not JSON: {error}.") from error


def _kind(value: Any) -> str:
    """Return what a caller calls the type of a JSON value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
