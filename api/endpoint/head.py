"""The head of a request: its headers by name, read once for all who ask for some of them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

KEPT = "fenji.headers"  # in the scope


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers of a request or socket by their names in small letters: the first of those that are repeated."""
    found: dict[bytes, bytes] | None = scope.get(KEPT)
    if found is None:
        found = scope[KEPT] = dict(reversed([*scope["headers"]]))
    return found


def header(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    """Return a header as text, None when there is none."""
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")
