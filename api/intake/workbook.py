"""Excel workbooks (.xlsx, .xls): the first worksheet as rows of text, formulas shown as formulas."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from posixpath import join, normpath
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from api.intake.sheet import Sheet, unreadable

# A worksheet is held in memory while it is read; beyond this, CSV is the way.
MOST_BYTES = 150_000_000
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def open_workbook(path: Path) -> Sheet:
    """Read the first worksheet of a workbook; Refusal when the file is none, is protected, too large or empty."""
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"PK"
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    _check_size(path, zipped)
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [meta.name for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        sheet = book.get_sheet_by_name(sheets[0]) if sheets else None
    except CalamineError as error:
        raise unreadable(
            path, f"is not a readable workbook ({error}); remove a password, or save it again as .xlsx or CSV."
        ) from error
    if sheet is None or sheet.start is None:
        raise unreadable(path, "holds no filled first worksheet; put the table there.")
    formulas = _formulas(path, sheets[0]) if zipped else {}
    place = [0]
    rows = _rows(sheet, formulas, place)
    header = next(rows)[1]
    others = f", the first of {len(sheets)}" if len(sheets) > 1 else ""
    return Sheet(
        header=[cell.strip() for cell in header],
        rows=rows,
        done=lambda: place[0],
        total=sheet.height,
        reading=f"workbook, sheet {sheets[0]!r}{others}",
        sha256=sha256,
    )


def _check_size(path: Path, zipped: bool) -> None:
    size = path.stat().st_size
    if zipped:
        try:
            with ZipFile(path) as archive:
                parts = archive.infolist()
        except BadZipFile as error:
            raise unreadable(path, "is not a spreadsheet: its archive is damaged; save it again.") from error
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise unreadable(path, "is not a spreadsheet but another kind of archive; export CSV or Excel (.xlsx).")
        size = max(part.file_size for part in parts)
    if size > MOST_BYTES:
        raise unreadable(path, f"unpacks to {size:,} bytes, more than {MOST_BYTES:,}; save it as CSV, read row by row.")


def _rows(
    sheet: CalamineSheet, formulas: dict[tuple[int, int], str], place: list[int]
) -> Iterator[tuple[int, list[str]]]:
    assert sheet.start is not None
    top, left = sheet.start
    for number, cells in enumerate(sheet.iter_rows(), start=top + 1):
        place[0] += 1
        texts = [_text(cell) for cell in cells]
        if formulas:
            texts = [formulas.get((number, left + at), cell) for at, cell in enumerate(texts)]
        if any(cell and not cell.isspace() for cell in texts):
            yield number, texts


def _text(cell: object) -> str:
    """Return a typed cell as the text that a person would have typed."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, date | datetime):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def _formulas(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the formulas and the errors (#DIV/0!) of a worksheet by (row from 1, column from 0).

    A computed value is not taken for what somebody entered, and an error not for an empty cell.
    """
    with ZipFile(path) as archive:
        inner = _member(archive, sheet)
        if inner is None or not any(_mentions(archive, inner, sign) for sign in (b"<f", b't="e"')):
            return {}
        found = {}
        with archive.open(inner) as stream:
            for _event, element in ElementTree.iterparse(stream):
                if element.tag == f"{MAIN}c":
                    kind = "v" if element.get("t") == "e" else "f"
                    formula = element.find(f"{MAIN}{kind}")
                    if formula is not None:
                        found[_place(path, element.get("r", ""))] = f"={formula.text or ''}"
                elif element.tag == f"{MAIN}row":
                    element.clear()
        return found


def _member(archive: ZipFile, sheet: str) -> str | None:
    """Return the name inside the archive of a worksheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    key = next((node.get(RELATION) for node in book.iter(f"{MAIN}sheet") if node.get("name") == sheet), None)
    for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        if relation.get("Id") == key:
            name = normpath(join("xl", relation.get("Target", ""))).lstrip("/")
            return name if name in archive.namelist() else None
    return None


def _mentions(archive: ZipFile, inner: str, wanted: bytes) -> bool:
    """Say whether a member holds some bytes, read in pieces."""
    kept = b""
    with archive.open(inner) as stream:
        while piece := stream.read(1 << 20):
            if wanted in kept + piece:
                return True
            kept = piece[-len(wanted) :]
    return False


def _place(path: Path, reference: str) -> tuple[int, int]:
    """Return (row from 1, column from 0) of a reference such as D5; Refusal when a writer left it out."""
    parts = re.fullmatch(r"([A-Z]+)(\d+)", reference)
    if parts is None:
        raise unreadable(path, "holds formulas without their place; save it again with Excel, or as CSV.")
    column = 0
    for letter in parts[1]:
        column = column * 26 + ord(letter) - 64
    return int(parts[2]), column - 1
