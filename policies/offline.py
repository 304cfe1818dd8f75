"""Grading of a file: facts as CSV or Parquet to grades as CSV or Parquet, streamed, exact, and whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from glob import escape
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from policies.answers import Answers, counts_statement, rank
from policies.cells import Units
from policies.exact import decimal_text
from policies.facts_file import FactsRefused, Layout, format_of, name_sql, open_facts, parquet_sql, text_sql
from policies.kleene import Scored, sharing
from policies.oracle import grade
from policies.plan import Plan
from policies.ranking import ranked
from policies.shared_out import SharedOut, shared_out, weights_statement
from policies.sql import COLUMNS, histogram_statement, select_statement

Report = Callable[[int, int, str], None]
# Takes rows (place, one fact for each of plan.inputs) and returns the rows policies.sql.COLUMNS in the same order.
RowEngine = Callable[[Sequence[tuple[Any, ...]]], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class FileEngine:
    """An engine that reads and writes files by itself.

    ``run`` takes a Parquet file with the column ``customer_id`` (0, 1, ... in the order of the facts) and one for each of
    plan.inputs, and fills a folder with Parquet files of rows policies.sql.COLUMNS, in any order.
    """

    run: Callable[[Path, Path], None]


Engine = RowEngine | FileEngine

BATCH = 50_000
LEADING = ("customer", "status", "tier", "total", "candidates")
_MEMORY = "600MB"
# Totals up to this many units are looked up as text; above it the text is computed.
_MOST_LISTED = 20_000


@dataclass(frozen=True)
class Graded:
    """What became of a file: its rows, how many by tier (by status where there is none), its columns, and the plan.

    The plan of a ranking has the cut scores by which the file was graded.
    ``answers`` ranks what the pending customers lack, when that was asked for; ``shared_out`` counts whom a re-weighting
    touched.
    """

    rows: int
    counts: dict[str, int]
    layout: Layout
    plan: Plan
    answers: Answers | None = None
    shared_out: tuple[SharedOut, ...] = ()


def grade_file(
    plan: Plan,
    facts: Path,
    output: Path,
    *,
    engine: Engine | None = None,
    units: Units = "stored",
    allow_absent: bool = False,
    answers: bool = False,
    report: Report | None = None,
) -> Graded:
    """Grade every customer of a file into another: customer, status, tier, total, candidates, a column an indicator.

    ``engine`` grades batches of rows or a file; None is one DuckDB statement from file to file.  The output takes its name when it is
    complete; until then it lies in a folder beside it.  Raises FactsRefused and writes nothing when the facts
    cannot be read as policies.facts_file says, or when the output cannot be written.  A ranking without cut scores takes
    those of the file; with another engine than DuckDB they come from ``rank_file`` first.
    """
    ending = format_of(output)
    if output.exists() and facts.exists() and output.samefile(facts):
        raise FactsRefused(f"{output} would overwrite the facts; name another file after -o.")
    with _workshop(output) as (folder, connection):
        file = open_facts(connection, facts, plan.words, folder, units, allow_absent)
        plan = _with_cuts(connection, plan)
        source = f"({select_statement(plan, 'duckdb', 'facts')})"
        if isinstance(engine, FileEngine):
            source = parquet_sql(_by_files(connection, plan, engine, folder, file.rows, report))
        elif engine is not None:
            source = parquet_sql(_by_batches(connection, plan, engine, folder / "graded.parquet", file.rows, report))
        done = folder / f"grades.{ending}"
        options = "format csv, header" if ending == "csv" else "format parquet"
        try:
            _run(connection, f"copy ({present(plan, source)}) to {text_sql(str(done))} ({options})", report)
        except duckdb.IOException as error:
            raise FactsRefused(f"{output} cannot be written: {str(error).splitlines()[0]}") from error
        counts = _counts(connection, done)
        found = _answers(connection, plan) if answers and counts.get("pending") else None
        touched = shared_out(plan, _weights(connection, plan, source)) if sharing(plan.indicators) else ()
        os.replace(done, output)
    return Graded(file.rows, counts, file.layout, plan, found, touched)


def rank_file(plan: Plan, facts: Path, output: Path, *, units: Units = "stored", allow_absent: bool = False) -> Plan:
    """Return the plan of a ranking with the cut scores of a file's customers; any other plan as it is.

    The facts are read as ``grade_file`` reads them, and what must be put aside lies beside ``output`` meanwhile.
    """
    if not plan.shares:
        return plan
    with _workshop(output) as (folder, connection):
        open_facts(connection, facts, plan.words, folder, units, allow_absent)
        return _with_cuts(connection, plan)


@contextmanager
def _workshop(output: Path) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    """Open a folder beside the output, and a DuckDB of little memory that spills into it."""
    try:
        aside = tempfile.TemporaryDirectory(prefix=f".{output.name[:40]}.", dir=output.absolute().parent)
    except OSError as error:
        raise FactsRefused(
            f"{output} cannot be written: {error.strerror}; name a file in a folder of yours."
        ) from error
    with aside as name, duckdb.connect() as connection:
        folder = Path(name)
        connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
        connection.execute(f"set memory_limit = '{_MEMORY}'; set temp_directory = {text_sql(str(folder / 'spill'))}")
        yield folder, connection


def _with_cuts(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Plan:
    if not plan.shares or plan.cuts is not None:
        return plan
    return ranked(plan, connection.execute(histogram_statement(plan, "duckdb", "facts")).fetchall())


def _weights(connection: duckdb.DuckDBPyConnection, plan: Plan, source: str) -> list[tuple[int, ...]]:
    return connection.execute(weights_statement(plan, "duckdb", source)).fetchall()


def _answers(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Answers:
    """Rank the missing answers over the view ``facts``, whatever engine has graded it: all agree."""
    found = connection.execute(counts_statement(plan, "duckdb"))
    batches = iter(lambda: found.fetchmany(BATCH), [])
    return rank(plan, ((levels, open_, number, None) for batch in batches for open_, levels, number in batch))


def by_oracle(plan: Plan) -> RowEngine:
    """Return the engine that asks the oracle: one customer at a time, in fractions, straight from the document."""

    def engine(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        found = []
        for place, *values in rows:
            result = grade(plan, dict(zip(plan.inputs, values, strict=True)))
            found.append((place, *(getattr(result, name) for name in COLUMNS[1:])))
        return found

    return engine


def present(plan: Plan, source: str) -> str:
    """Return the DuckDB statement that writes result rows (policies.sql.COLUMNS) as a reader sees them.

    The total and the contributions are exact text, a decimal where it ends and else a fraction, on the scale 0 to 100.  A
    contribution is empty where its input is missing and the points are not known.
    """
    columns = {
        "customer": "customer_id",
        "status": "status",
        "tier": "tier",
        "total": _total(plan),
        "candidates": _candidates(plan),
    }
    listed = [f"{value} as {name}" for name, value in columns.items()]
    listed += [
        f"{_contribution(plan, part)} as {name_sql(name)}"
        for name, part in zip(indicator_columns(plan), plan.indicators, strict=True)
    ]
    return f"select {', '.join(listed)} from {source}"  # noqa: S608 - quoted names and our own expressions


def indicator_columns(plan: Plan) -> tuple[str, ...]:
    """Return the names of the contributions' columns: the indicators' ids, numbered where a name is taken already."""
    taken, names = set(LEADING), []
    for part in plan.indicators:
        name, number = part.id, 1
        while name.lower() in taken:
            number += 1
            name = f"{part.id}_{number}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _total(plan: Plan) -> str:
    if not plan.scale:
        return "cast(null as varchar)"
    unit = Fraction(100, plan.scale)
    if plan.lowest >= 0 and plan.highest <= _MOST_LISTED:
        texts = ", ".join(text_sql(decimal_text(total * unit)) for total in range(plan.highest + 1))
        return f"list_extract([{texts}], total + 1)"
    return _exact_text("total", unit)


def _exact_text(column: str, unit: Fraction) -> str:
    """Return the SQL of ``column x unit`` as policies.exact.decimal_text writes it."""
    rest = unit.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    x = f"(cast({column} as hugeint) * {unit.numerator})"
    digits = f"(abs({x}) // {rest} * {10**places * rest // unit.denominator})"
    tail = f"rtrim(lpad(cast({digits} % {10**places} as varchar), {places}, '0'), '0')"
    sign = f"case when {x} < 0 then '-' else '' end"
    whole = f"{sign} || cast({digits} // {10**places} as varchar)"
    text = f"{whole} || case when {tail} = '' then '' else '.' || {tail} end" if places else whole
    if rest == 1:
        return text
    shared = f"gcd({x}, cast({unit.denominator} as hugeint))"
    fraction = f"cast({x} // {shared} as varchar) || '/' || cast({unit.denominator} // {shared} as varchar)"
    return f"case when {x} % {rest} = 0 then {text} else {fraction} end"


def _candidates(plan: Plan) -> str:
    alone = " ".join(f"when {1 << i} then {text_sql(tier)}" for i, tier in enumerate(plan.tiers))
    several = ", ".join(
        f"case when candidates & {1 << i} > 0 then {text_sql(tier)} end" for i, tier in enumerate(plan.tiers)
    )
    return f"case candidates when 0 then null {alone} else concat_ws('|', {several}) end"


def _contribution(plan: Plan, part: Scored) -> str:
    unit = Fraction(100, plan.scale)
    texts = [text_sql(decimal_text(value * unit)) for value in part.contributions]
    if part.contributions[0] != part.missing_best:
        texts[0] = "null"
    told = _by_code(plan, part, texts)
    if part.factors is not None:
        members = sharing(plan.indicators)[part.factors]
        known = " + ".join(f"case when {_code(plan, one)} > 0 then {one.weight} else 0 end" for one in members)
        branches = []
        for weight, factor in part.factors.known:
            counted = [text_sql(decimal_text(value * factor * unit)) for value in part.base[1:]]
            branches.append(f"when {weight} then {_by_code(plan, part, [text_sql('0'), *counted])}")
        told = f"case {known} {' '.join(branches)} else {told} end"
    return f"case when candidates > 0 then {told} end"


def _code(plan: Plan, part: Scored) -> str:
    """Return the SQL of the code of an indicator's input, which the levels hold."""
    return f"levels // {plan.strides[part.axis]} % {plan.axes[part.axis].radix}"


