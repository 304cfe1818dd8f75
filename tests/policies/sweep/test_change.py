"""Changes and grids: exact values at paths by id, the other weights scaled so that 100 % stays 100 %, good errors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_inputs import POLICY

from policies import compile_plan, load, parse
from policies.document import Policy, Scorecard
from policies.exact import percent
from policies.reading import DocumentError
from policies.refusal import Refusal
from policies.sweep import changed
from policies.sweep.change import Scale, applied
from policies.sweep.grid import read_grid, steps, variants
from policies.version import differences

G2 = load("sabcd-weighted")


def weights(document: Policy) -> dict[str, Fraction]:
    assert isinstance(document, Scorecard)
    found = {dimension.id: dimension.weight or Fraction(0) for dimension in document.dimensions}
    return found | {part.id: part.weight or Fraction(0) for _, part, _ in document.indicators}


def test_a_weight_takes_its_room_from_its_dimension() -> None:
    found = weights(changed(G2, "HC.A2.weight", "20%", scale="dimension"))
    assert (found["A1"], found["A2"], found["A3"]) == (Fraction(12, 100), Fraction(20, 100), Fraction(8, 100))
    assert {name: found[name] for name in ("HC", "B1", "D3")} == {
        name: weights(G2)[name] for name in ("HC", "B1", "D3")
    }


def test_a_weight_takes_its_room_from_all_others() -> None:
    found = weights(changed(G2, "A2.weight", "32%", scale="all"))
    assert found["A2"] == Fraction(32, 100)
    assert found["D1"] == Fraction(4, 100) * Fraction(68, 85)
    assert found["HC"] == found["A1"] + found["A2"] + found["A3"]
    compile_plan(changed(G2, "A2.weight", "32%", scale="all"))


def test_a_dimension_takes_its_room_from_the_others_and_keeps_its_proportions() -> None:
    found = weights(changed(G2, "HC.weight", "52%", scale="dimension"))
    assert (found["A1"], found["A3"]) == (Fraction(15, 100) * Fraction(52, 40), Fraction(10, 100) * Fraction(52, 40))
    assert found["AL"] == Fraction(25, 100) * Fraction(48, 60)
    compile_plan(changed(G2, "HC.weight", "52%", scale="dimension"))


@given(st.integers(1, 15), st.integers(1, 99), st.sampled_from(["dimension", "all"]))
def test_weights_sum_to_100_percent_whatever_moves(one: int, other: int, scale: Scale) -> None:
    for settings in (
        {"HC.A2.weight": f"{one}%"},
        {"HC.A1.weight": f"{one}/80", "HC.A2.weight": f"{one}/81"},
        {"SS.weight": f"{other}%"},
    ):
        compile_plan(applied(G2, settings, scale))  # its check wants exact sums


def test_relative_weights_are_scaled_inside_their_dimension() -> None:
    text = POLICY.replace("weights: absolute", "weights: relative")
    found = weights(changed(parse(text), "V1.weight", "50%", scale="dimension"))
    assert (found["V"], found["V1"], found["V2"]) == (1, Fraction(1, 2), Fraction(1, 2))
    with pytest.raises(Refusal, match="relative"):
        changed(parse(text), "V1.weight", "50%", scale="all")


def test_cuts_points_bands_and_conditions_are_reached_by_their_paths() -> None:
    found = applied(
        G2, {"HC.A2.cuts.3": "120", "AL.B1.points": [0, 4, 9, 15], "tiers.S": "88.5", "gates.dormant.effect.cap": "C"}
    )
    assert [line for line in differences(G2, found) if "hash" not in line[0]] == [
        ("dimensions.HC.indicators.A2.ladder.cuts.3", "100", "120"),
        ("dimensions.AL.indicators.B1.ladder.points.1", "5", "4"),
        ("dimensions.AL.indicators.B1.ladder.points.2", "10", "9"),
        ("gates.dormant.effect.cap", "D", "C"),
        ("tiers.bands.cuts.S", "90", "177/2"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "scale", "said"),
    [
        ("HC.A9.weight", "10%", "dimension", "there is no 'A9'; did you mean A"),
        ("HX.A2.weight", "10%", "dimension", "there is no 'HX'; did you mean"),
        ("tiers.X", "10", "none", "there is no 'X'; known here: A, B, C, D, S"),
        ("HC.A2.cuts.9", "10", "none", "there is no '9'; .*known here: 0, 1, 2, 3"),
        ("HC.A2.weight.more", "10", "none", "nothing stands below '3/20'"),
        ("", "10", "none", "no path"),
        ("HC.A2.weight", 0.15, "dimension", "0.15 is not an exact number"),
        ("HC.A2.cuts.2", 50.5, "none", "50.5 is not an exact number"),
        ("HC.A2.weight", "40%", "dimension", "leaves 0% of 40% for the others of HC"),
        ("HC.weight", "101%", "dimension", "leaves -1% of 100% for the others of the policy"),
        ("HC.A2.points", [1], "none", None),
    ],
)
def test_a_wrong_change_is_refused_with_what_there_is(path: str, value: Any, scale: Scale, said: str | None) -> None:
    with pytest.raises(Refusal, match=said):
        compile_plan(changed(G2, path, value, scale=scale))


def test_a_value_that_does_not_fit_the_schema_is_refused_as_in_a_file() -> None:
    with pytest.raises(DocumentError, match="twelve"):
        changed(G2, "HC.A2.cuts.2", "twelve")


def test_a_grid_combines_its_values_or_takes_one_figure_at_a_time() -> None:
    grid = [{"path": "A2.weight", "values": ["10%", "20%"]}, {"path": "tiers.A", "values": [70, 75, 80]}]
    assert [one.name for one in variants(G2, read_grid(grid))][:4] == [
        "A2.weight = 10%, tiers.A = 70", "A2.weight = 10%, tiers.A = 75", "A2.weight = 10%, tiers.A = 80",
        "A2.weight = 20%, tiers.A = 70",
    ]  # fmt: skip
    assert len(variants(G2, read_grid({"vary": grid, "combine": "each"}))) == 5


def test_values_by_steps_are_exact() -> None:
    assert steps("10%", "11%", "0.25%") == ["10%", "10.25%", "10.5%", "10.75%", "11%"]
    assert steps("1/3", "1", "1/3") == ["1/3", "2/3", "1"]
    with pytest.raises(Refusal, match="step above 0"):
        steps("1", "2", "0")


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ([{"path": "A2.weight", "values": [0.1]}], "0.1 is a float; write it as text"),
        ([{"path": "A2.weight"}], "vary.0.values"),
        ([{"path": "A2.weight", "values": ["1%"], "step": 2}], "vary.0.step"),
        ([{"path": "A2.weight", "values": ["1%", "1%"]}], "twice"),
        ([{"path": "a", "values": ["1"]}, {"path": "a", "values": ["2"]}], "a is varied twice"),
        ([{"path": f"p{i}", "values": list(range(100))} for i in range(3)], "1,000,000 variants are more than 10,000"),
        ({"vary": [], "combine": "some"}, "combine"),
    ],
)
def test_a_wrong_grid_is_refused(grid: Any, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        read_grid(grid)


def test_an_unsound_variant_is_refused_by_its_name() -> None:
    with pytest.raises(Refusal, match=r"The variant tiers\.A = 95: .*") as refused:
        variants(G2, read_grid([{"path": "tiers.A", "values": [70, 95]}]))
    assert refused.value.code == "policy_invalid"


def test_percent_is_what_a_reader_writes() -> None:
    assert percent(Fraction(3, 20)) == "15%"
