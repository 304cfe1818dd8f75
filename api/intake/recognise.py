"""Which kind of file it is, by its content and not its name: a table of text, a workbook, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.intake.sheet import Sheet, unreadable
from api.intake.text_table import open_text
from api.intake.workbook import open_workbook
from policies.refusal import Refusal

# (first bytes, what such a file is): nothing that a person would take for a table.
FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "an RTF document"),
)


@contextmanager
def open_sheet(path: Path, known: frozenset[str], delimiter: str | None, encoding: str | None) -> Iterator[Sheet]:
    """Open a CSV or Excel file; Refusal (file_invalid) when it is missing, empty or neither.

    ``known`` are folded headers that tell delimiters apart; ``delimiter`` and ``encoding`` overrule what is found.
    """
    if path.is_dir():
        raise unreadable(path, f"is a folder; to import all its files write: fenji import --folder {path}")
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
    except FileNotFoundError:
        raise Refusal(f"There is no file {path}; check the name and the folder.", code="file_invalid") from None
    except OSError as error:
        raise unreadable(path, f"cannot be opened: {error.strerror}; check its permissions.") from error
    if not start:
        raise unreadable(path, "is empty; export it again with a header and rows.")
    for magic, what in FOREIGN:
        if start.startswith(magic):
            raise unreadable(path, f"is {what}, not a table; export CSV (UTF-8) or Excel (.xlsx).")
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        yield open_workbook(path)
    else:
        with open_text(path, known, delimiter, encoding) as sheet:
            yield sheet
