"""A row of a file as values of a noun: which cell, constant, template or lookup feeds which field, cleaned cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from api.commands.cells import UNKNOWN, Parser, nearest
from api.commands.fields import Field, Noun, disagreements, fold, parse_cell
from api.intake.mapping import Lookup, Mapping, Source
from api.intake.sheet import unreadable
from api.intake.text_table import open_text

Cells = list[str]
Getter = Callable[[Cells, int], str]


@dataclass(frozen=True)
class RowError:
    """Why a row was rejected: its line in the file, the field, its text, and a sentence with the cure."""

    row: int
    field: str
    value: str
    problem: str


@dataclass(frozen=True)
class Column:
    """One field and where its text comes from: the place of a cell, or a function of the row."""

    field: Field
    place: int
    get: Getter | None
    parse: Parser

    def text(self, cells: Cells, line: int) -> str:
        """Return the field's text in one row."""
        return cells[self.place] if self.get is None else self.get(cells, line)


class Columns:
    """The columns of one file, resolved once; ``ignored`` are headers that feed no field."""

    def __init__(self, noun: Noun, header: Cells, mapping: Mapping | None, path: Path, zone: ZoneInfo) -> None:
        self.noun, self.zone, self.width = noun, zone, len(header)
        self.columns, used = (
            _own(noun, header, path, zone) if mapping is None else _mapped(noun, header, mapping, path, zone)
        )
        self.ignored = [name for at, name in enumerate(header) if at not in used and name]
        self.checked = bool(noun.ordered or (noun.event and not noun.early))

    @property
    def fields(self) -> list[Field]:
        """Return the fields that the file gives."""
        return [column.field for column in self.columns]

    def read(self, line: int, cells: Cells) -> tuple[dict[str, object], list[RowError]]:
        """Return the values of a row by field, and what is wrong with it."""
        values: dict[str, object] = {}
        errors: list[RowError] = []
        if len(cells) != self.width:
            problem = f"has {len(cells)} cells where the header has {self.width}; check delimiters and quotation marks"
            return values, [RowError(line, "", "", f"the row {problem}")]
        for column in self.columns:
            field = column.field
            cell = ""
            try:
                cell = (cells[column.place] if column.get is None else column.get(cells, line)).strip()
                if cell in UNKNOWN or cell[0] in "=@":
                    values[field.name] = parse_cell(field, cell, column.parse)
                else:
                    values[field.name] = column.parse(cell)
            except ValueError as error:
                errors.append(RowError(line, field.name, cell, str(error)))
        if self.checked and not errors:
            errors += [
                RowError(line, name, self.text(name, cells, line), problem)
                for name, problem in disagreements(self.noun, values, self.zone)
            ]
        return values, errors

    def text(self, name: str, cells: Cells, line: int) -> str:
        """Return the text of one field in a row."""
        return next(column.text(cells, line) for column in self.columns if column.field.name == name)

    def preview(self, line: int, cells: Cells) -> dict[str, tuple[str, str]]:
        """Return, by field, the text of a row's cell and what it became or why it was refused."""
        values, errors = self.read(line, cells)
        problems = {error.field: f"refused: {error.problem}" for error in errors}
        if "" in problems:
            return {"": (" ".join(cells), problems[""])}
        return {
            field.name: (self.text(field.name, cells, line), problems.get(field.name) or _shown(values[field.name]))
            for field in self.fields
        }


def _shown(value: object) -> str:
    return "unknown" if value is None else str(value)


def known_headers(noun: Noun, mapping: Mapping | None) -> frozenset[str]:
    """Return the folded headers that tell this noun's file, so that its delimiter is recognised."""
    if mapping is None:
        return frozenset(noun.headers())
    return frozenset(fold(name) for source in mapping.columns.values() for name in source.headers())


def _own(noun: Noun, header: Cells, path: Path, zone: ZoneInfo) -> tuple[list[Column], set[int]]:
    """Match a file's headers with the noun's own names."""
    names = noun.headers()
    places: dict[str, int] = {}
    for at, title in enumerate(header):
        name = names.get(fold(title))
        if name in places:
            raise unreadable(path, f"gives {name} twice, as {header[places[name]]!r} and {title!r}; remove one column.")
        if name is not None:
            places[name] = at
    missing = [field.name for field in noun.fields if field.required and field.name not in places]
    if missing:
        free = {fold(title): title for at, title in enumerate(header) if at not in places.values()}
        hints = [f"{name}{nearest(name, list(free))}" for name in missing]
        raise unreadable(path, _lacking(noun, hints, header))
    columns = [Column(f, places[f.name], None, f.parser(zone)) for f in noun.fields if f.name in places]
    return columns, set(places.values())


