"""Tables of text (CSV and its kin): strict encoding, recognised delimiter, rows one at a time."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from api.commands.fields import fold
from api.intake.sheet import Sheet, unreadable

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
WHITESPACE = "whitespace"
CHUNK = 1 << 20
LONGEST_HEADER = 64_000


@contextmanager
def open_text(path: Path, known: frozenset[str], delimiter: str | None, encoding: str | None) -> Iterator[Sheet]:
    """Open a table of text; the file is decoded once from end to end first, so that no wrong byte stops it half-way."""
    encoding, sha256 = survey(path, encoding)
    with path.open("r", encoding=encoding, newline="") as stream:
        first, skipped = _header_line(path, stream)
        delimiter = delimiter or sniff(first, known)
        stream.seek(0)
        for _ in range(skipped):
            stream.readline()
        rows = _words(stream, skipped) if delimiter == WHITESPACE else _records(path, stream, delimiter, skipped)
        header = next(rows)[1]
        yield Sheet(
            header=[cell.strip() for cell in header],
            rows=rows,
            done=lambda: stream.buffer.tell(),  # type: ignore[attr-defined]  # typeshed forgets that the buffer of a file seeks
            total=path.stat().st_size,
            reading=f"{encoding.removesuffix('-sig')}, {DELIMITERS.get(delimiter, delimiter)}-delimited",
            sha256=sha256,
        )


def survey(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return (encoding, SHA-256) of a file read once: UTF-8, UTF-16 with mark, or GB18030; Refusal when none fits."""
    with path.open("rb") as stream:
        start = stream.read(3)
    if start.startswith(codecs.BOM_UTF8) and (encoding is None or codecs.lookup(encoding).name == "utf-8"):
        encoding = "utf-8-sig"
    elif encoding is None and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    trials = []
    for name in [encoding] if encoding else ["utf-8", "gb18030"]:
        trial, sha256 = _try(path, name)
        if trial.fits:
            return name, sha256
        trials.append(trial)
    wrong = trials[0]
    if encoding:
        raise unreadable(path, f"is not {encoding} text: {wrong.problem}; correct the encoding or save it as UTF-8.")
    raise unreadable(
        path,
        f"is neither UTF-8 nor GB18030 text: {wrong.problem}; save it as UTF-8, or name its encoding in a mapping.",
    )


def _try(path: Path, encoding: str) -> tuple[_Trial, str]:
    """Decode a whole file with one encoding and return how that went, with the file's SHA-256."""
    trial, digest = _Trial(encoding), hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            if b"\0" in chunk and not encoding.lower().startswith("utf-16"):
                raise unreadable(path, "holds NUL bytes, so it is no text; export CSV (UTF-8) or Excel (.xlsx).")
            trial.feed(chunk)
    trial.feed(b"", final=True)
    return trial, digest.hexdigest()


class _Trial:
    """One encoding tried on a whole file, chunk by chunk."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.decoder = codecs.getincrementaldecoder(encoding)("strict")
        self.problem = ""
        self.lines = 1
        self.foreign = self.common = 0
        self.plain = True

    @property
    def fits(self) -> bool:
        """Say whether the text decodes, and GB18030 gives characters that people write.

        Western text (ü before l) decodes as rare ideographs; nine tenths of Chinese text lie in GB 2312.
        """
        if self.problem:
            return False
        if self.encoding == "gb18030" and self.common * 10 < self.foreign * 9:
            self.problem = f"as GB18030 {self.foreign - self.common} of {self.foreign} characters are rare ones"
            return False
        return True

    def feed(self, chunk: bytes, final: bool = False) -> None:
        if self.problem or (self.plain and chunk.isascii() and self.encoding in ("utf-8", "gb18030")):
            self.lines += chunk.count(b"\n")
            return
        self.plain = False
        try:
            text = self.decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            line = self.lines + error.object[: error.start].count(b"\n")
            self.problem = f"byte 0x{error.object[error.start]:02X} in line {line} does not belong there"
            return
        self.lines += text.count("\n")
        if self.encoding == "gb18030":
            plain = len(text.encode("ascii", "ignore"))
            self.foreign += len(text) - plain
            self.common += (len(text.encode("gb2312", "ignore")) - plain) // 2


def _header_line(path: Path, stream: TextIO) -> tuple[str, int]:
    """Return the first line that is not blank, and how many blank lines stand before it."""
    skipped = 0
    while line := stream.readline(LONGEST_HEADER):
        if line.strip():
            if len(line) == LONGEST_HEADER:
                raise unreadable(path, f"has a first line of more than {LONGEST_HEADER:,} characters; it is no table.")
            return line, skipped
        skipped += 1
    raise unreadable(path, "holds no header, only blank lines; export it again.")


def sniff(line: str, known: frozenset[str]) -> str:
    """Return the delimiter of a header line: the one that gives most known headers, then most cells."""

    def worth(delimiter: str) -> tuple[int, int]:
        cells = line.split() if delimiter == WHITESPACE else next(csv.reader([line], delimiter=delimiter))
        recognised = sum(fold(cell) in known for cell in cells)
        return recognised, 0 if delimiter == WHITESPACE and any(sign in line for sign in DELIMITERS) else len(cells)

    return max([*DELIMITERS, WHITESPACE], key=worth)


def _words(stream: TextIO, skipped: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(stream, start=skipped + 1):
        cells = line.split()
        if cells:
            yield number, cells


def _records(path: Path, stream: TextIO, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = skipped + 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield number, cells
            number = skipped + reader.line_num + 1
    except csv.Error as error:
        raise unreadable(
            path, f"cannot be read from line {number} on ({error}); check that each quotation mark there is closed."
        ) from error
