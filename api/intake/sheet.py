"""A file as a header and rows of text, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policies.refusal import Refusal


@dataclass(frozen=True)
class Sheet:
    """An open file: its header, its rows with the file's own line numbers, and how far reading has come.

    ``done`` and ``total`` are bytes of a text file, rows of a workbook.  ``reading`` says how it was understood.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    done: Callable[[], int]
    total: int
    reading: str
    sha256: str


def unreadable(path: Path, sentence: str) -> Refusal:
    """Return the refusal of a file: its name and what to do."""
    return Refusal(f"{path.name} {sentence}", code="file_invalid")
