"""`fenji import`: files of customers, orders and all else into the database, with a preview and a report by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from api.cli.door import CONSOLE, acting, as_option, open_database, progress
from api.commands.fields import NOUNS
from api.commands.intake import IntakeSummary, Listener, import_file, import_folder
from api.errors import Invalid
from api.intake.columns import RowError
from api.intake.mapping import load_mapping
from policies.refusal import Refusal

SHOWN_ERRORS = 10
WIDEST = 40


@click.command("import")
@click.argument("noun", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path), help="Import customers.csv, orders.csv … of a folder.")
@click.option("--mapping", help="A mapping file, or the name of a shipped one, such as cdnow-orders.")
@click.option("--source", help="Source system that the keys come from; the mapping's, or 'file'.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@click.option("--errors", type=click.Path(path_type=Path), help="Write every error by row and field to this CSV file.")
@as_option
def import_(
    noun: str | None,
    file: Path | None,
    folder: Path | None,
    mapping: str | None,
    source: str | None,
    dry_run: bool,
    errors: Path | None,
    acting_login: str,
) -> None:
    """Import a CSV or Excel file of a noun (customers, orders …), or a folder of them; the same file twice changes nothing.

    Valid rows land and the others are reported by line and field.
    """
    wanted = load_mapping(mapping) if mapping else None
    if folder is None and (noun is None or file is None):
        raise Invalid(
            "Say what to import: fenji import NOUN FILE, or fenji import --folder FOLDER; "
            f"NOUN is one of {', '.join(NOUNS)}."
        )
    if folder is not None and (noun or wanted):
        raise Invalid("A folder is imported whole and without a mapping; leave NOUN, FILE and --mapping out.")
    engine = open_database()
    actor = acting(engine, acting_login)
    with _error_file(errors) as on_error, progress("import") as report:
        if folder is not None:
            summaries = import_folder(
                engine, actor, folder, source_system=source or "file", dry_run=dry_run, report=report, on_error=on_error
            )
        else:
            assert noun is not None
            assert file is not None
            one = import_file(
                engine, actor, noun, file,
                source_system=source, mapping=wanted, dry_run=dry_run, report=report, on_error=on_error,
            )  # fmt: skip
            summaries = [one]
    for summary in summaries:
        _show(summary, dry_run, errors)
    empty = [summary.file for summary in summaries if not summary.landed]
    if empty:
        raise Refusal(
            f"No row of {', '.join(empty)} is valid, so nothing of it was written; mend the rows listed above.",
            code="file_invalid",
        )


@contextmanager
def _error_file(path: Path | None) -> Iterator[Listener | None]:
    """Open the report of errors, a CSV file that a spreadsheet opens without taking a value for a formula."""
    if path is None:
        yield None
        return
    try:
        stream = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    with stream:
        writer = csv.writer(stream)
        writer.writerow(["row", "field", "value", "problem"])

        def write(error: RowError) -> None:
            value = f"'{error.value}" if error.value[:1] in tuple("=+-@\t\r") else error.value
            writer.writerow([error.row, error.field, value, error.problem])

        yield write


def _show(summary: IntakeSummary, dry_run: bool, errors: Path | None) -> None:
    """Print what became of one file: preview, counts, what was ignored, the first errors."""
    if summary.preview:
        CONSOLE.print(_preview(summary))
    would = "would be " if dry_run else ""
    counts = f"{summary.created:,} {would}created, {summary.changed:,} changed, {summary.unchanged:,} unchanged"
    left_out = f", {summary.repeated:,} repeated and left out" if summary.repeated else ""
    line = f"{summary.noun} from {summary.file} ({summary.reading}): {counts}, {summary.rejected:,} rejected{left_out}."
    CONSOLE.print(escape(line))
    if summary.ignored:
        CONSOLE.print(escape(f"  Columns not imported: {', '.join(summary.ignored)}."))
    for note in summary.notes:
        CONSOLE.print(escape(f"  {note}"))
    for error in summary.errors[:SHOWN_ERRORS]:
        CONSOLE.print(escape(f"  line {error.row}{', ' + error.field if error.field else ''}: {error.problem}"))
    if len(summary.errors) > SHOWN_ERRORS:
        where = f"all of them are in {errors}" if errors else "--errors FILE.csv writes them all"
        CONSOLE.print(escape(f"  … and more; {where}."))


def _preview(summary: IntakeSummary) -> Table:
    """Return the first rows as a table: a line for each field, with the text of the cell and what it became."""
    table = Table(title=f"{summary.noun} from {summary.file}")
    table.add_column("field")
    for line, _cells in summary.preview:
        table.add_column(f"line {line}")
    fields = dict.fromkeys(name for _line, cells in summary.preview for name in cells)
    for name in fields:
        shown = []
        for _line, cells in summary.preview:
            cell, became = cells.get(name, ("", ""))
            shown.append(Text(_short(became if cell.strip() == became else f"{_short(cell or '(empty)')} → {became}")))
        table.add_row(name, *shown)
    return table


def _short(cell: str) -> str:
    return cell if len(cell) <= WIDEST * 2 else cell[: WIDEST * 2] + "…"
