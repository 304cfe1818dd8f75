"""Tables and notes as a notebook shows them: HTML for Jupyter and the report, plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any
from unicodedata import east_asian_width

Head = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, repr=False)
class Note:
    """A sentence in the place of a table or picture that cannot be had."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        html = f'<p class="note">{escape(self.zh)}<br><small>{escape(self.en)}</small></p>'
        return {"text/html": html, "text/plain": str(self)}


@dataclass(frozen=True, repr=False)
class Table:
    """A caption, heads and cells of text; the first ``words`` columns are words, the others figures.

    ``groups`` are heads above the heads, each over a number of columns; the first columns have none.
    """

    caption: Head
    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    groups: tuple[tuple[Head, int], ...] = ()

    def __str__(self) -> str:
        above = [zh for (zh, _), span in self.groups for _ in range(span)]
        above = [""] * (len(self.heads) - len(above)) + above
        lines = [[group + zh for group, (zh, _) in zip(above, self.heads, strict=True)], *map(list, self.rows)]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        shown = ("  ".join(self._padded(i, cell, widths[i]) for i, cell in enumerate(line)).rstrip() for line in lines)
        return "\n".join((" ".join(self.caption), *shown))

    __repr__ = __str__

    def _padded(self, column: int, cell: str, width: int) -> str:
        blank = " " * (width - _width(cell))
        return cell + blank if column < self.words else blank + cell

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        heads = "".join(_cell("th", i < self.words, f"{escape(zh)}<br><small>{escape(en)}</small>")
                        for i, (zh, en) in enumerate(self.heads))  # fmt: skip
        rows = "".join(
            "<tr>" + "".join(_cell("td", i < self.words, escape(cell)) for i, cell in enumerate(row)) + "</tr>"
            for row in self.rows
        )
        zh, en = map(escape, self.caption)
        html = (
            f'<div class="wide"><table><caption>{zh} <small>{en}</small></caption>'
            f"<thead>{self._groups()}<tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        return {"text/html": html, "text/plain": str(self)}

    def _groups(self) -> str:
        if not self.groups:
            return ""
        first = len(self.heads) - sum(span for _, span in self.groups)
        cells = "".join(
            f'<th class="g" colspan="{span}">{escape(zh)} <small>{escape(en)}</small></th>'
            for (zh, en), span in self.groups
        )
        return f'<tr><th colspan="{first}"></th>{cells}</tr>'


def _cell(tag: str, word: bool, content: str) -> str:
    return f"<{tag}>{content}</{tag}>" if word else f'<{tag} class="n">{content}</{tag}>'


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def count(number: int | None) -> str:
    """Return a number as it is read: 1,234; a dash where there is none."""
    return "–" if number is None else f"{number:,}"


def percent(share: Fraction | None) -> str:
    """Return a share with one decimal: 12.3%; a dash where there is none."""
    return "–" if share is None else f"{round(share * 1000) / 10:.1f}%"


def decimal(value: Fraction | float | None, digits: int = 3) -> str:
    """Return a statistic as it is read: 0.873; a dash where there is none."""
    return "–" if value is None else f"{round(float(value), digits) + 0.0:,.{digits}f}"  # never -0.000


def chance(p: float | None) -> str:
    """Return a probability as it is read: 0.012, or < 0.001; a dash where there is none."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def folded(text: str, most: int = 5) -> str:
    """Return a label in lines of at most ``most`` characters, for a picture."""
    return "\n".join(text[i : i + most] for i in range(0, len(text), most))


def interval(ends: tuple[Fraction, Fraction] | None) -> str:
    """Return an interval of shares: 12.3–14.5%; a dash where there is none."""
    return "–" if ends is None else f"{float(ends[0] * 100):.1f}–{float(ends[1] * 100):.1f}%"


@dataclass(frozen=True)
class Money:
    """The unit in which a column of amounts is read: 万元 when one of them reaches 100 万元, else 元."""

    zh: str
    en: str
    fen: int
    decimals: int

    @classmethod
    def of(cls, amounts: Iterable[int | Fraction | None], currency: str = "CNY") -> Money:
        """Return the unit that suits the amounts (fen)."""
        large = any(amount >= 100_000_000 or amount <= -100_000_000 for amount in amounts if amount is not None)
        name = "元" if currency == "CNY" else currency
        if large:
            return cls(f"万{name}", f"10,000 {currency}", 1_000_000, 1)
        return cls(name, currency, 100, 0)

    def text(self, amount: int | Fraction | None) -> str:
        """Return an amount in the unit; a dash where there is none."""
        if amount is None:
            return "–"
        tenths = round(Fraction(amount) * 10**self.decimals / self.fen)
        whole, rest = divmod(abs(tenths), 10**self.decimals)
        return ("-" if tenths < 0 else "") + f"{whole:,}" + (f".{rest}" if self.decimals else "")

    def value(self, amount: int | Fraction | None) -> float:
        """Return an amount in the unit for a picture, 0 where there is none."""
        return float(Fraction(amount or 0) / self.fen)

    def head(self, zh: str, en: str) -> Head:
        """Return a column's head with the unit."""
        return f"{zh}({self.zh})", en


def merged(orders: Iterable[Sequence[str]], last: Sequence[str]) -> tuple[str, ...]:
    """Return the names of several orders in one: the first's, then what the next adds, then ``last``."""
    return tuple(dict.fromkeys([*(name for order in orders for name in order), *last]))


PLACES: dict[str, Any] = {"pending": "待定 pending", "not_applicable": "不适用 n/a", "error": "错误 error",
                          "absent": "首次评级 new"}  # fmt: skip


def place_name(place: str) -> str:
    """Return a place as a reader sees it: a tier's own name, the others in both languages."""
    return str(PLACES.get(place, place))


def beside(
    caption: Head, places: Sequence[str], heads: tuple[Head, ...], cells: Mapping[Head, Mapping[str, tuple[str, ...]]]
) -> Table:
    """Return a table with a row for each place and, for each policy, a group of the same columns; dashes fill gaps."""
    blank = ("–",) * len(heads)
    rows = tuple(
        (place_name(place), *(cell for found in cells.values() for cell in found.get(place, blank))) for place in places
    )
    groups = tuple((name, len(heads)) for name in cells)
    return Table(caption, (("等级", "tier"), *heads * len(cells)), rows, groups=groups)
