"""Sensitivity: tornado, noise on the weights, other readings and the frontier, each against figures counted another way."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from study_inputs import CANDIDATE, DATES, POLICY, write_inputs

from policies import compile_plan, load, parse
from policies.documents import shipped
from policies.impact import impact
from policies.oracle import grade
from policies.refusal import Refusal
from policies.sweep import Levels
from policies.sweep.change import applied
from policies.sweep.frontier import efficient, frontier
from policies.sweep.grid import read_grid, variants
from policies.sweep.history import sweep
from policies.sweep.noise import UNIT, noise, perturbed
from policies.sweep.readings import interpreted, readings
from policies.sweep.steps import Steps
from policies.sweep.tornado import tornado

SAID = """\
interpretations:
  - {id: I1, clause: x, reading: y, alternatives: [{closed: right, at: V.V1, effect: z}, {rounding: half_up}, {meaning: otherwise}]}
  - {id: I2, clause: x, reading: y, alternatives: [{population: "active, potential"}, {population: everyone}, {cuts: "1, 2", at: V1}]}
"""


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return write_inputs(tmp_path / "inputs", customers=400) / "snapshots" / f"{DATES[1]}.parquet"


def test_each_bar_of_the_tornado_is_the_impact_of_its_change(snapshot: Path) -> None:
    document = parse(POLICY)
    plan = compile_plan(document)
    bars = tornado(Levels.read(snapshot, plan), document)
    assert [bar.customers for bar in bars] == sorted((bar.customers for bar in bars), reverse=True)
    assert {bar.path for bar in bars} == {
        "V.V1.weight", "V.V2.weight", "V.V1.cuts.1", "V.V1.cuts.2", "V.V2.cuts.0", "V.V2.cuts.1", "tiers.A", "tiers.B",
    }  # fmt: skip
    assert bars[0].customers > 0
    for bar in bars:
        for effect in (bar.lower, bar.higher):
            if effect.refused:
                assert effect.customers == 0
                continue
            moved = impact(plan, compile_plan(applied(document, {bar.path: effect.value}, "dimension")), snapshot).moved
            assert (effect.customers, effect.amount) == (sum(m.customers for m in moved), sum(m.amount for m in moved))
            assert effect.up + effect.down <= effect.customers


def test_a_step_that_the_policy_cannot_take_says_why(snapshot: Path) -> None:
    document = parse(POLICY)
    bars = tornado(Levels.read(snapshot, compile_plan(document)), document, Steps(weights=Fraction(20, 100)))
    found = {bar.path: bar for bar in bars}
    assert "leaves 0%" in found["V.V1.weight"].higher.refused
    assert found["V.V1.weight"].lower.refused == ""


def test_a_policy_without_points_has_no_tornado(snapshot: Path) -> None:
    document = load("sabc-threshold")
    assert tornado(Levels.read(snapshot, compile_plan(document)), document) == ()


def test_noise_is_the_same_for_a_seed_and_counts_who_stays(snapshot: Path) -> None:
    document = parse(POLICY)
    levels = Levels.read(snapshot, compile_plan(document))
    first, again, other = (noise(levels, document, draws=20, concentration=20, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    before = levels.grade(compile_plan(document))
    moved = tuple(
        levels.grade(compile_plan(one)).moved(before) for one in perturbed(document, draws=20, concentration=20, seed=1)
    )
    assert first.moved == moved
    assert max(moved) > 0
    assert first.kept == 1 - Fraction(sum(moved), 20 * 400)
    assert first.always <= first.kept
    assert first.customers == 400


def test_the_firmer_the_weights_the_fewer_move(snapshot: Path) -> None:
    document = parse(POLICY)
    levels = Levels.read(snapshot, compile_plan(document))
    loose, firm = (noise(levels, document, draws=30, concentration=one) for one in (10, 100_000))
    assert sum(firm.moved) < sum(loose.moved)


def test_drawn_weights_are_basis_points_that_sum_to_100_percent() -> None:
    document = load("sabcd-weighted")
    for one in perturbed(document, draws=20, concentration=3, seed=4):
        shares = [one.share(dimension, part) or Fraction(0) for dimension, part, _ in one.indicators]  # type: ignore[union-attr]  # a scorecard
        assert sum(shares) == 1
        assert all(share >= Fraction(1, UNIT) and (share * UNIT).denominator == 1 for share in shares)
        compile_plan(one)


def test_noise_is_refused_where_there_are_no_weights() -> None:
    with pytest.raises(Refusal, match="no weights"):
        perturbed(load("tax-credit"), draws=3, concentration=5, seed=1)
    with pytest.raises(Refusal, match="0 draws"):
        perturbed(parse(POLICY), draws=0, concentration=5, seed=1)


def test_other_readings_move_whom_the_changed_document_moves(snapshot: Path) -> None:
    document = parse(POLICY + SAID)
    plan = compile_plan(document)
    found = {moved.reading.alternative: moved for moved in interpreted(Levels.read(snapshot, plan), document)}
    closed = compile_plan(parse(POLICY.replace("below: 0}", "below: 0, closed: right}")))
    moves = impact(plan, closed, snapshot).moved
    assert found["closed: right (V.V1)"].customers == sum(move.customers for move in moves)
    everyone = compile_plan(parse(POLICY.replace("population: {applies_to: {status: [active, lost]}}\n", "")))
    moves = impact(plan, everyone, snapshot).moved
    assert found["population: everyone"].customers == sum(move.customers for move in moves) == 40
    assert found["population: everyone"].amount == sum(move.amount for move in moves) > 0
    assert found["population: active, potential"].customers == 40
    assert "said in words" in found["meaning: otherwise"].reading.why
    assert found["meaning: otherwise"].reading.plan is None
    assert "V1.cuts has 3 values (0, 10, 50), and the alternative names 2" in found["cuts: 1, 2 (V1)"].reading.why


def test_rounding_moves_a_half_up_or_to_the_even_number() -> None:
    up, even, *_ = readings(load("sabcd-weighted"))
    assert up.plan is not None
    assert even.plan is not None
    for thirtieths, places in (
        (2684, "AA"),
        (2685, "SS"),
        (2234, "BB"),
        (2235, "AB"),
        (2236, "AA"),
        (1784, "CC"),
        (1785, "BB"),
    ):
        assert "".join(plan.tiers[plan.tier_of(thirtieths)] for plan in (up.plan, even.plan)) == places, thirtieths
    (down,) = readings(
        parse(POLICY + "interpretations: [{id: I, clause: x, reading: y, alternatives: [{rounding: down}]}]")
    )
    assert "rounding down" in down.why


def test_shipped_readings_are_applied_or_say_why() -> None:
    told = {(name, one.id, one.alternative): one for name in shipped() for one in readings(load(name))}
    assert all((one.plan is None) == bool(one.why) for one in told.values())
    by_policy = {name: [bool(one.plan) for (policy, _, _), one in told.items() if policy == name] for name in shipped()}
    assert by_policy["sabcd-weighted"] == [True, True, True, False, True, True, True]
    assert by_policy["diamond-to-bronze"] == [True, True, True, False, True, True, True]
    assert "weights are relative" in told["sabcd-weighted", "I3", "weights: relative"].why


def test_a_shipped_reading_of_g2_grades_as_it_says() -> None:
    document = load("sabcd-weighted")
    facts = {"status": "active", "amount_12m": 10_000_000, "orders_12m": 5}
    plans = {one.alternative: one.plan for one in readings(document) if one.plan is not None}
    at_ten, at_five = plans["closed: right (HC.A2)"], plans["cuts: 0, 1, 3, 5 (AL.B1)"]
    base = compile_plan(document)
    worst = {
        name: Fraction(grade(plan, facts).worst, plan.scale) * 100
        for name, plan in (("base", base), ("ten", at_ten), ("five", at_five))
    }
    assert worst["base"] - worst["ten"] == Fraction(15, 100) * 30  # 5 points of 10 became 2
    assert worst["five"] - worst["base"] == Fraction(10, 100) * 100 / 3  # 10 points of 15 became 15


def test_the_frontier_marks_what_nothing_beats(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "inputs", candidate=CANDIDATE)
    found = variants(
        parse(CANDIDATE),
        read_grid([{"path": "tiers.A", "values": [50, 75, 90]}, {"path": "V1.weight", "values": ["60%", "80%"]}]),
    )
    dates = [(day, inputs / "snapshots" / f"{day}.parquet", inputs / "outcomes" / f"{day}.parquet") for day in DATES]
    history = sweep(dates, [one.plan for one in found])
    points = frontier(history, [one.name for one in found], "A", hours={"A": Fraction(3, 2)})
    for point in points:
        tallies = history.tallies(point.variant)
        assert point.customers == Fraction(tallies[0].customers, 2)
        assert point.hours == point.customers * Fraction(3, 2)
        assert point.of_next == Fraction(tallies[0].next_amount, sum(tally.next_amount for tally in tallies))
        beaten = [
            one for one in points
            if (one.hours <= point.hours and one.next_amount > point.next_amount)
            or (one.hours < point.hours and one.next_amount >= point.next_amount)
        ]  # fmt: skip
        assert point.efficient == (not beaten)
    assert any(point.efficient for point in points)
    both = frontier(history, [one.name for one in found], "B", revenue="amount")
    assert all(one.hours == one.customers for one in both)


def test_equal_points_are_both_marked() -> None:
    points = [(Fraction(2), 5), (Fraction(1), 5), (Fraction(1), 5), (Fraction(3), 6), (Fraction(1), 4)]
    assert efficient(points) == [False, True, True, True, False]


def test_a_frontier_refuses_tiers_that_are_not_there(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "inputs")
    history = sweep([(DATES[0], inputs / "snapshots" / f"{DATES[0]}.parquet", None)], [compile_plan(parse(POLICY))])
    for tier, hours, said in (
        ("Z", None, "no tier 'Z'"),
        ("B", {"A": Fraction(1)}, "lack B"),
        ("A", {"A": Fraction(1), "Q": Fraction(1)}, "'Q'"),
    ):
        with pytest.raises(Refusal, match=said):
            frontier(history, ["base"], tier, hours=hours)
