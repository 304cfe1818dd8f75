"""Content negotiation of GraphQL over HTTP: which media type an answer has, and which bodies are read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

RESPONSE, JSON = "application/graphql-response+json", "application/json"
# What a range of the Accept header stands for: JSON where the client names no type, as clients older than 2025 expect.
RANGES = {RESPONSE: RESPONSE, JSON: JSON, "application/*": JSON, "*/*": JSON}
UTF8 = {"utf-8", "utf8"}


@lru_cache(256)
def accepted(header: str | None) -> str | None:
    """Return the media type of the answer by an Accept header, JSON without one; None when we have none of its types.

    The highest quality wins, the first named among equals; a type named with quality 0 is not given for a wildcard.
    """
    return preferred(header, RANGES) if header and header.strip() else JSON


@lru_cache(256)
def takes_json(header: str | None) -> bool:
    """Say whether an Accept header takes plain JSON, the one type of a list: the other is of one answer."""
    ranges = {name: JSON for name in RANGES if name != RESPONSE}
    return not (header and header.strip()) or preferred(header, ranges) is not None


def preferred(header: str, ranges: Mapping[str, str]) -> str | None:
    """Return what an Accept header prefers among the types that its ranges stand for; None when it names none of them."""
    found: dict[str, float] = {}
    refused = set()
    for part in header.split(","):
        name, parameters = _parted(part)
        quality = _quality(parameters.get("q", "1"))
        if name not in ranges or parameters.get("charset", "utf-8") not in UTF8:
            continue
        if quality == 0:
            refused.add(name)
        elif ranges[name] not in refused:
            found.setdefault(ranges[name], quality)
    offered = {name: quality for name, quality in found.items() if name not in refused}
    return max(offered, key=lambda name: offered[name], default=None)


@lru_cache(256)
def readable(content_type: str) -> bool:
    """Say whether a body of this type is read: JSON in UTF-8 alone, which no form of another site can send."""
    name, parameters = _parted(content_type)
    return name == JSON and parameters.get("charset", "utf-8") in UTF8


def _parted(text: str) -> tuple[str, dict[str, str]]:
    """Return a media type and its parameters, all in small letters."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return name, {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0), 1)
    except ValueError:
        return 0
