"""What is wrong with plain values that a closed, typed model refuses, in one sentence for a reader."""

from __future__ import annotations

from pydantic import ValidationError


def faults(error: ValidationError, known: str) -> str:
    """Return every fault with its place, and the value that was found; ``known`` are the names that there are."""
    told = []
    for fault in error.errors():
        name = ".".join(map(str, fault["loc"]))
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            told.append(f"{name} is not a parameter; known: {known}")
        elif fault["type"] == "missing":
            told.append(f"{name} is missing")
        else:
            # A fault of the whole has no name, and the whole is no value worth repeating.
            found = "" if isinstance(fault["input"], dict) else f" (found {str(fault['input'])[:80]!r})"
            told.append(f"{name + ': ' if name else ''}{message}{found}")
    return "; ".join(told)
