"""The agreement of the engines on rows of every boundary, small; tests/benchmarks/agreement.py asks a million."""

import sys
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from agreement import asked, by_database, by_duckdb, disagreements, read_facts, write_facts, write_rows, write_totals

from policies import Plan, compile_plan, load
from policies.documents import shipped
from policies.version import canonical


def by_oracle(plan: Plan, facts: Path, path: Path) -> None:
    """Grade with the oracle in this process."""
    write_rows((asked(canonical(plan.document), rows) for rows in read_facts(plan, facts)), path)


GRADINGS = {"duckdb": by_duckdb, "sqlite": partial(by_database, "sqlite", ""), "oracle": by_oracle}


# A ranking is held to the oracle in test_engines.py: its customers are graded together, and not row by row.
@pytest.mark.parametrize("name", [name for name in shipped() if load(name).kind != "ranking"])
def test_engines_differ_in_no_row_of_a_shipped_policy(name: str, tmp_path: Path) -> None:
    plan = compile_plan(load(name))
    write_facts(plan, 500, tmp_path / "facts.parquet")
    assert disagreements(plan, tmp_path / "facts.parquet", tmp_path, GRADINGS) == {"sqlite": 0, "oracle": 0}


def test_engines_differ_in_no_total_that_g2_can_give(tmp_path: Path) -> None:
    plan = compile_plan(load("sabcd-weighted"))
    write_totals(plan, tmp_path / "facts.parquet")
    assert disagreements(plan, tmp_path / "facts.parquet", tmp_path, GRADINGS) == {"sqlite": 0, "oracle": 0}
    totals = pq.read_table(tmp_path / "oracle")["total"].to_pylist()
    assert len(set(totals)) == len(totals) > 2500
    assert {total - cut for cut in plan.bands[:-1] for total in totals} >= {-1, 0, 1}


def test_a_row_that_differs_is_counted(tmp_path: Path) -> None:
    plan, other = compile_plan(load("rfm-retail")), compile_plan(load("rfm-wholesale"))
    write_facts(plan, 500, tmp_path / "facts.parquet")
    wrong = {"duckdb": by_duckdb, "other": lambda _, facts, path: by_duckdb(other, facts, path)}
    assert disagreements(plan, tmp_path / "facts.parquet", tmp_path, wrong)["other"] > 50
