"""A file graded by SQLite, PostgreSQL, DuckDB and the oracle: the same bytes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from api import offline
from api.errors import ExtraMissing, Invalid
from policies import compile_plan, load
from policies.offline import grade_file
from policies.refusal import Refusal
from policies.vocabulary import VOCABULARY


def make_facts(path: Path, inputs: tuple[str, ...], cuts: dict[str, list[int]], rows: int) -> None:
    chance = random.Random(11)
    columns: dict[str, Any] = {"customer": [f"客户 {i}" for i in range(rows)]}
    for name in inputs:
        word = VOCABULARY[name]
        near = [value for cut in cuts.get(name, []) for value in (cut - 1, cut, cut + 1)]
        wild = [] if word.values else [-(2**63), 2**63 - 1]
        choices = ["active", "active", *word.values, "gone"] if word.values else [*near * 9, 0, 1, *wild]
        values = [chance.choice([None, *choices]) for _ in range(rows)]
        columns[name] = pa.array(values, pa.string() if word.values else pa.int64())
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize("policy", ["sabcd-weighted", "sabc-threshold"])
def test_every_engine_writes_the_same_bytes(
    policy: str, tmp_path: Path, postgres_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = compile_plan(load(policy))
    monkeypatch.setattr("policies.offline.BATCH", 700)
    facts = tmp_path / "facts.parquet"
    make_facts(facts, plan.inputs, {axis.word.name: list(axis.cuts) for axis in plan.axes}, 2000)
    url = postgres_engine.url.render_as_string(hide_password=False)
    outputs = {}
    for name in sorted({*offline.ENGINES} - {"spark"}):  # Spark's turn is in tests/spark
        for ending in ("csv", "parquet"):
            output = tmp_path / f"{name}.{ending}"
            with offline.opened(name, plan, url) as engine:
                graded = grade_file(plan, facts, output, engine=engine)
            outputs.setdefault(ending, set()).add(output.read_bytes())
    assert {ending: len(found) for ending, found in outputs.items()} == {"csv": 1, "parquet": 1}
    assert {"error", "not_applicable", "pending"} < set(graded.counts)


def test_a_database_that_is_no_postgresql_or_does_not_answer_is_refused() -> None:
    plan = compile_plan(load("sabc-threshold"))
    with pytest.raises(Invalid, match="is no PostgreSQL"), offline.opened("postgres", plan, "sqlite:///x.db"):
        pass
    with (
        pytest.raises(Refusal, match="does not answer"),
        offline.opened("postgres", plan, "postgresql://nobody@127.0.0.1:1/x"),
    ):
        pass


def test_spark_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = compile_plan(load("sabc-threshold"))
    monkeypatch.setattr("api.spark.importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(ExtraMissing, match=r"pyspark not found.*pip install '\.\[spark\]'"),
        offline.opened("spark", plan, ""),
    ):
        pass
