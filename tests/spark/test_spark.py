"""Spark in local mode says what the other engines say, to the byte; `make spark` runs this, `make test` does not.

A statement costs Spark a third of a second and its start ten, so random policies are gathered into a few large unions.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlglot import exp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "policies"))
from test_engines import ODD, by_duckdb, by_oracle, customers, scorecards, tables
from test_offline import facts_of, parquet_of

from api import offline, spark
from policies import Plan, compile_plan, load, parse
from policies.cuts import Cuts
from policies.documents import shipped
from policies.offline import grade_file
from policies.refusal import Refusal
from policies.sql import COLUMNS, select_statement

JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
needs_java = pytest.mark.skipif(JAVA is None, reason="Spark needs Java 17; install openjdk-17-jre-headless")
AT_ONCE = 20


def frozen(plan: Plan) -> Plan:
    """Give a ranking cut scores, as a run freezes them."""
    if not plan.shares:
        return plan
    return replace(plan, cuts=Cuts.fixed([plan.scale * part // 8 for part in (6, 5, 4)]))


def gathered(count: int) -> list[Plan]:
    """Random policies from the generator of tests/policies/test_engines.py."""
    found: list[Plan] = []

    @settings(max_examples=count, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scorecards() | tables())
    def gather(text: str) -> None:
        found.append(compile_plan(parse(text)))

    gather()
    return found


def write_facts(path: Path, cases: list[tuple[Plan, list[dict[str, Any]]]]) -> None:
    """Write the rows of all cases as one table: every word a column, the case and the row in the case beside it."""
    words = {word.name: word for plan, _ in cases for word in plan.words}
    every = [(i, j, row) for i, (_, rows) in enumerate(cases) for j, row in enumerate(rows)]
    columns = {"case_id": pa.array([i for i, _, _ in every]), "customer_id": pa.array([j for _, j, _ in every])}
    for name, word in words.items():
        kind = pa.string() if word.values else pa.int64()
        columns[name] = pa.array([row.get(name) for _, _, row in every], kind)
    pq.write_table(pa.table(columns), path)


def by_spark(
    folder: Path, cases: list[tuple[Plan, list[dict[str, Any]]]], ansi: str
) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows that Spark gives for each case."""
    write_facts(folder / "facts.parquet", cases)
    statements: dict[Path, str] = {}
    for start in range(0, len(cases), AT_ONCE):
        rows = folder / f"{ansi}-{start}"
        rows.mkdir()
        statements[rows] = " union all ".join(
            select_statement(cases[i][0], "spark", where=exp.column("case_id").eq(i), constants={"case_id": i})
            for i in range(start, min(start + AT_ONCE, len(cases)))
        )
    spark.run(folder / "facts.parquet", statements, {"spark.sql.ansi.enabled": ansi})
    found: dict[int, list[tuple[Any, ...]]] = {i: [] for i in range(len(cases))}
    for rows in statements:
        for row in pq.read_table(rows).to_pylist():
            found[row["case_id"]].append(tuple(row[name] for name in COLUMNS))
    return {case: sorted(rows) for case, rows in found.items()}


@needs_java
@pytest.mark.parametrize(("ansi", "count"), [("true", 60), ("false", 20)])
def test_spark_agrees_with_the_oracle_and_duckdb(ansi: str, count: int, tmp_path: Path) -> None:
    plans = [frozen(compile_plan(load(name))) for name in shipped()] + [compile_plan(parse(ODD))]
    cases = [(plan, customers(plan, 7, 600)) for plan in plans]
    cases += [(plan, customers(plan, seed)) for seed, plan in enumerate(gathered(count))]
    found = by_spark(tmp_path, cases, ansi)
    for i, (plan, rows) in enumerate(cases):
        assert found[i] == by_oracle(plan, rows)
        assert found[i] == by_duckdb(plan, rows)


@needs_java
@pytest.mark.parametrize("policy", ["sabcd-weighted", "sabc-threshold"])
def test_spark_writes_the_bytes_that_duckdb_writes_and_leaves_nothing(
    policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = compile_plan(load(policy))
    folder, work, temporary = (tmp_path / name for name in ("data [1]*", "work", "tmp"))
    for path in (folder, work, temporary):
        path.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    facts = parquet_of(folder / "facts.parquet", plan, facts_of(plan, 2000), [f"客户 {i}" for i in range(2000)])
    for ending in ("csv", "parquet"):
        by_duck, output = folder / f"duckdb.{ending}", folder / f"spark.{ending}"
        told: list[tuple[int, int, str]] = []
        with offline.opened("spark", plan, "") as engine:
            graded = grade_file(plan, facts, output, engine=engine, report=lambda *at, seen=told: seen.append(at))  # type: ignore[misc]
        assert grade_file(plan, facts, by_duck).counts == graded.counts
        assert output.read_bytes() == by_duck.read_bytes()
        assert told[-1][0] == told[-1][1]
    assert len(list(folder.iterdir())) == 5
    assert [*work.iterdir(), *temporary.iterdir()] == []


@needs_java
def test_a_statement_that_spark_cannot_run_is_refused_with_its_cause(tmp_path: Path) -> None:
    pq.write_table(pa.table({"customer_id": [1]}), tmp_path / "facts.parquet")
    with pytest.raises(Refusal, match=r"Spark stopped: .*nobody"):
        spark.run(tmp_path / "facts.parquet", {tmp_path: "select nobody from facts"})


@pytest.mark.parametrize(
    ("told", "said"), [
        ('openjdk version "11.0.2" 2019-01-15', "is 11; install Java 17 or newer"),
        ('java version "1.8.0_392"', "is 8; install Java 17 or newer"),
        ("what?", "of no version that it tells"),
    ],
)  # fmt: skip
def test_an_old_java_is_refused(told: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{java.parent}:{os.environ['PATH']}")
    with pytest.raises(Refusal, match=said):
        spark.require()


def test_no_java_is_refused_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Refusal, match="none is on the PATH; install Java 17 or newer"):
        spark.require()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(Refusal, match=r"JAVA_HOME is .*, where none is"):
        spark.require()