def _by_code(plan: Plan, part: Scored, texts: Sequence[str]) -> str:
    return f"list_extract([{', '.join(texts)}], {_code(plan, part)} + 1)"


def _run(connection: duckdb.DuckDBPyConnection, statement: str, report: Report | None) -> None:
    """Execute a statement and report its progress in hundredths meanwhile."""
    if report is None:
        connection.execute(statement)
        return
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(connection.execute, statement)
        try:
            while not work.done():
                report(max(int(connection.query_progress()), 0), 100, "grading")
                _wait(work)
        except BaseException:
            connection.interrupt()
            raise
    work.result()
    report(100, 100, "grading")


def _wait(work: Any) -> None:
    try:
        work.exception(timeout=0.2)
    except TimeoutError:
        return


def _by_batches(
    connection: duckdb.DuckDBPyConnection, plan: Plan, engine: RowEngine, path: Path, rows: int, report: Report | None
) -> Path:
    """Write the results of an engine as Parquet, one batch of rows at a time, in the order of the file."""
    words = ", ".join(plan.inputs)
    query = f"select customer_id, {words} from facts"  # noqa: S608 - our own words
    reader: Any = connection.sql(query).to_arrow_reader(BATCH)
    kinds = [("status", pa.string()), ("tier", pa.string()), *((column, pa.int64()) for column in COLUMNS[3:])]
    schema = pa.schema([reader.schema.field("customer_id"), *kinds])
    done = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in reader:
            customers, *facts = batch.columns
            graded = engine(list(zip(range(batch.num_rows), *(column.to_pylist() for column in facts), strict=True)))
            results = list(zip(*graded, strict=True))[1:]
            columns = [pa.array(values, kind) for values, (_, kind) in zip(results, kinds, strict=True)]
            writer.write_batch(pa.record_batch([customers, *columns], schema=schema))
            done += batch.num_rows
            if report:
                report(done, rows, "grading")
    return path


