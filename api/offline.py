"""Engines for files: a temporary database of SQLite, a temporary table of PostgreSQL, Spark in local mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy.exc import OperationalError

from api import spark
from api.database import make_engine
from api.errors import Invalid
from policies.offline import Engine, FileEngine, RowEngine, by_oracle
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sql import select_statement

ENGINES = ("duckdb", "sqlite", "postgres", "spark", "oracle")
_TABLE = "offline_facts"


@contextmanager
def opened(name: str, plan: Plan, url: str) -> Iterator[Engine | None]:
    """Open one of ``ENGINES`` for policies.offline.grade_file; None is DuckDB, which grades from file to file by itself.

    ``url`` is the database of ``postgres``; raises Invalid when it is none, Refusal when it does not answer
    and when Spark or its Java is not installed.
    """
    if name == "sqlite":
        with _sqlite(plan) as engine:
            yield engine
    elif name == "postgres":
        with _postgres(plan, url) as engine:
            yield engine
    elif name == "spark":
        yield _spark(plan)
    else:
        yield by_oracle(plan) if name == "oracle" else None


@contextmanager
def _sqlite(plan: Plan) -> Iterator[RowEngine]:
    marks = ", ".join("?" * (len(plan.inputs) + 1))
    statement = select_statement(plan, "sqlite", _TABLE)
    with closing(sqlite3.connect("", isolation_level=None)) as connection:  # on disk, private, gone when it is closed
        connection.execute(_create(plan))

        def fill(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
            connection.execute(f"delete from {_TABLE}")  # noqa: S608 - our own name
            connection.execute("begin")
            connection.executemany(f"insert into {_TABLE} values ({marks})", rows)  # noqa: S608 - question marks only
            connection.execute("commit")
            return connection.execute(statement).fetchall()

        yield _in_order(fill)


@contextmanager
def _postgres(plan: Plan, url: str) -> Iterator[RowEngine]:
    database = make_engine(url)
    if database.dialect.name != "postgresql":
        raise Invalid(f"{url!r} is no PostgreSQL; pass --database postgresql://… or set FENJI_DATABASE_URL.")
    statement = select_statement(plan, "postgres", _TABLE)
    try:
        with database.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(_create(plan))

            def fill(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
                cursor.execute(f"truncate {_TABLE}")
                with cursor.copy(f"copy {_TABLE} from stdin") as copy:
                    for row in rows:
                        copy.write_row(row)
                cursor.execute(statement)
                return list(cursor.fetchall())

            yield _in_order(fill)
    except OperationalError as error:
        shown = database.url.render_as_string()
        raise Refusal(
            f"The database {shown} does not answer: {str(error.orig).strip()}; check --database and that the server runs.",
            code="database_missing",
        ) from error
    finally:
        database.dispose()


def _spark(plan: Plan) -> FileEngine:
    spark.require()
    statement = select_statement(plan, "spark", "facts")
    return FileEngine(lambda facts, results: spark.run(facts, {results: statement}))


def _create(plan: Plan) -> str:
    columns = ", ".join(f"{word.name} {'text' if word.values else 'bigint'}" for word in plan.words)
    return f"create temporary table {_TABLE} (customer_id bigint, {columns})"


def _in_order(fill: Callable[[Sequence[tuple[Any, ...]]], list[tuple[Any, ...]]]) -> RowEngine:
    return lambda rows: sorted(fill(rows), key=lambda row: row[0])
