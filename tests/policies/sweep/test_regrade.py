"""Level codes: a snapshot scored once and re-graded under variants gives, bit for bit, what each variant's statement gives."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_inputs import CANDIDATE, POLICY, write_inputs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from test_engines import by_duckdb, customers, rankings, scorecards, tables

from policies import Plan, compile_plan, load, parse
from policies.documents import shipped
from policies.findings import UnsoundPolicy
from policies.impact import impact
from policies.refusal import Refusal
from policies.sweep import Levels


def write_facts(plans: list[Plan], rows: list[dict[str, Any]], path: Path) -> None:
    """The facts of random customers as a snapshot; the fact that revenue is counted by is always there."""
    words = {word.name: word for plan in plans for word in plan.words}
    columns = {"amount_12m": pa.array([i * 1000 if i % 5 else None for i in range(len(rows))], pa.int64())}
    for name, word in words.items():
        columns[name] = pa.array([row[name] for row in rows], pa.string() if word.values else pa.int64())
    pq.write_table(pa.table({"customer_id": pa.array(range(len(rows)), pa.int64()), **columns}), path)


def other(card: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A variant: points, cuts, bands and shares drawn anew, weights of two indicators of a dimension exchanged."""
    found: dict[str, Any] = json.loads(json.dumps(card))
    added = found["weights"] == "points"
    for dimension in found["dimensions"]:
        parts = dimension["indicators"]
        if not added and len(parts) > 1:
            one, two = chance.sample(parts, 2)
            one["weight"], two["weight"] = two["weight"], one["weight"]
        for part in parts:
            low = -9 if added else 0
            ladder = part.get("ladder", {})
            if "points" in ladder:
                ladder["points"] = [chance.randint(low, int(part["out_of"])) for _ in ladder["points"]]
                ladder["closed"] = chance.choice(["left", "right"]) if "below" in ladder else ladder["closed"]
            elif "values" in part:
                part["values"] = {name: chance.randint(low, int(part["out_of"])) for name in part["values"]}
    bands = found["tiers"].get("bands")
    if bands is not None:
        cuts = sorted(chance.sample(range(1, 900), len(bands["cuts"])), reverse=True)
        last = [] if added else [0]
        numbers = [f"{cut}/9" for cut in cuts[: len(cuts) - len(last)]] + last
        bands["cuts"] = dict(zip(bands["cuts"], numbers, strict=True))
    return found


