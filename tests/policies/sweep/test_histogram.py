"""Bands alone: a histogram of totals gives what grading under each set of bands gives."""

from __future__ import annotations

import json
import random
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_inputs import POLICY, write_inputs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from test_engines import customers, scorecards
from test_history import one_by_one
from test_regrade import write_facts

from policies import compile_plan, load, parse
from policies.findings import UnsoundPolicy
from policies.refusal import Refusal
from policies.sweep import Levels
from policies.sweep.histogram import Histogram


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histogram")


@settings(max_examples=25)
@given(scorecards(), st.integers(0, 2**16))
def test_bands_over_a_histogram_are_those_of_each_grading(folder: Path, text: str, seed: int) -> None:
    chance, card = random.Random(seed), json.loads(text)
    plan = compile_plan(parse(text))
    path = folder / f"{seed}.parquet"
    write_facts([plan], customers(plan, seed, 80), path)
    levels = Levels.read(path, plan)
    names, plans, cuts = card["tiers"]["order"][:-1], [], []
    for _ in range(6):
        numbers = sorted(chance.sample(range(1, 1000), len(names)), reverse=True)
        named = dict(zip(names, [Fraction(number, 10) for number in numbers], strict=True))
        kept = card["tiers"]["bands"]["cuts"]
        card["tiers"]["bands"]["cuts"] = {**kept, **{tier: str(cut) for tier, cut in named.items()}}
        try:
            plans.append(compile_plan(parse(json.dumps(card))))
        except UnsoundPolicy:
            continue
        cuts.append(named)
    histogram = Histogram(levels, plan)
    found = histogram.sweep(histogram.begins(cuts))
    assert found.tolist() == [one_by_one(levels, other) for other in plans]


def test_thousands_of_bands_of_g2_agree_however_many_cuts_there_are(folder: Path) -> None:
    plan = compile_plan(load("sabcd-weighted"))
    path = folder / "g2.parquet"
    write_facts([plan], customers(plan, 1, 2000), path)
    levels = Levels.read(path, plan)
    histogram = Histogram(levels, plan)
    chance = np.random.default_rng(1)
    begins = -np.sort(-chance.integers(1, 3000, (3000, 4)), axis=1)
    many = histogram.sweep(begins)
    for place in (0, 1234, 2999):
        assert np.array_equal(histogram.sweep(begins[place : place + 1])[0], many[place])
    assert (many[..., 0].sum(axis=1) == 2000).all()
    assert many[0].tolist() != many[1].tolist()


def test_wrong_bands_are_refused(tmp_path: Path) -> None:
    snapshot = write_inputs(tmp_path / "inputs") / "snapshots" / "2026-03-31.parquet"
    plan = compile_plan(parse(POLICY))
    histogram = Histogram(Levels.read(snapshot, plan), plan)
    with pytest.raises(Refusal, match="No total begins 'C'"):
        histogram.begins([{"C": 3}])
    with pytest.raises(Refusal, match="A 30 a better tier begins below"):
        histogram.begins([{"A": 70}, {"A": 30}])
    rules = compile_plan(load("sabc-threshold"))
    with pytest.raises(Refusal, match="kind rules"):
        Histogram(Levels.read(snapshot, rules), rules)
