"""Import of files: customers, their orders and all else that is known of them, one transaction per file (R2.1).

Valid rows land and the others are reported by line and field; the same file twice changes nothing; a file that fails
half-way leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Table, func, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record
from api.commands.cells import nearest
from api.commands.consequences import LANDINGS
from api.commands.fields import NOUNS
from api.commands.landing import BATCH, Landing
from api.database import writing
from api.errors import Invalid
from api.intake.columns import Columns, RowError, known_headers
from api.intake.mapping import Mapping
from api.intake.recognise import open_sheet
from api.intake.sheet import Sheet, unreadable
from api.jobs import Report
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Intake

KEPT_ERRORS = 1000
PREVIEWED = 5
SUFFIXES = (".csv", ".xlsx", ".xls")
# One import at a time on PostgreSQL, as on SQLite: two that touch the same rows would wait for each other for ever.
LOCK = 0x66656E6A69
Listener = Callable[[RowError], None]


@dataclass
class IntakeSummary:
    """What became of one file; ``errors`` are the first 1,000, ``repeated`` rows were left out by ``distinct: first``."""

    noun: str
    file: str
    source_system: str
    reading: str
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    repeated: int = 0
    errors: list[RowError] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    preview: list[tuple[int, dict[str, tuple[str, str]]]] = field(default_factory=list)

    @property
    def landed(self) -> int:
        """Return how many rows are in the database now because the file says so."""
        return self.created + self.changed + self.unchanged


def import_file(
    engine: Engine,
    actor: Actor,
    noun: str,
    path: Path,
    *,
    source_system: str | None = None,
    mapping: Mapping | None = None,
    dry_run: bool = False,
    report: Report | None = None,
    on_error: Listener | None = None,
) -> IntakeSummary:
    """Import one file in one transaction and return what became of it; nothing is written when no row is valid.

    ``source_system`` names where the keys come from (the mapping's, or "file"); ``dry_run`` does all and takes it back.
    ``report`` is called inside the transaction, so it must not write to the same database.  Refusal (file_invalid) when
    the file as a whole cannot be read as rows of the noun, Forbidden when the actor may not import.
    """
    actor.require("import")
    if mapping is not None and mapping.noun != noun:
        raise Invalid(f"The mapping is for {mapping.noun}, not for {noun}; give the mapping of {noun}.")
    source = source_system or (mapping.source_system if mapping else None) or "file"
    if not 1 <= len(source) <= 60:
        raise Invalid(f"The source system {source!r} has {len(source)} characters; name it with 1 to 60.")
    with ExitStack() as stack:
        opened = _Opened(stack, noun, path, mapping)
        session = stack.enter_context(writing(engine))
        summary = _import(session, actor, opened, source, dry_run, report, on_error)
        if dry_run or not summary.landed:
            session.rollback()
    return summary


def import_folder(
    engine: Engine,
    actor: Actor,
    folder: Path,
    *,
    source_system: str = "file",
    dry_run: bool = False,
    report: Report | None = None,
    on_error: Listener | None = None,
) -> list[IntakeSummary]:
    """Import every file of a folder that is named after a noun (``customers.csv`` …), customers first.

    Each file is one transaction; a dry run is one for all, so that orders find their customers.
    """
    actor.require("import")
    files = folder_files(folder)
    if not dry_run:
        return [
            import_file(engine, actor, noun, path, source_system=source_system, report=report, on_error=on_error)
            for noun, path in files
        ]
    summaries = []
    with writing(engine) as session:
        for noun, path in files:
            with ExitStack() as stack:
                opened = _Opened(stack, noun, path, None)
                summaries.append(_import(session, actor, opened, source_system, dry_run, report, on_error))
        session.rollback()
    return summaries


def folder_files(folder: Path) -> list[tuple[str, Path]]:
    """Return (noun, file) of a folder in the order of import; Refusal when there is none, or two for one noun."""
    found = []
    for noun in NOUNS:
        paths = [folder / f"{noun}{suffix}" for suffix in SUFFIXES if (folder / f"{noun}{suffix}").is_file()]
        if len(paths) > 1:
            raise unreadable(folder, f"holds {paths[0].name} and {paths[1].name}; keep one of them.")
        found += [(noun, path) for path in paths]
    if not found:
        raise Refusal(
            f"{folder} holds no file to import; name files after what they hold, such as customers.csv or orders.xlsx.",
            code="file_invalid",
        )
    return found


class _Opened:
    """A file whose header is understood; opened before the transaction, so that a wrong file touches no database."""

    def __init__(self, stack: ExitStack, noun: str, path: Path, mapping: Mapping | None) -> None:
        if noun not in NOUNS:
            raise Invalid(f"{noun!r} cannot be imported{nearest(noun, list(NOUNS))}; choose among {', '.join(NOUNS)}.")
        self.noun, self.path, self.mapping = NOUNS[noun], path, mapping
        delimiter, encoding = (mapping.delimiter, mapping.encoding) if mapping else (None, None)
        known = known_headers(self.noun, mapping)
        self.sheet: Sheet = stack.enter_context(open_sheet(path, known, delimiter, encoding))
        self.zone = ZoneInfo(settings().zone)
        self.columns = Columns(self.noun, self.sheet.header, mapping, path, self.zone)


def _import(
    session: Session,
    actor: Actor,
    opened: _Opened,
    source: str,
    dry_run: bool,
    report: Report | None,
    on_error: Listener | None,
) -> IntakeSummary:
    """Land all rows of an opened file in the session's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    noun, sheet, columns = opened.noun, opened.sheet, opened.columns
    summary = IntakeSummary(noun.name, opened.path.name, source, sheet.reading, ignored=columns.ignored)

    def rejected(errors: list[RowError]) -> None:
        summary.errors += errors[: KEPT_ERRORS - len(summary.errors)]
        if on_error is not None:
            for error in errors:
                on_error(error)

    model, kind = LANDINGS[noun.name]
    table = model.__table__
    assert isinstance(table, Table)
    distinct = opened.mapping is not None and opened.mapping.distinct == "first"
    landing = kind(session, actor, noun, table, source, opened.zone, columns.fields, rejected, distinct=distinct)
    rows = _land_rows(landing, opened, summary, dry_run, report)
    if not rows:
        raise unreadable(opened.path, "holds a header but no rows; export it again with its rows.")
    for count in ("created", "changed", "unchanged", "rejected", "repeated"):
        setattr(summary, count, getattr(landing, count))
    summary.errors.sort(key=lambda error: error.row)
    summary.notes = landing.notes
    _keep(session, actor, summary, sheet.sha256)
    return summary


def _land_rows(landing: Landing, opened: _Opened, summary: IntakeSummary, dry_run: bool, report: Report | None) -> int:
    """Read and land batch after batch; return the number of rows."""
    sheet, columns = opened.sheet, opened.columns
    batch: list[tuple[int, dict[str, object]]] = []
    rows = 0
    for line, cells in sheet.rows:
        rows += 1
        values, errors = columns.read(line, cells)
        if dry_run and rows <= PREVIEWED:
            summary.preview.append((line, columns.preview(line, cells)))
        if errors:
            landing.reject(values, errors)
        else:
            batch.append((line, values))
        if rows % BATCH == 0:
            landing.land(batch)
            batch = []
            if report is not None:
                report(sheet.done(), sheet.total, f"{opened.noun.name}: {rows:,} rows")
    landing.land(batch)
    landing.finish()
    if report is not None:
        report(sheet.total, sheet.total, f"{opened.noun.name}: {rows:,} rows")
    return rows


def _keep(session: Session, actor: Actor, summary: IntakeSummary, sha256: str) -> None:
    """Write the row that remembers the import, and its audit row; personal values are not repeated there."""
    personal = {one.name for one in NOUNS[summary.noun].fields if one.personal}
    counts = {name: getattr(summary, name) for name in ("created", "changed", "unchanged", "rejected")}
    intake = Intake(
        user_id=actor.id,
        noun=summary.noun,
        source_system=summary.source_system,
        file_name=summary.file[:300],
        sha256=sha256,
        errors=[
            {"row": one.row, "field": one.field, "value": "", "problem": "is not valid (a personal value, not kept)"}
            if one.field in personal
            else {"row": one.row, "field": one.field, "value": one.value[:200], "problem": one.problem}
            for one in summary.errors
        ],
        **counts,
    )
    session.add(intake)
    session.flush()
    record(session, actor, "import", "intake", intake.id, imported=summary.noun, file=summary.file, **counts)
