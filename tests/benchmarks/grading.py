"""Grading a million rows of facts with G2, contributions kept: ratios against a named peer, in one run.

    .venv/bin/python tests/benchmarks/grading.py [rows]

DuckDB: our statement over Parquet against the same grading written by hand (g2_by_hand.sql beside this file).
SQLite and PostgreSQL: our INSERT … SELECT into grades against a plain INSERT … SELECT that copies as many rows and
columns from one run to another, the same indexes kept.  Alternating, best of three.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from sqlalchemy import Connection, Engine, insert, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import postgres

from api.commands.run import insert_grades
from api.database import make_engine
from policies import compile_plan, load
from policies.sql import COLUMNS, select_statement
from policies.vocabulary import WORDS
from schema.migrations import upgrade
from schema.tables import Customer, PolicyVersion, Run, Snapshot, User, facts

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
PLAN = compile_plan(load("sabcd-weighted"))


def make_facts(path: Path) -> None:
    """Write ROWS random facts: lognormal money, small counts, ratings from 0 to 10, 2 % missing."""
    expressions = []
    for number, word in enumerate(WORDS):
        dice = f"(hash(i * 131 + {number}) % 1000000) / 1e6"
        value = {
            "money": f"cast(exp(12 + 4 * {dice}) as bigint)",
            "ratio": f"cast(10000 * {dice} as bigint)",
            "score": f"cast(100 + 400 * {dice} as bigint)",
            "rating": f"cast(floor(11 * {dice}) as bigint)",
            "count": f"cast(floor(20 * {dice} * {dice}) as bigint)",
            "months": f"cast(floor(120 * {dice}) as bigint)",
            "days": f"cast(floor(400 * {dice}) as bigint)",
            "category": "'active'",
        }[word.type]
        known = value if word.type == "category" else f"case when hash(i * 977 + {number}) % 50 > 0 then {value} end"
        expressions.append(f"{known} as {word.name}")
    columns = ", ".join(expressions)
    duckdb.execute(
        f"copy (select i as customer_id, {columns} from range(1, {ROWS + 1}) t(i)) to '{path}' (format parquet)"
    )


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def in_duckdb(path: Path) -> None:
    """Compare our statement with the one written by hand; their rows must be equal."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    ours = select_statement(PLAN, "duckdb", "facts")
    by_hand = (Path(__file__).parent / "g2_by_hand.sql").read_text()
    connection.execute(f"create view facts as select * from read_parquet('{path}')")
    differ = connection.execute(
        f"select count(*) from ({ours}) a join ({by_hand}) b using (customer_id) where (a.status, a.tier, a.total) "
        "is distinct from (b.status, b.tier, b.total)"
    ).fetchone()
    assert differ == (0,), differ
    kept = f"create or replace temp table kept as select {', '.join(COLUMNS)} from"
    best = {"ours": 1e9, "by hand": 1e9}
    for _ in range(3):
        best["ours"] = min(best["ours"], seconds(lambda: connection.execute(f"{kept} ({ours})")))
        best["by hand"] = min(best["by hand"], seconds(lambda: connection.execute(f"{kept} ({by_hand})")))
    show("DuckDB", best["ours"], best["by hand"], "the same grading written by hand", 1.2)


def fill(engine: Engine, path: Path) -> None:
    """Put the facts, and as many customers, into a migrated database."""
    with engine.begin() as connection:
        upgrade(connection)
        connection.execute(insert(User).values(id=1, login="b", name="b"))
        connection.execute(
            insert(Snapshot).values(id=1, as_of=text("'2026-01-01'"), zone="UTC", rows=ROWS, fingerprint="pending")
        )
        connection.execute(
            text("insert into policies (id, key, title_zh, created_at) values (1, 'b', 'b', '2026-01-01')")
        )
        connection.execute(
            insert(PolicyVersion).values(
                id=1,
                policy_id=1,
                state="draft",
                document="",
                canonical="",
                semantic_hash="",
                document_hash="",
                author_id=1,
            )
        )
        rows = duckdb.execute(f"select * from read_parquet('{path}')")
        names = ["customer_id", *(word.name for word in WORDS)]
        for start in range(1, ROWS + 1, 50_000):
            numbers = range(start, min(start + 50_000, ROWS + 1))
            connection.execute(insert(Customer), [{"id": i, "number": f"b-{i}", "name": "b"} for i in numbers])
            batch = [dict(zip(names, row, strict=True)) | {"snapshot_id": 1} for row in rows.fetchmany(50_000)]
            connection.execute(insert(facts), batch)
        connection.execute(text("update snapshots set fingerprint = 'b'"))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))


def new_run(connection: Connection, number: int) -> None:
    """Add a run to put grades under."""
    connection.execute(
        insert(Run).values(id=number, version_id=1, snapshot_id=1, as_of=text("'2026-01-01'"), started_by_id=1)
    )


def in_database(engine: Engine, name: str) -> None:
    """Compare our INSERT with one that copies the grades of a run to another."""
    best = {"ours": 1e9, "copy": 1e9}
    columns = ", ".join(COLUMNS)
    for turn in range(3):
        ours, copy = 2 * turn + 1, 2 * turn + 2
        with engine.begin() as connection:
            new_run(connection, ours)
            best["ours"] = min(best["ours"], seconds(lambda run=ours, c=connection: insert_grades(c, PLAN, run, 1)))  # type: ignore[misc]
        with engine.begin() as connection:
            new_run(connection, copy)
            statement = text(
                f"insert into grades (run_id, {columns}) select {copy}, {columns} from grades where run_id = {ours}"
            )
            best["copy"] = min(best["copy"], seconds(lambda c=connection, s=statement: c.execute(s)))  # type: ignore[misc]
    show(name, best["ours"], best["copy"], "a plain INSERT … SELECT of as many rows and columns", 3.0)


def show(name: str, ours: float, peer: float, peer_name: str, most: float) -> None:
    """Print one ratio."""
    print(f"{name:11} {ROWS:,} customers: {ours:6.2f} s ({ROWS / ours / 1e6:.2f} M/s); {peer_name}: {peer:6.2f} s; "
          f"ratio {ours / peer:.2f} (wanted: at most {most})")  # fmt: skip


def main() -> None:
    """Run all three."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.parquet"
        make_facts(path)
        in_duckdb(path)
        engine = make_engine(f"sqlite:///{folder}/bench.db")
        fill(engine, path)
        in_database(engine, "SQLite")
        engine.dispose()
        binaries = postgres.binaries()
        if binaries is None:
            print("PostgreSQL: skipped, no binaries (install the group test)")
            return
        server = postgres.Server(binaries)
        try:
            engine = make_engine(server.url("postgres"))
            fill(engine, path)
            in_database(engine, "PostgreSQL")
            engine.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
