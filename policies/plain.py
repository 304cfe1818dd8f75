"""Explanations as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from policies.exact import decimal_text, floor_tenth
from policies.values import Labels


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; a fraction becomes ``{"exact": "25/3", "shown": "8.3"}``, rounded down."""
    if isinstance(value, Fraction):
        return {"exact": decimal_text(value), "shown": floor_tenth(value)}
    if isinstance(value, Labels):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
