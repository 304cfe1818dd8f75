"""Request ids: the caller's own or a new one, in the answer's headers and in the log."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar

HEADER = b"x-request-id"
GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")


def identity_of(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the id of a request: what its caller gave it, if it is one, else a new one."""
    given = headers.get(HEADER)
    if given is not None and GIVEN.fullmatch(given):
        return given
    return os.urandom(16).hex().encode()
