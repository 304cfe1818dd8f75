"""A file of facts, CSV or Parquet: the columns it must have, how a cell is read exactly, and the row that is refused."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from policies.cells import LARGE, TEXT, WHOLE, Units, cell, fault
from policies.refusal import Refusal
from policies.vocabulary import VOCABULARY, Word

KEYS = ("customer", "customer_id")
# A bit for each possible customer costs at most 64 MB a thread.
_MOST_BITS = 2**29


class FactsRefused(Refusal):
    """A file of facts that cannot be read as one; the message names the column, the row and the value."""

    code = "file_invalid"


@dataclass(frozen=True)
class Layout:
    """What stands where: the place of the key, of each word, and the columns that nothing reads.

    ``unused`` are words of the vocabulary that the policy does not need, ``ignored`` are no words at all, ``absent`` are
    inputs without a column, which count as missing.
    """

    key: int
    words: Mapping[str, int]
    ignored: tuple[str, ...]
    unused: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class FactsFile:
    """A verified file: the view ``facts`` of the connection has ``customer_id`` as it came and every input as a stored integer or text."""

    layout: Layout
    rows: int


def open_facts(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    words: Sequence[Word],
    folder: Path,
    units: Units = "stored",
    allow_absent: bool = False,
) -> FactsFile:
    """Read and verify a file of facts and offer it as the view ``facts``; ``folder`` takes what must be put aside.

    Raises FactsRefused for a file that is not UTF-8 CSV or Parquet, an input without a column (unless
    ``allow_absent``), a cell that is not an exact number in the units, a customer that is empty or stands twice.
    """
    kind = format_of(path)
    names = _csv_names(path) if kind == "csv" else _parquet_names(path)
    layout = _layout(path, names, [word.name for word in words], allow_absent)
    try:
        if kind == "csv":
            types = _stage(connection, path, names, layout, folder)
        else:
            types = _view(connection, path, names, layout)
        checks = _facts_view(connection, words, layout, types, units)
        rows = _verify(connection, path, words, checks, types["customer_id"], units)
    except duckdb.Error as error:
        raise FactsRefused(f"{path.name} cannot be read: {_cause(str(error))}") from error
    return FactsFile(layout, rows)


def format_of(path: Path) -> str:
    """Return ``csv`` or ``parquet`` by the ending of a file's name; raises FactsRefused for another."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in ("csv", "parquet"):
        raise FactsRefused(
            f"{path.name} ends in neither .csv nor .parquet; files of facts and of grades are one of the two."
        )
    return ending


