"""Text for a picture drawn without a font at hand: how wide it is about, where it is folded, what may stand in XML."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def fold(text: str, width: float, size: float, most: int = 3) -> list[str]:
    """Return text in lines no wider than ``width`` pixels, the last one cut with an ellipsis when there are too many.

    Latin words stay whole where they fit into a line.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and extent(line + piece, size) > width:
            lines.append(line.rstrip())
            line = ""
        for letter in [piece] if extent(piece, size) <= width else piece:
            if extent(line + letter, size) > width:
                lines.append(line)
                line = ""
            line += letter if line or letter != " " else ""
    lines.append(line.rstrip())
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and extent(last + "…", size) > width:
        last = last[:-1]
    return [*lines[: most - 1], last + "…"]


def extent(text: str, size: float) -> float:
    """Return about how wide a text is, rather too wide: Chinese letters are square, the others narrower."""
    return size * sum(map(_share, text))


def _share(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WFA" or letter in "mwMW%@":
        return 1.0
    return 0.72 if letter.isupper() else 0.6


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for letter in text:
        if letter.isascii() and letter.isalnum():
            word += letter
            continue
        if word:
            yield word
        word = ""
        yield letter
    if word:
        yield word


def clean(text: str) -> str:
    """Return text that may stand in XML: no control characters, one line."""
    kept = "".join(" " if letter.isspace() else letter for letter in text)
    return "".join(
        letter for letter in kept if unicodedata.category(letter) not in ("Cc", "Cs") and letter not in "\ufffe\uffff"
    )
