"""Grading of a Parquet snapshot in DuckDB: the plan's one portable statement over the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from policies.plan import Plan
from policies.ranking import ranked
from policies.sql import histogram_statement, select_statement


def grade_parquet(plan: Plan, path: Path, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Return the result rows (policies.sql.COLUMNS) of a snapshot, one a customer, in no order.

    The file has customer_id and at least the words of ``plan.inputs``; the relation is read when it is used.  A ranking
    without cut scores ranks the customers of the file.
    """
    file = exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(path))])
    if plan.shares and plan.cuts is None:
        plan = ranked(plan, connection.execute(histogram_statement(plan, "duckdb", source=file)).fetchall())
    return connection.sql(select_statement(plan, "duckdb", source=file))