def _by_files(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    engine: FileEngine,
    folder: Path,
    rows: int,
    report: Report | None,
) -> Path:
    """Write the results of an engine that reads and writes files as one Parquet, in the order of the facts."""
    staged, results = folder / "staged.parquet", folder / "results"
    results.mkdir()
    query = f"select row_number() over () - 1 as customer_id, {', '.join(plan.inputs)} from facts"  # noqa: S608 - our own words
    connection.execute(f"copy ({query}) to {text_sql(str(staged))} (format parquet)")
    if report:
        report(0, rows, "grading")
    engine.run(staged, results)
    if report:
        report(rows, rows, "grading")
    rows_sql = f"read_parquet({text_sql(escape(str(results.absolute())) + '/*.parquet')})"
    joined = (
        "select c.customer_id, r.* exclude (customer_id) from (select customer_id from facts) as c "  # noqa: S608 - our own path
        f"positional join (select * from {rows_sql} order by customer_id) as r"
    )
    graded = folder / "graded.parquet"
    connection.execute(f"copy ({joined}) to {text_sql(str(graded))} (format parquet)")
    return graded


def _counts(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    source = parquet_sql(path) if path.suffix == ".parquet" else f"read_csv({text_sql(str(path))}, all_varchar=true)"
    query = f"select coalesce(tier, status) as place, count(*) from {source} group by 1 order by 1"  # noqa: S608 - our own path
    return dict(connection.execute(query).fetchall())
