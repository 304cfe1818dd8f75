"""Global ids: opaque, made of the type's name and the row's key."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any

from policies.refusal import Refusal


def global_id(type_name: str, *keys: Any) -> str:
    """Return the opaque id of a row."""
    text = ":".join((type_name, *map(str, keys)))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parts_of(identity: str) -> tuple[str, ...]:
    """Return the type's name and the key in a global id; empty when it is none."""
    try:
        text = urlsafe_b64decode(identity + "=" * (-len(identity) % 4)).decode()
    except (Error, ValueError):
        return ()
    parts = tuple(text.split(":"))
    return parts if len(parts) > 1 else ()


def keys_of(identity: str, type_name: str) -> tuple[str, ...]:
    """Return the key in a global id as text; Refusal when it is none or of another type."""
    found, *keys = parts_of(identity) or ("",)
    if not keys:
        raise Refusal(f"{identity!r:.100} is not an id; take the field id of a {type_name}.", code="invalid")
    if found != type_name:
        raise Refusal(f"{identity!r:.100} is the id of a {found}; the id of a {type_name} is needed.", code="invalid")
    return tuple(keys)


def key_of(identity: str, type_name: str) -> int:
    """Return the integer key in a global id; Refusal when it is none or of another type."""
    (key,) = integer_keys_of(identity, type_name, 1)
    return key


def integer_keys_of(identity: str, type_name: str, count: int) -> tuple[int, ...]:
    """Return the ``count`` integer keys in a global id; Refusal when it is none or of another type."""
    keys = keys_of(identity, type_name)
    if len(keys) != count or any(not (key.isdecimal() and key.isascii()) or len(key) > 18 for key in keys):
        raise Refusal(f"{identity!r:.100} is not the id of a {type_name}.", code="invalid")
    return tuple(map(int, keys))
