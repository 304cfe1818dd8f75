"""Intervals: the sources' notation read exactly, tables of them as cut points, and every gap and overlap with a value."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_texts import CARD, TABLE

from policies import DocumentError, check, compile_plan, parse
from policies.differences import step, structure_differences
from policies.document import Scorecard
from policies.interval import interval
from policies.oracle import facts_of, totals
from policies.version import canonical, semantic_hash

BY_CUTS = "{zero: earns, cuts: [0, 10], points: [5, 10], below: 0}"
BANDS = "bands: {closed: left, cuts: {A: 60, B: 0}}"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("20-50", ["20", "50"], ["19.99", "50.01"]),
        ("20–50", ["20", "50"], ["50.01"]),
        ("20~50", ["50"], ["51"]),
        ("20 至 50", ["50"], ["51"]),
        ("[20, 50)", ["20", "49.99"], ["50", "19"]),
        ("(75, 90]", ["75.01", "90"], ["75", "90.01"]),
        ("（75，90]", ["90"], ["75"]),
        (">=90", ["90"], ["89"]),
        ("≥ 90%", ["0.9"], ["0.89"]),
        ("<40", ["39"], ["40"]),
        ("≤40", ["40", "-5"], ["41"]),
        ("50以上", ["50"], ["49"]),
        ("50及以上", ["50"], ["49"]),
        ("50以下", ["50"], ["51"]),
        ("70以上不满90", ["70", "89.99"], ["90", "69"]),
        ("超过40", ["40.01"], ["40"]),
        ("超过40不超过60", ["60"], ["40", "61"]),
        ("低于40", ["39.99"], ["40"]),
        ("-30%-20%", ["-0.3", "0.2"], ["-0.31"]),
        ("5", ["5"], ["4", "6"]),
    ],
)
def test_the_notations_of_the_sources_mean_what_the_civil_code_says(
    text: str, inside: list[str], outside: list[str]
) -> None:
    read = interval(text)
    for number, held in [*((n, True) for n in inside), *((n, False) for n in outside)]:
        value = Fraction(number)
        above = read.low is None or value > read.low or (read.low_in and value == read.low)
        below = read.high is None or value < read.high or (read.high_in and value == read.high)
        assert (above and below) is held, number


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not an interval; write 20-50"),
        ("20 to 50", "is not an interval"),
        ("5－６", "is not an interval"),
        ("90以上95以上", "is not an interval"),
        ("50-20", "holds no number: 50 does not lie below 20"),
        ("(5, 5]", "holds no number"),
        ("80-90%", "write % at both ends"),
    ],
)
def test_what_is_no_interval_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        interval(text)
    written = TABLE.replace(
        "input: amount_12m, ge: 50", f"input: amount_12m, within: {json.dumps(text, ensure_ascii=False)}"
    )
    with pytest.raises(DocumentError, match=rf"line 8.*{said}"):
        parse(written)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{input: amount_12m, ge: 50}", "{input: amount_12m, within: 50以上}"),
        ("{input: amount_12m, ge: 50}", "{input: amount_12m, within: '>=50'}"),
        (
            "{all: [{input: amount_12m, ge: 20}, {input: amount_12m, lt: 50}]}",
            "{input: amount_12m, within: '[20, 50)'}",
        ),
        ("{all: [{input: amount_12m, ge: 20}, {input: amount_12m, le: 50}]}", "{input: amount_12m, within: 20-50}"),
    ],
)
def test_an_interval_in_a_condition_is_its_comparisons(before: str, after: str) -> None:
    text = TABLE.replace("{input: amount_12m, ge: 50}", before)
    written = parse(text.replace(before, after))
    assert semantic_hash(written) == semantic_hash(parse(text))
    assert compile_plan(written) == compile_plan(parse(text))
    assert parse(canonical(written)) == written


def test_a_fault_inside_an_interval_has_its_line_and_what_is_written_there() -> None:
    findings = check(parse(TABLE.replace("input: amount_12m, ge: 50", "input: amount_12m, within: 20%-50%")))
    assert [(one.code, one.line, one.message) for one in findings] == [
        ("wrong_unit", 8, "20% is a share, and amount_12m is a money"),
        ("wrong_unit", 8, "50% is a share, and amount_12m is a money"),
    ]
    with pytest.raises(DocumentError, match="found input, ge, within"):
        parse(TABLE.replace("ge: 50", "ge: 50, within: 20-50"))


@pytest.mark.parametrize(
    ("by_cuts", "by_intervals"),
    [
        (BY_CUTS, "{zero: earns, intervals: {不满0: 0, '[0, 10)': 5, 10以上: 10}}"),
        (BY_CUTS, "{zero: earns, intervals: {10以上: 10, 0-10: 5, <0: 0}, shared_edge: upper}"),
        (BY_CUTS, "{zero: earns, below: 0, intervals: {0-10: 5, 10以上: 10}, shared_edge: upper}"),
        ("{cuts: [0, 10], points: [5, 10], below: 0, closed: right}", "{intervals: {≤0: 0, '(0, 10]': 5, 超过10: 10}}"),
        ("{cuts: [0.000001, 10], points: [5, 10], below: 0}", "{intervals: {≤0: 0, '(0, 10)': 5, ≥10: 10}}"),
    ],
)
def test_intervals_without_a_seam_are_the_ladder_by_cut_points(by_cuts: str, by_intervals: str) -> None:
    cuts, intervals = parse(CARD.replace(BY_CUTS, by_cuts)), parse(CARD.replace(BY_CUTS, by_intervals))
    assert check(intervals) == []
    assert semantic_hash(intervals) == semantic_hash(cuts)
    assert compile_plan(intervals) == compile_plan(cuts)
    again = parse(canonical(intervals))
    assert again == intervals
    assert "cuts" not in json.loads(canonical(intervals))["dimensions"][0]["indicators"][0]["ladder"]
    assert step(cuts, intervals) == "patch"
    assert all(one.zh and one.en for one in structure_differences(cuts, intervals))


def test_whole_numbers_are_complete_where_money_has_a_gap() -> None:
    ladder = "{below: 0, intervals: {1-2: 2, 3-5: 5, 6以上: 10}}"
    text = CARD.replace(BY_CUTS, ladder)
    gaps = [one for one in check(parse(text)) if one.code == "ladder_gap"]
    assert [one.counter_example for one in gaps] == [{"amount_12m": "2.5"}, {"amount_12m": "5.5"}]
    counted = parse(text.replace("amount_12m", "orders_12m").replace("type: money, unit: 万元", "type: count"))
    assert check(counted) == []
    by_cuts = text.replace("amount_12m", "orders_12m").replace("type: money, unit: 万元", "type: count")
    assert semantic_hash(counted) == semantic_hash(
        parse(by_cuts.replace(ladder, "{below: 0, cuts: [1, 3, 6], points: [2, 5, 10]}"))
    )


def test_five_in_two_bands_is_found_with_the_value_five() -> None:
    text = CARD.replace(BY_CUTS, "{below: 0, intervals: {1-2: 5, 3-5: 10, 5以上: 15}}").replace(
        "out_of: 10", "out_of: 15"
    )
    text = text.replace("amount_12m", "orders_12m").replace("type: money, unit: 万元", "type: count")
    (finding,) = check(parse(text))
    assert (finding.code, finding.counter_example) == ("ladder_overlap", {"orders_12m": "5"})
    assert finding.message == "orders_12m can be 5, which stands in 3-5 and in 5以上: X1 gives 10 or 15 points"
    for side, points in (("lower", 10), ("upper", 15)):
        settled = parse(text.replace("5以上: 15}", f"5以上: 15}}, shared_edge: {side}"))
        assert isinstance(settled, Scorecard)
        assert totals(settled, {"orders_12m": 5})[0] * 15 == points * 100


@pytest.mark.parametrize(
    ("ladder", "code", "value"),
    [
        ("{intervals: {<0: 0, 0-10: 5, 10-50: 10}, zero: earns}", "ladder_overlap", "10"),
        ("{intervals: {<0: 0, 0-10: 5, 10-50: 10}, zero: earns}", "ladder_gap", "100"),
        ("{intervals: {<0: 0, '[0, 10)': 5, 超过10: 10}, zero: earns}", "ladder_gap", "10"),
        ("{intervals: {0-10: 5, 超过10: 10}, zero: earns}", "ladder_open", "-0.000001万元"),
    ],
)
def test_a_seam_in_a_ladder_shows_a_value(ladder: str, code: str, value: str) -> None:
    findings = check(parse(CARD.replace(BY_CUTS, ladder)))
    assert {"amount_12m": value} in [one.counter_example for one in findings if one.code == code]
    assert all(one.line == 17 for one in findings)


@pytest.mark.parametrize(
    ("by_cuts", "by_intervals"),
    [
        (BANDS, "bands: {intervals: {A: '[60, 100]', B: '[0, 60)'}}"),
        (BANDS, "bands: {intervals: {A: 60以上, B: 不满60}}"),
        (BANDS, "bands: {intervals: {A: 60-100, B: 0-60}, shared_edge: upper}"),
        (BANDS.replace("left", "right"), "bands: {intervals: {A: '>60', B: ≤60}}"),
        (BANDS.replace("left", "right"), "bands: {intervals: {B: 0-60, A: 60-100}, shared_edge: lower}"),
    ],
)
def test_intervals_without_a_seam_are_the_bands_by_cut_points(by_cuts: str, by_intervals: str) -> None:
    cuts, intervals = parse(CARD.replace(BANDS, by_cuts)), parse(CARD.replace(BANDS, by_intervals))
    assert check(intervals) == []
    assert semantic_hash(intervals) == semantic_hash(cuts)
    assert compile_plan(intervals) == compile_plan(cuts)
    assert parse(canonical(intervals)) == intervals


@pytest.mark.parametrize(
    ("bands", "code", "said"),
    [
        ("{A: 60-100, B: 0-59}", "band_gap", "above 59 and below 60 have no tier"),
        (
            "{A: 60-99, B: 不满60}",
            "band_gap",
            "above 99 and up to 100 have no tier: 1 of 3 combinations of points (33.33%)",
        ),
        ("{A: 60-100, B: 0-60}", "band_overlap", "a total of 60 is B (0-60) and A (60-100)"),
        ("{A: 60以上, B: 10-60}", "band_gap", "from 0 and below 10 have no tier: 1 of 3"),
    ],
)
def test_a_seam_in_the_bands_shows_totals_and_how_many_combinations_have_them(bands: str, code: str, said: str) -> None:
    findings = [one for one in check(parse(CARD.replace(BANDS, f"bands: {{intervals: {bands}}}"))) if one.code == code]
    assert said in findings[0].message
    assert findings[0].line == 20


def test_bands_closed_now_here_and_now_there_are_told() -> None:
    text = CARD.replace("order: [A, B]", "order: [A, B, C]").replace(
        BANDS, "bands: {intervals: {A: ≥90, B: '(60, 90)', C: ≤60}}"
    )
    assert [one.code for one in check(parse(text))] == ["bands_mixed"]


def test_a_customer_of_a_gap_has_the_total_that_the_finding_tells() -> None:
    text = CARD.replace(BY_CUTS, "{cuts: [1, 10], points: ['8.95', 10], below: 0}")
    text = text.replace(BANDS, "bands: {intervals: {A: 90-100, B: 0-89}}")
    document = parse(text)
    (finding,) = check(document)
    assert finding.message == (
        "totals above 89 and below 90 have no tier: 1 of 3 combinations of points (33.33%), such as a customer with a total of 89.5"
    )
    assert isinstance(document, Scorecard)
    assert finding.counter_example is not None
    facts = facts_of(document, finding.counter_example)
    assert totals(document, facts) == (Fraction("89.5"), Fraction("89.5"))


@pytest.mark.parametrize(
    ("points", "direction", "codes"),
    [
        ("[5, 10]", "rising", []),
        ("[5, 10]", "falling", ["ladder_direction", "ladder_direction"]),
        ("[10, 5]", "rising", ["ladder_direction"]),
        ("[10, 10]", "rising", []),
    ],
)
def test_points_against_the_declared_direction_are_told(points: str, direction: str, codes: list[str]) -> None:
    text = CARD.replace("points: [5, 10], below: 0", f"points: {points}, below: 0, direction: {direction}")
    assert [one.code for one in check(parse(text))] == codes


def test_nothing_that_earns_points_is_told_unless_it_is_meant() -> None:
    (finding,) = check(parse(CARD.replace("zero: earns, ", "")))
    assert (finding.code, finding.severity, finding.counter_example) == ("zero_earns", "warning", {"amount_12m": "0"})
    assert finding.message == "amount_12m of 0万元 earns 5 of 10 points in X1, and more earns more"
    falling = CARD.replace("zero: earns, cuts: [0, 10], points: [5, 10], below: 0", "cuts: [1], points: [0], below: 10")
    assert "zero_earns" not in {
        one.code
        for one in check(
            parse(falling.replace("amount_12m", "complaints_12m").replace("type: money, unit: 万元", "type: count"))
        )
    }


def test_having_nothing_that_costs_points_earns_none() -> None:
    costs = CARD.replace("weights: absolute", "weights: points").replace("        weight: 100%\n", "")
    costs = costs.replace("    weight: 100%\n", "").replace(BY_CUTS, "{cuts: [0, 10], points: [-5, 10], below: -5}")
    assert check(parse(costs.replace("{A: 60, B: 0}", "{A: 6, B: -5}"))) == []


def test_an_amount_in_a_unit_that_there_is_not_is_told_and_nothing_else() -> None:
    (finding,) = check(parse(CARD.replace("zero: earns, ", "").replace("万元", "万")))
    assert (finding.code, finding.cure) == ("wrong_unit", "Write 元, 万元, 亿元.")


def test_one_way_of_writing_at_a_time() -> None:
    for ladder in (
        "{cuts: [0, 10]}",
        "{cuts: [0], points: [1], shared_edge: upper}",
        "{intervals: {0-10: 5}, cuts: [0], points: [1]}",
        "{intervals: {<0: 0, 0以上: 5}, below: 0}",
        "{intervals: {<0: 0, 0以上: 5}, closed: left}",
    ):
        with pytest.raises(DocumentError, match="line 17"):
            parse(CARD.replace(BY_CUTS, ladder))
    for bands in ("{closed: left}", "{intervals: {A: ≥60, B: <60}, closed: left}", "{cuts: {A: 60, B: 0}}"):
        with pytest.raises(DocumentError, match="line 20"):
            parse(CARD.replace(BANDS, f"bands: {bands}"))


@settings(deadline=None)  # the machine is shared
@given(st.sets(st.integers(-40, 40), min_size=1, max_size=4), st.booleans(), st.randoms())
def test_any_touching_intervals_in_any_order_are_the_ladder_by_cut_points(
    found: set[int], left: bool, chance: Random
) -> None:
    cuts = sorted(found)
    rows = [f"<{cuts[0]}" if left else f"<={cuts[0]}"]
    rows += [f"[{a}, {b})" if left else f"({a}, {b}]" for a, b in pairwise(cuts)]
    rows += [f">={cuts[-1]}" if left else f">{cuts[-1]}"]
    points = [chance.randint(0, 10) for _ in rows]
    by_cuts = {"cuts": cuts, "points": points[1:], "below": points[0], "closed": "left" if left else "right"}
    mixed = list(zip(rows, points, strict=True))
    chance.shuffle(mixed)
    one, other = (parse(CARD.replace(BY_CUTS, json.dumps(ladder))) for ladder in (by_cuts, {"intervals": dict(mixed)}))
    assert semantic_hash(one) == semantic_hash(other)
    assert compile_plan(one) == compile_plan(other)
    assert parse(canonical(other)) == other


def test_a_tier_that_only_what_cannot_exist_reaches_is_reached() -> None:
    text = CARD.replace("points: [5, 10]", "points: [1, 2]")
    assert "tier_unreachable" in {one.code for one in check(parse(text))}
    text = text.replace("missing: pending", "missing: pending\nnot_applicable: {points: 10}")
    assert "tier_unreachable" not in {one.code for one in check(parse(text))}