def name_sql(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def text_sql(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def parquet_sql(path: Path, options: str = "") -> str:
    """Return the table function that reads one Parquet file, whatever characters its name has."""
    return f"read_parquet({text_sql(escape(str(path.absolute())))}{options})"


def _csv_names(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [name.strip() for name in next(csv.reader(file, strict=True), [])]
    except OSError as error:
        raise FactsRefused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FactsRefused(f"Byte {error.start} of {path.name} is not UTF-8; save the file as CSV UTF-8.") from error
    except csv.Error as error:
        raise FactsRefused(f"The header of {path.name} is no line of CSV: {error}.") from error


def _parquet_names(path: Path) -> list[str]:
    try:
        return [str(name) for name in pq.read_schema(path).names]
    except OSError as error:
        raise FactsRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    except pa.ArrowException as error:
        raise FactsRefused(f"{path.name} is no Parquet file: {str(error).splitlines()[0]}") from error


def _layout(path: Path, names: Sequence[str], inputs: Sequence[str], allow_absent: bool) -> Layout:
    twice = next((name for i, name in enumerate(names) if name in names[:i] and (name in KEYS or name in inputs)), None)
    if twice:
        raise FactsRefused(f"{path.name} has two columns {twice!r}; keep one.")
    keys = [name for name in KEYS if name in names]
    shown = ", ".join(names) or "nothing"
    if len(keys) != 1:
        found = "both customer and customer_id; keep one" if keys else f"no column customer or customer_id, but {shown}"
        raise FactsRefused(f"{path.name} has {found}.")
    absent = tuple(word for word in inputs if word not in names)
    others = [name for name in names if name not in inputs and name != keys[0]]
    if absent and not allow_absent:
        raise FactsRefused(
            f"{path.name} has no column for {', '.join(_hinted(word, others) for word in absent)}; the policy reads "
            f"{', '.join(inputs)}. Add the column, empty where nothing is known, or pass --allow-absent to take it as missing."
        )
    return Layout(
        names.index(keys[0]),
        {word: names.index(word) for word in inputs if word in names},
        tuple(name for name in others if name not in VOCABULARY),
        tuple(name for name in others if name in VOCABULARY),
        absent,
    )


def _hinted(word: str, others: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(word, [name for name in others if name not in VOCABULARY], 1, 0.8)
    return f"{word} (did you mean its column {nearest[0]!r}?)" if nearest else word


def _stage(
    connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str], layout: Layout, folder: Path
) -> dict[str, str]:
    """Put the needed columns of a CSV aside as Parquet, all text, read once and by place."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    chosen = {"customer_id": layout.key, **layout.words}
    listed = ", ".join(f"c{place} as {name_sql(name)}" for name, place in chosen.items())
    staged = folder / "facts.parquet"
    source = (
        f"read_csv({text_sql(escape(str(path.absolute())))}, auto_detect=false, header=true, delim=',', quote='\"', "
        f"escape='\"', encoding='utf-8', columns={{{columns}}})"
    )
    connection.execute(f"copy (select {listed} from {source}) to {text_sql(str(staged))} (format parquet)")  # noqa: S608 - quoted names
    view = f"create temp view cells as select * from {parquet_sql(staged, ', file_row_number=true')}"  # noqa: S608 - our own path
    connection.execute(view)
    return dict.fromkeys(chosen, TEXT)


def _view(connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str], layout: Layout) -> dict[str, str]:
    chosen = {"customer_id": layout.key, **layout.words}
    listed = ", ".join(f"{name_sql(names[place])} as {name_sql(name)}" for name, place in chosen.items())
    source = parquet_sql(path, ", file_row_number=true")
    view = f"create temp view cells as select {listed}, file_row_number from {source}"  # noqa: S608 - quoted names
    connection.execute(view)
    described = connection.execute("describe cells").fetchall()
    return {name: "VARCHAR" if kind.startswith("ENUM") else kind for name, kind, *_ in described}


def _facts_view(
    connection: duckdb.DuckDBPyConnection,
    words: Sequence[Word],
    layout: Layout,
    types: Mapping[str, str],
    units: Units,
) -> dict[str, str]:
    """Create the view ``facts``; return for each column the condition under which its cell is refused."""
    columns, checks = ["customer_id"], {}
    for word in words:
        if word.name in layout.absent:
            value, bad = f"cast(null as {'varchar' if word.values else 'bigint'})", None
        else:
            value, bad = cell(word, types[word.name], units)
        columns.append(f"{value} as {word.name}")
        if bad:
            checks[word.name] = bad
    connection.execute(f"create temp view facts as select {', '.join(columns)} from cells")  # noqa: S608 - our own words
    return checks


def _verify(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    words: Sequence[Word],
    checks: Mapping[str, str],
    key: str,
    units: Units,
) -> int:
    """Return the number of rows; raise FactsRefused for the first row with a refused cell, and for a customer twice."""
    if key not in (*WHOLE, *LARGE, TEXT):
        raise FactsRefused(f"The customers of {path.name} are of type {key}; make them whole numbers or text.")
    empty = "customer_id is null" + (" or trim(customer_id) = ''" if key == TEXT else "")
    tests = [("customer_id", empty), *checks.items()]
    firsts = ", ".join(f"min(file_row_number) filter (where {test})" for _, test in tests)
    rows, *found = connection.execute(f"select count(*), {firsts} from cells").fetchall()[0]  # noqa: S608 - our own words
    if rows == 0:
        raise FactsRefused(f"{path.name} has no customers, only a header.")
    wrong = [(row, name) for row, (name, _) in zip(found, tests, strict=True) if row is not None]
    if wrong:
        row, name = min(wrong, key=lambda item: item[0])
        query = f"select {name} from cells where file_row_number = {row}"  # noqa: S608 - our own words
        value = connection.execute(query).fetchall()[0][0]
        cause = (
            "the customer is empty; every row needs one"
            if name == "customer_id"
            else fault(next(word for word in words if word.name == name), value, units)
        )
        raise FactsRefused(f"{path.name}, row {row + 1} under the header, column {name}: {cause}.")
    _refuse_twice(connection, path, rows, key)
    return int(rows)


def _refuse_twice(connection: duckdb.DuckDBPyConnection, path: Path, rows: int, key: str) -> None:
    if key in WHOLE:
        least, most = connection.execute(
            "select min(customer_id)::bigint, max(customer_id)::bigint from cells"
        ).fetchall()[0]
        if most - least < _MOST_BITS:
            bits = f"bit_count(bitstring_agg(customer_id::bigint, {least}::bigint, {most}::bigint))"
            if connection.execute(f"select {bits} from cells").fetchall()[0][0] == rows:  # noqa: S608 - our own words
                return
    twice = connection.execute(
        "select customer_id, min(file_row_number), max(file_row_number) from cells group by 1 having count(*) > 1 "
        "order by 2 limit 1"
    ).fetchall()
    if twice:
        customer, first, last = twice[0]
        raise FactsRefused(
            f"{path.name} has the customer {customer} in rows {first + 1} and {last + 1} under the header; keep one."
        )


def _cause(message: str) -> str:
    """Return DuckDB's complaint as one sentence, without its advice on its own settings."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    if not line:
        return message.splitlines()[0]
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if counts:
        return f"line {line[1]} has {counts[2]} cells in place of {counts[1]}."
    if "utf-8" in message:
        return f"line {line[1]} is not UTF-8; save the file as CSV UTF-8."
    if "unterminated quote" in message:
        return f"line {line[1]} has a quote that never ends."
    return f"line {line[1]} is no line of CSV."
