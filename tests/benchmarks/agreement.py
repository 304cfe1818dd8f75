"""Engines that must never differ: random rows with every boundary through DuckDB, SQLite, PostgreSQL, Spark and the oracle.

    .venv/bin/python tests/benchmarks/agreement.py [rows]

G2, P and random policies of tests/policies/test_engines.py share the rows (a million when not told), and G2 has a row for
each total that can occur.  A value is on, one below or one above a cut, missing, impossible, an end of the 64-bit integers, or
between.  What differs from DuckDB's rows in any column is counted, and must be nothing.  The oracle uses every core;
Spark is left out, saying so, where it is not installed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "policies"))
import postgres
from test_engines import EXTREMES, scorecards, tables

from api import offline, spark
from policies import Plan, compile_plan, load, parse
from policies.offline import by_oracle
from policies.refusal import Refusal
from policies.sql import COLUMNS, select_statement
from policies.version import canonical

BATCH = 20_000
RANDOM = 8
TEXTS = ("status", "tier")
SCHEMA = pa.schema([(name, pa.string() if name in TEXTS else pa.int64()) for name in COLUMNS])
# Grades the rows of a Parquet file of facts into another.
Grading = Callable[[Plan, Path, Path], None]
Rows = list[tuple[Any, ...]]


def random_plans(count: int) -> list[Plan]:
    """Return plans of random policies, half of them scorecards."""
    texts: list[str] = []
    for strategy in (scorecards(), tables()):

        @settings(
            max_examples=count,
            phases=[Phase.generate],
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def gather(text: str) -> None:
            texts.append(text)

        gather()
    return [compile_plan(parse(texts[i * len(texts) // count])) for i in range(count)]


def write_facts(plan: Plan, rows: int, path: Path, seed: int = 1) -> None:
    """Write random facts, the first of which hold every boundary of every input."""
    chance = Random(seed)
    columns: dict[str, Any] = {"customer_id": pa.array(range(rows), pa.int64())}
    for word in plan.words:
        if word.values:
            near: list[Any] = [None, "gone", *word.values]
            drawn = chance.choices(near, [2, 1, *[20] * len(word.values)], k=rows)
        else:
            cuts = [cut for axis in plan.axes if axis.word == word for cut in axis.cuts]
            around = {value for cut in cuts for value in (cut - 1, cut, cut + 1) if -(2**63) <= value < 2**63}
            near, span = [None, 0, *sorted(around)], 10 + max(map(abs, cuts), default=100)
            some = [near[chance.randrange(len(near))] for _ in range(1000)] + EXTREMES[:4]
            drawn = [chance.choice(some) if chance.random() < 0.7 else chance.randint(0, span) for _ in range(rows)]
        drawn[: len(near)] = near[:rows]
        columns[word.name] = pa.array(drawn, pa.string() if word.values else pa.int64())
    pq.write_table(pa.table(columns), path)


def write_totals(plan: Plan, path: Path) -> None:
    """Write a row for each total that a scorecard's known inputs can give."""
    reached: dict[int, tuple[int, ...]] = {0: ()}
    for part in plan.indicators:
        steps = {value: code for code, value in enumerate(part.contributions) if code}
        reached = {total + value: (*codes, code) for total, codes in reached.items() for value, code in steps.items()}
    columns: dict[str, Any] = {"customer_id": list(reached)}
    for word in plan.words:
        columns[word.name] = ["active"] * len(reached) if word.values else [0] * len(reached)
    for place, part in enumerate(plan.indicators):
        axis = plan.axes[part.axis]
        columns[axis.word.name] = [axis.sample(codes[place]) for codes in reached.values()]
    pq.write_table(pa.table(columns), path)


def read_facts(plan: Plan, path: Path) -> Iterator[Rows]:
    """Yield the rows of a file of facts as engines take them."""
    for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=["customer_id", *plan.inputs]):
        columns = [batch.column(name).to_pylist() for name in ("customer_id", *plan.inputs)]
        yield list(zip(*columns, strict=True))


