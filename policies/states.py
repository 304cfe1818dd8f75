"""The states of a fact: a value, missing, pending (asked, not answered yet) or not applicable, and how each is stored.

A missing fact is NULL.  The last two are two reserved integers below every amount, or a word in place of a named value.
"""

from __future__ import annotations

from typing import Literal

from policies.values import Labels

State = Literal["value", "missing", "pending", "not_applicable"]
NOT_APPLICABLE = -(2**63)
PENDING = NOT_APPLICABLE + 1
# What a file or a case may say in place of a value.
WRITTEN: dict[str, Literal["pending", "not_applicable"]] = {
    "not_applicable": "not_applicable",
    "不适用": "not_applicable",
    "pending": "pending",
    "待确认": "pending",
}
NAMES: dict[State, Labels] = {
    "value": Labels(zh="已知", en="known"),
    "missing": Labels(zh="缺失", en="not known"),
    "pending": Labels(zh="待确认", en="asked, not answered yet"),
    "not_applicable": Labels(zh="不适用", en="not applicable"),
}


def state(value: int | str | None) -> State:
    """Return the state of a stored fact."""
    if value is None:
        return "missing"
    if value in (PENDING, "pending"):
        return "pending"
    return "not_applicable" if value in (NOT_APPLICABLE, "not_applicable") else "value"


def known(value: int | str | None) -> int | str | None:
    """Return a stored fact that is a value, None for every other state."""
    return value if state(value) == "value" else None


def stored_state(text: str, named: bool) -> int | str | None:
    """Return how a written state is stored, in a word of ``named`` values or in a number; None for a text that is none."""
    meant = WRITTEN.get(text.strip())
    if meant is None or named:
        return meant
    return PENDING if meant == "pending" else NOT_APPLICABLE