def agree(texts: list[str], seed: int, folder: Path) -> None:
    """Score once to the union of all plans, and hold every plan to its statement."""
    plans = [compile_plan(parse(text)) for text in texts]
    rows = [row for i, plan in enumerate(plans) for row in customers(plan, seed + i, 40)]
    names = {name for plan in plans for name in plan.inputs}
    rows = [{name: row.get(name) for name in names} for row in rows]
    path = folder / f"{seed}.parquet"
    write_facts(plans, rows, path)
    levels = Levels.read(path, *plans)
    for plan in plans:
        found = [
            (i, r.status, r.tier, r.total, r.worst, r.best, r.candidates, r.levels)
            for i, r in enumerate(levels.grade(plan).rows())
        ]
        assert found == by_duckdb(plan, rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("levels")


@settings(max_examples=25)
@given(scorecards(), st.integers(0, 2**16))
def test_variants_of_random_scorecards_are_graded_as_by_their_statements(folder: Path, text: str, seed: int) -> None:
    chance, texts = random.Random(seed), [text]
    for _ in range(3):
        texts.append(json.dumps(other(json.loads(text), chance)))
    sound = []
    for one in texts:
        try:
            compile_plan(parse(one))
        except UnsoundPolicy:
            continue
        sound.append(one)
    agree(sound, seed, folder)


@settings(max_examples=12)
@given(rankings(), st.integers(0, 2**16))
def test_random_rankings_rank_the_customers_of_the_snapshot(folder: Path, text: str, seed: int) -> None:
    agree([text], seed, folder)


@settings(max_examples=12)
@given(tables(), st.integers(0, 2**16))
def test_random_rules_are_graded_as_by_their_statements(folder: Path, text: str, seed: int) -> None:
    agree([text], seed, folder)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_policies_are_graded_as_by_their_statements(folder: Path, name: str) -> None:
    plan = compile_plan(load(name))
    rows = customers(plan, 1, 300)
    path = folder / "shipped.parquet"
    write_facts([plan], rows, path)
    found = [
        (i, r.status, r.tier, r.total, r.worst, r.best, r.candidates, r.levels)
        for i, r in enumerate(Levels.read(path, plan).grade(plan).rows())
    ]
    assert found == by_duckdb(plan, rows)


def test_a_cut_that_no_plan_had_before_refines_the_codes(tmp_path: Path) -> None:
    snapshot = write_inputs(tmp_path / "inputs", customers=300) / "snapshots" / "2026-03-31.parquet"
    before = compile_plan(parse(POLICY))
    levels = Levels.read(snapshot, before)
    codes = levels.column("amount_12m").codes.copy()
    after = compile_plan(parse(POLICY.replace("cuts: [0, 10, 50]", "cuts: [0, 7, 31]")))
    assert levels.grade(after).impact(levels.grade(before)) == impact(before, after, snapshot)
    assert len(np.unique(levels.column("amount_12m").codes)) > len(np.unique(codes))


def test_impact_and_tallies_are_those_of_two_whole_gradings(tmp_path: Path) -> None:
    folder = write_inputs(tmp_path / "inputs", customers=200)
    snapshot, outcomes = (folder / part / "2025-09-30.parquet" for part in ("snapshots", "outcomes"))
    before, after = (compile_plan(parse(text)) for text in (POLICY, CANDIDATE))
    levels = Levels.read(snapshot, before, outcomes=outcomes)
    old, new = levels.grade(before), levels.grade(after)
    for listed in (None, 3):
        assert new.impact(old, listed=listed) == impact(before, after, snapshot, listed=listed)
    assert new.moved(old) == sum(move.customers for move in new.impact(old).moved) > 0
    assert new.moved_amount(old) == sum(move.amount for move in new.impact(old).moved)
    assert sum(tally.customers for tally in new.tallies) == 200
    (later,) = duckdb.execute(f"select sum(next_amount) from read_parquet('{outcomes}')").fetchall()  # noqa: S608 - our own path
    assert sum(tally.next_amount for tally in new.tallies) == later[0]


def test_impact_between_policies_with_other_tiers_is_that_of_two_whole_gradings(tmp_path: Path) -> None:
    snapshot = write_inputs(tmp_path / "inputs", customers=90) / "snapshots" / "2026-03-31.parquet"
    text = POLICY.replace("order: [A, B, C]", "order: [S, A, C]").replace(
        "{A: 75, B: 40, C: 0}", "{S: 80, A: 30, C: 0}"
    )
    before, after = compile_plan(parse(POLICY)), compile_plan(parse(text))
    levels = Levels.read(snapshot, before, after)
    assert levels.grade(after).impact(levels.grade(before)) == impact(before, after, snapshot)


def test_a_word_that_the_snapshot_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    plan = compile_plan(parse(POLICY))
    write_facts([plan], customers(plan, 1, 5), path)
    levels = Levels.read(path, plan)
    richer = compile_plan(
        parse(
            POLICY.replace("input: satisfaction", "input: orders_12m")
            .replace(", satisfaction: {type: score}", "")
            .replace("[1, 4]", "[0, 4]")
        )
    )
    with pytest.raises(Refusal, match="lacks orders_12m"):
        levels.grade(richer)
    with pytest.raises(Refusal, match="no customer 77"):
        levels.grade(plan).row(77)
    with pytest.raises(Refusal, match=r"missing\.parquet"):
        Levels.read(tmp_path / "missing.parquet", plan)
