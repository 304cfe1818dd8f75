"""Grading of a Parquet snapshot in DuckDB: the plan's one portable statement over the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from policies.plan import Plan
from policies.ranking import ranked
from policies.sql import histogram_statement, select_statement


def source(path: Path) -> exp.Expr:
    """Return a Parquet file as the table of a statement."""
    return exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(path))])


def ranked_by(plan: Plan, path: Path, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Return a ranking with the cut scores of a snapshot's customers; any other plan, or one with cut scores, as it is."""
    if not plan.shares or plan.cuts is not None:
        return plan
    return ranked(plan, connection.execute(histogram_statement(plan, "duckdb", source=source(path))).fetchall())


def grade_parquet(plan: Plan, path: Path, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Return the result rows (policies.sql.COLUMNS) of a snapshot, one a customer, in no order.

    The file has customer_id and at least the words of ``plan.inputs``; the relation is read when it is used.  A ranking
    without cut scores ranks the customers of the file.
    """
    return connection.sql(select_statement(ranked_by(plan, path, connection), "duckdb", source=source(path)))
