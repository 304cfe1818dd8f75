"""The part of a backtest's inputs that people decided: appointments of each date, and ratings of panels."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Executable

from api.database import reading
from api.settings import settings
from policies.backtest.parameters import BacktestParameters
from policies.backtest.people import APPOINTMENTS, RATINGS
from schema.judgements import appointments_statement, ratings_statement
from schema.windows import end_of_day

APPOINTED = pa.schema(
    [("customer_id", pa.int64()), ("tier", pa.string()), ("person", pa.string()), ("kind", pa.string())]
)
RATED = pa.schema(
    [("word", pa.string()), ("panel", pa.int64()), ("person", pa.string()), ("rating", pa.int64()), ("given_on", pa.string())]
)  # fmt: skip


def write_people(engine: Engine, inputs: Path, parameters: BacktestParameters, policy_id: int) -> None:
    """Write what policies.backtest.people reads: a file of appointments for each date, and one of ratings."""
    (inputs / APPOINTMENTS).mkdir()
    with reading(engine) as connection:
        for day in parameters.dates:
            statement = appointments_statement(day, end_of_day(day, settings().zone), policy_id)
            _write(connection, statement, APPOINTED, inputs / APPOINTMENTS / f"{day}.parquet")
        _write(connection, ratings_statement(parameters.dates[-1]), RATED, inputs / RATINGS)


def _write(connection: Connection, statement: Executable, schema: pa.Schema, path: Path) -> None:
    rows = [dict(zip(schema.names, row, strict=True)) for row in connection.execute(statement)]
    for row in rows:
        if "given_on" in row:
            row["given_on"] = str(row["given_on"])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")
