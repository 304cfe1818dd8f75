"""A sweep over a history: as many gradings, one scoring, the same figures to the last fen."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_inputs import DATES, POLICY, write_inputs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from test_engines import customers, scorecards
from test_regrade import other, write_facts

from policies import Plan, compile_plan, load, parse
from policies.findings import UnsoundPolicy
from policies.refusal import Refusal
from policies.sweep import Levels
from policies.sweep.grid import read_grid, steps, variants
from policies.sweep.history import sweep, sweep_date
from policies.sweep.product import by_place, likeness, multiplies
from policies.sweep.sums import sums


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


def one_by_one(levels: Levels, plan: Plan) -> list[list[int]]:
    return [[one.customers, one.unknown, one.amount, one.next_amount] for one in levels.grade(plan).tallies]


@settings(max_examples=40)
@given(scorecards(), st.integers(0, 2**16))
def test_the_product_gives_what_each_grading_gives(folder: Path, text: str, seed: int) -> None:
    chance, plans = random.Random(seed), [compile_plan(parse(text))]
    for _ in range(6):
        try:
            plans.append(compile_plan(parse(json.dumps(other(json.loads(text), chance)))))
        except UnsoundPolicy:
            continue
    rows = customers(plans[0], seed, 60)
    path = folder / f"{seed}.parquet"
    write_facts(plans, rows, path)
    levels = Levels.read(path, *plans)
    for found, plan in zip(sweep_date(levels, plans), plans, strict=True):
        assert found.tolist() == one_by_one(levels, plan)
    alike = [plan for plan in plans if multiplies(plan) and likeness(levels, plan) == likeness(levels, plans[0])]
    if alike and multiplies(plans[0]):  # also where a sweep would take them one by one
        assert by_place(levels, alike).tolist() == [one_by_one(levels, plan) for plan in alike]


def test_a_sweep_of_g2_gives_what_each_grading_gives(folder: Path) -> None:
    document = load("sabcd-weighted")
    grid = [
        {"path": "HC.A2.weight", "values": steps("6%", "24%", "6%")},
        {"path": "HC.A2.cuts.2", "values": [40, 60]},
        {"path": "HC.A2.points.1", "values": [4, 6]},
        {"path": "tiers.A", "values": ["70", "75", "221/3"]},
        {"path": "GP.weight", "values": ["20%", "25%"]},
    ]
    found = variants(document, read_grid(grid))
    assert len(found) == 96
    plans = [one.plan for one in found]
    path = folder / "g2.parquet"
    write_facts(plans, customers(plans[0], 3, 900), path)
    levels = Levels.read(path, *plans)
    assert all(map(multiplies, plans))
    assert len({likeness(levels, plan) for plan in plans}) == 1
    for figures, plan in zip(sweep_date(levels, plans), plans, strict=True):
        assert figures.tolist() == one_by_one(levels, plan)


def test_totals_beyond_single_precision_are_as_exact(folder: Path) -> None:
    values = ["1373/10007", "1499/10007", "13731/100003", "1511/10009"]
    plans = [
        one.plan for one in variants(load("sabcd-weighted"), read_grid([{"path": "HC.A2.weight", "values": values}]))
    ]
    assert all(plan.scale > 2**24 for plan in plans)
    path = folder / "large.parquet"
    write_facts(plans, customers(plans[0], 5, 900), path)
    levels = Levels.read(path, *plans)
    assert by_place(levels, plans).tolist() == [one_by_one(levels, plan) for plan in plans]


def test_dates_are_kept_apart_and_add_up(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "inputs")
    plans = [one.plan for one in variants(parse(POLICY), read_grid([{"path": "tiers.A", "values": [60, 75, 90]}]))]
    dates = [(day, inputs / "snapshots" / f"{day}.parquet", inputs / "outcomes" / f"{day}.parquet") for day in DATES]
    history = sweep(dates, plans)
    for place, plan in enumerate(plans):
        for number, (_, facts, outcomes) in enumerate(dates):
            assert history.tallies(place, number) == Levels.read(facts, outcomes=outcomes).grade(plan).tallies
        assert sum(tally.customers for tally in history.tallies(place)) == 80


def test_a_sweep_refuses_other_tiers_and_no_variant(tmp_path: Path) -> None:
    other_tiers = parse(POLICY.replace("order: [A, B, C]", "order: [S, B, C]").replace("{A: 75", "{S: 75"))
    with pytest.raises(Refusal, match="A, B, C and S, B, C"):
        sweep([], [compile_plan(parse(POLICY)), compile_plan(other_tiers)])
    with pytest.raises(Refusal, match="no variant"):
        sweep([], [])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-(2**63) + 2, 2**63 - 1)), max_size=30))
def test_money_is_summed_exactly_whatever_its_size(rows: list[tuple[int, int]]) -> None:
    import numpy as np

    group, fen = (np.array([row[i] for row in rows], np.int64) for i in (0, 1))
    assert sums(group, fen, 3) == [sum(value for key, value in rows if key == i) for i in range(3)]