def write_rows(found: Iterator[Rows], path: Path) -> None:
    """Write the rows of an engine."""
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for rows in found:
            columns = zip(*rows, strict=True)
            writer.write_table(pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA))


def by_duckdb(plan: Plan, facts: Path, path: Path) -> None:
    """Grade with DuckDB."""
    with duckdb.connect() as connection:
        connection.execute(f"create view facts as select * from read_parquet('{facts}')")
        connection.execute(f"copy ({select_statement(plan, 'duckdb')}) to '{path}' (format parquet)")


def by_database(name: str, url: str, plan: Plan, facts: Path, path: Path) -> None:
    """Grade with SQLite or PostgreSQL."""
    with offline.opened(name, plan, url) as engine:
        assert callable(engine)
        write_rows((list(engine(rows)) for rows in read_facts(plan, facts)), path)


def by_spark(plan: Plan, facts: Path, path: Path) -> None:
    """Grade with Spark."""
    path.mkdir()
    spark.run(facts, {path: select_statement(plan, "spark")})


def asked(text: str, rows: Rows) -> Rows:
    """Return the oracle's rows for a document's text."""
    return list(by_oracle(compile_plan(parse(text)))(rows))


def by_oracles(plan: Plan, facts: Path, path: Path) -> None:
    """Grade with the oracle, a batch in each process."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        write_rows(iter(pool.map(partial(asked, canonical(plan.document)), read_facts(plan, facts))), path)


def disagreements(plan: Plan, facts: Path, folder: Path, gradings: Mapping[str, Grading]) -> dict[str, int]:
    """Return for each engine how many rows are not those of the first in any column."""
    first, *others = gradings
    found = {}
    for name in gradings:
        begin = time.perf_counter()
        gradings[name](plan, facts, folder / name)
        sys.stderr.write(f"  {name} {time.perf_counter() - begin:.0f} s\n")
    one, two = (", ".join(f"{side}.{name}" for name in COLUMNS) for side in "ab")
    for name in others:
        source = f"{folder / name}/*.parquet" if (folder / name).is_dir() else folder / name
        counted = duckdb.execute(
            f"select count(*) from read_parquet('{folder / first}') a full join read_parquet('{source}') b "
            f"using (customer_id) where row({one}) is distinct from row({two})"
        ).fetchone()
        found[name] = int(counted[0]) if counted else -1
    return found


def main() -> None:
    """Count the differences, policy by policy."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gradings: dict[str, Grading] = {"duckdb": by_duckdb, "sqlite": partial(by_database, "sqlite", "")}
    with ExitStack() as stack:
        binaries = postgres.binaries()
        if binaries is None:
            print("PostgreSQL: left out, no binaries (install the group test)")
        else:
            server = postgres.Server(binaries)
            stack.callback(server.stop)
            gradings["postgres"] = partial(by_database, "postgres", server.url("postgres"))
        try:
            spark.require()
            gradings["spark"] = by_spark
        except Refusal as refusal:
            print(f"Spark: left out. {refusal}")
        gradings["oracle"] = by_oracles
        g2, p = (compile_plan(load(name)) for name in ("sabcd-weighted", "sabc-threshold"))
        parts = [("G2", g2, rows * 4 // 10), ("P", p, rows * 2 // 10), ("G2, every total", g2, 0)]
        parts += [(f"random {i}", plan, rows * 4 // 10 // RANDOM) for i, plan in enumerate(random_plans(RANDOM))]
        differ = 0
        for name, plan, count in parts:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            facts = folder / "facts.parquet"
            write_facts(plan, count, facts) if count else write_totals(plan, facts)
            found = disagreements(plan, facts, folder, gradings)
            differ += sum(found.values())
            print(f"{name:16} {pq.read_metadata(facts).num_rows:>9,} rows; differ from DuckDB: {found}", flush=True)
    sys.exit(f"{differ} rows differ" if differ else 0)


if __name__ == "__main__":
    main()
