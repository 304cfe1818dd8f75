"""Answers over HTTP: the body of a result, the status by media type, and 304 where the client has the answer already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response
from strawberry.types import ExecutionResult

from api.endpoint.negotiation import JSON, RESPONSE
from api.endpoint.request import Unanswerable

# Statuses of answers without data, by the code of their first error; any other is the request's own fault.
STATUS = {
    "not_signed_in": 401,
    "forbidden": 403,
    "rate_limited": 429,
    "too_many": 429,
    "timed_out": 503,
    "internal": 500,
}
UNKEPT = {"cache-control": "no-store"}
# A copy may be kept by the caller alone, and is asked about each time: what it says may change with the next write.
KEPT = {"cache-control": "private, no-cache", "vary": "Accept, Accept-Encoding, Authorization, Cookie"}


CONTENT = {media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (RESPONSE, JSON)}
UNKEPT_RAW = [(name.encode(), value.encode()) for name, value in UNKEPT.items()]


class Answer(Response):
    """The answer of operations, whose head needs no preparation."""

    def __init__(self, body: bytes, media: str, status: int = 200, *more: tuple[bytes, bytes]) -> None:
        self.body, self.status_code, self.background = body, status, None
        self.raw_headers = [CONTENT[media], (b"content-length", b"%d" % len(body)), *UNKEPT_RAW, *more]


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """Return the body of a result; an operation that was not executed has no data, which is not the same as null."""
    body: dict[str, Any] = {}
    if result.data is not None or not is_refused(result):
        body["data"] = result.data
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def is_refused(result: ExecutionResult) -> bool:
    """Say whether the request failed before anything was executed: syntax, limits, validation, variables, sign-in."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def response_of(result: ExecutionResult, media: str) -> Response:
    """Return the response of one operation: 200 in application/json, the status of its kind in the other type.

    Who asks too much gets 429 in both: that is for every client, proxy and monitor on the way.
    """
    told = result.errors[0].extensions or {} if result.errors and is_refused(result) else None
    status = 200 if told is None else STATUS.get(str(told.get("code")), 400)
    status = status if media == RESPONSE or status == 429 else 200
    later = [(b"retry-after", b"%d" % told["retryAfter"])] if told and "retryAfter" in told else []
    return Answer(orjson.dumps(body_of(result)), media, status, *later)


def response_of_batch(results: list[ExecutionResult]) -> Response:
    """Return the response of several operations, in their order."""
    return Answer(orjson.dumps([body_of(result) for result in results]), JSON)


def kept(response: Response, known: str | None) -> Response:
    """Return the response of a GET with its ETag; 304 without a body when the client knows it already."""
    if response.status_code != 200:
        return response
    tag = f'W/"{hashlib.sha256(response.body).hexdigest()[:32]}"'  # weak: the same for a compressed copy
    response.headers.update({**KEPT, "etag": tag})
    if not _names(known, tag):
        return response
    return Response(status_code=304, headers={**KEPT, "etag": tag})


def unanswerable(refused: Unanswerable, media: str | None) -> Response:
    """Return the response to a request that is none of GraphQL."""
    return refusal(refused.status, refused.code, refused.message, media=media, headers=refused.headers)


def refusal(
    status: int, code: str, message: str, *, media: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response that holds one error and nothing else."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return Response(orjson.dumps(body), status, {**UNKEPT, **(headers or {})}, f"{media or JSON}; charset=utf-8")


def _names(known: str | None, tag: str) -> bool:
    """Say whether If-None-Match names a tag, weak or strong."""
    if known is None:
        return False
    return known.strip() == "*" or tag in (f"W/{part.strip().removeprefix('W/')}" for part in known.split(","))