def _lacking(noun: Noun, missing: list[str], header: Cells) -> str:
    found = ", ".join(map(repr, header[:30])) + (" …" if len(header) > 30 else "")
    alone = (
        " Only one column was found: is it delimited by a comma, semicolon, tab, bar or spaces?"
        if len(header) == 1
        else ""
    )
    labels = f"lacks columns that {noun.name} need: {', '.join(missing)}; found {found}."
    return f"{labels}{alone} Rename the headers or give a mapping file (--mapping)."


def _mapped(noun: Noun, header: Cells, mapping: Mapping, path: Path, zone: ZoneInfo) -> tuple[list[Column], set[int]]:
    """Match a file's headers with a mapping."""
    missing = [field.name for field in noun.fields if field.required and field.name not in mapping.columns]
    if missing:
        raise unreadable(
            path, f"cannot be imported: the mapping gives no {', '.join(missing)}, which {noun.name} need."
        )
    wanted = {name for source in mapping.columns.values() for name in source.headers()}
    lacking = sorted(wanted - set(header))
    if lacking:
        raise unreadable(path, _lacking(noun, [f"{name}{nearest(name, header)}" for name in lacking], header))
    columns = []
    for field in noun.fields:
        source = mapping.columns.get(field.name)
        if source is not None:
            places = mapping.decimals.get(field.name)
            parse = field.parser(zone) if places is None else _rounded(field.parser(zone), places)
            place = header.index(source.header) if source.header is not None else -1
            columns.append(Column(field, place, None if place >= 0 else _getter(source, header, path), parse))
    return columns, {header.index(name) for name in wanted}


def _getter(source: Source, header: Cells, path: Path) -> Getter:
    """Return the function that gives a source's text in a row."""
    if source.header is not None:
        place = header.index(source.header)
        return lambda cells, line: cells[place].strip()
    if source.template is not None:
        parts = re.split(r"\{([^{}]*)\}", source.template)
        pieces = [
            part if at % 2 == 0 else (-1 if part == "row" else header.index(part)) for at, part in enumerate(parts)
        ]
        return lambda cells, line: "".join(
            piece if isinstance(piece, str) else (str(line) if piece < 0 else cells[piece].strip()) for piece in pieces
        )
    if source.lookup is not None:
        return _lookup(source.lookup, header, path)
    constant = source.constant or ""
    return lambda cells, line: constant


def _lookup(lookup: Lookup, header: Cells, path: Path) -> Getter:
    """Read the second file, which is small, and return the function that looks a row up in it."""
    by = _getter(lookup.by, header, path)
    second = path.parent / lookup.file
    if not second.is_file():
        raise unreadable(
            path, f"is mapped with a lookup in {lookup.file}, which does not lie beside it; copy it there."
        )
    found: dict[str, str] = {}
    with open_text(second, frozenset({fold(lookup.key), fold(lookup.value)}), None, None) as sheet:
        for name in (lookup.key, lookup.value):
            if name not in sheet.header:
                raise unreadable(
                    second, f"has no column {name!r}{nearest(name, sheet.header)}, which the mapping looks up."
                )
        key, value = sheet.header.index(lookup.key), sheet.header.index(lookup.value)
        for line, cells in sheet.rows:
            if len(cells) != len(sheet.header) or cells[key].strip() in found:
                raise unreadable(
                    second, f"is no table to look up in: line {line} is ragged or repeats its {lookup.key}."
                )
            found[cells[key].strip()] = cells[value].strip()

    def get(cells: Cells, line: int) -> str:
        wanted = by(cells, line)
        if wanted and wanted not in found:
            raise ValueError(f"{wanted!r} is no {lookup.key} of {lookup.file}; add it there")
        return found.get(wanted, "")

    return get


def _rounded(parse: Parser, places: int) -> Parser:
    """Return a parser that first rounds a number to ``places`` decimals, half to even, to drop a float's noise."""
    step = Decimal(1).scaleb(-places)

    @lru_cache(maxsize=65_536)
    def rounded(cell: str) -> object:
        try:
            number = Decimal(cell).quantize(step, ROUND_HALF_EVEN)
        except InvalidOperation:
            return parse(cell)
        return parse(f"{number:f}")

    return rounded
