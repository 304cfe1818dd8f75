"""Re-weighting: the known indicators of a dimension share out the weight of the missing ones, exactly, and say so."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from policies import check, compile_plan, coverage, explain, grade, parse
from policies.boundaries import boundary_cases
from policies.differences import structure_differences
from policies.mutation import mutation
from policies.offline import grade_file
from policies.picture import waterfall
from policies.reading import DocumentError
from policies.states import NOT_APPLICABLE, PENDING
from policies.version import semantic_hash

CARD = """
kind: scorecard
id: shared
title: {zh: 分摊, en: Shared}
inputs: {amount_12m: {type: money, unit: 万元}}
weights: absolute
missing: {reweight: {minimum_coverage: 60%}}
dimensions:
- id: H
  title: {zh: 历史, en: History}
  weight: 70%
  indicators:
  - {id: a, input: amount_12m, weight: 30%, out_of: 10, ladder: {cuts: [1, 5], points: [3, 10], below: 0}}
  - {id: b, input: orders_12m, weight: 20%, out_of: 10, ladder: {cuts: [0, 5], points: [3, 10]}}
  - {id: c, input: tenure, weight: 20%, out_of: 10, ladder: {cuts: [0, 5], points: [3, 10]}}
- id: P
  title: {zh: 潜力, en: Potential}
  weight: 30%
  indicators:
  - {id: d, input: purchase_intent, weight: 20%, out_of: 10, missing: pending,
     panel: {proposed_by: sales, settled_by: panel, raters: 3, aggregate: median, valid_months: 12}}
  - {id: e, input: margin_rate, weight: 10%, out_of: 10, ladder: {cuts: [10%], points: [10], below: 0}, not_applicable: {points: 5}}
tiers:
  order: [S, A, B]
  bands: {closed: left, cuts: {S: 80, A: 50, B: 0}}
"""
FULL: dict[str, Any] = {
    "amount_12m": 5_000_000, "orders_12m": 0, "tenure": 9, "purchase_intent": 10, "margin_rate": 1_000,
}  # fmt: skip


def points(**other: Any) -> tuple[Fraction, Fraction]:
    """The worst and the best total of a customer who differs from FULL."""
    plan = compile_plan(parse(CARD))
    found = grade(plan, FULL | other)
    return Fraction(found.worst * 100, plan.scale), Fraction(found.best * 100, plan.scale)


def test_what_is_known_takes_over_the_weight_of_what_is_missing() -> None:
    assert points() == (86, 86)  # 30 + 20 x 3/10 + 20 + 20 + 10
    assert points(orders_12m=None) == (100, 100)  # 70 x (30 + 20) / 50, and 30
    assert points(tenure=None) == (Fraction(36 * 7, 5) + 30,) * 2
    assert points(tenure=PENDING) == points(tenure=None)
    assert points(tenure=NOT_APPLICABLE) == points(tenure=None)  # without points of its own that counts like missing


def test_below_the_least_coverage_what_is_missing_counts_at_its_worst_and_its_best() -> None:
    # 40 of 70 is 57 %: too little.
    assert points(amount_12m=None) == (56, 86)
    assert points(orders_12m=None, tenure=None) == (30 + 12 + 30, 30 + 40 + 30)
    assert points(amount_12m=None, orders_12m=None, tenure=None) == (12 + 30, 100)


def test_an_indicator_that_says_its_own_treatment_shares_nothing_out() -> None:
    assert points(purchase_intent=None) == (66, 86)
    assert points(margin_rate=None) == (76, 86)  # alone in its dimension there is none to take it over
    assert points(margin_rate=NOT_APPLICABLE) == (81, 81)


def test_other_dimensions_take_nothing_over() -> None:
    first, both = points(orders_12m=None), points(orders_12m=None, purchase_intent=None)
    assert (first[0] - both[0], first[1] - both[1]) == (20, 0)


def test_the_explanation_says_what_was_shared_out() -> None:
    plan = compile_plan(parse(CARD))
    facts = FULL | {"orders_12m": None}
    told = explain(plan, facts)
    by_id = {part.rung.id: part for part in told.contributions}
    assert [(by_id[name].factor, by_id[name].contribution) for name in "abc"] == [
        (Fraction(7, 5), 42), (Fraction(0), 0), (Fraction(7, 5), 28),
    ]  # fmt: skip
    assert [part.factor for part in told.contributions if part.dimension == "P"] == [1, 1]
    assert sum(part.contribution for part in told.contributions) == told.total == 100
    assert (told.status, told.tier, told.missing) == ("graded", "S", ("b",))
    assert "  a 近一年采购金额:5万元,10/10 分 × 30% × 1.4 = 42.0" in told.lines("zh")
    assert "  b 近一年订单数:缺失,权重 20% 由本维度已知的指标分摊" in told.lines("zh")
    assert "shared out to the known ones of the dimension" in " ".join(told.lines("en"))
    for language, words in (("zh", "由已知指标分摊"), ("en", "is shared out")):
        assert words in waterfall(plan, told, language)
    assert "30% × 1.4" in told._repr_html_()


def test_levels_alone_rebuild_what_was_shared_out() -> None:
    plan = compile_plan(parse(CARD))
    for facts in (FULL, FULL | {"orders_12m": None}, FULL | {"amount_12m": None}, {}):
        full, alone = explain(plan, facts), explain(plan, levels=grade(plan, facts).levels)
        assert [(part.factor, part.contribution, part.best) for part in alone.contributions] == [
            (part.factor, part.contribution, part.best) for part in full.contributions
        ]


def test_a_file_of_grades_shows_the_contributions_that_sum_to_the_total(tmp_path: Path) -> None:
    plan = compile_plan(parse(CARD))
    facts = tmp_path / "facts.csv"
    facts.write_text(
        "customer,amount_12m,orders_12m,tenure,purchase_intent,margin_rate\n"
        "full,50000,0,9,10,10%\nshared,50000,,9,10,10%\nshort,,0,9,10,10%\n"
    )
    grade_file(plan, facts, tmp_path / "out.csv", units="written")
    rows = duckdb.read_csv(str(tmp_path / "out.csv"), all_varchar=True).fetchall()
    assert [row[3:] for row in rows] == [
        ("86", "S", "30", "6", "20", "20", "10"), ("100", "S", "42", "0", "28", "20", "10"),
        (None, "S|A", None, "6", "20", "20", "10"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "words"),
    [
        ("missing: {reweight: {minimum_coverage: 60%}}", "missing: {reweight: {minimum_coverage: 0}}", "reweight_coverage", 7, "minimum_coverage is 0%"),
        ("missing: {reweight: {minimum_coverage: 60%}}", "missing: {reweight: {minimum_coverage: 101%}}", "reweight_coverage", 7, "minimum_coverage is 101%"),
        ("missing: {reweight: {minimum_coverage: 60%}}", "missing: {reweight: {minimum_coverage: 100%}}", "reweight_idle", 7, "nothing is ever shared out"),
        ("missing: pending", "missing: {reweight: {minimum_coverage: 50%}}", "reweight_misused", 20, "d alone has nothing"),
    ],
)  # fmt: skip
def test_the_check_says_what_is_wrong_with_a_re_weighting(old: str, new: str, code: str, line: int, words: str) -> None:
    found = [finding for finding in check(parse(CARD.replace(old, new))) if finding.code == code]
    assert [(finding.line, words in finding.message) for finding in found] == [(line, True)]


def test_points_that_are_added_up_have_no_weight_to_share_out() -> None:
    text = CARD.replace("weights: absolute", "weights: points")
    for weight in (70, 30, 20, 10):
        text = text.replace(f"  weight: {weight}%\n", "").replace(f" weight: {weight}%,", "")
    assert {finding.code for finding in check(parse(text)) if finding.severity == "error"} == {"reweight_misused"}


def test_a_dimension_with_too_many_sums_of_known_weights_is_refused_and_not_counted_for_ever() -> None:
    weights = [2**i for i in range(40)]
    indicators = [
        {"id": f"i{i}", "input": "orders_12m", "weight": f"{weight}/{sum(weights)}", "out_of": 1, "ladder": {"cuts": [0, 1], "points": [0, 1]}}
        for i, weight in enumerate(weights)
    ]  # fmt: skip
    text = json.dumps({
        "kind": "scorecard", "id": "many", "title": {"zh": "多", "en": "many"}, "weights": "absolute",
        "missing": {"reweight": {"minimum_coverage": "10%"}},
        "dimensions": [{"id": "D", "title": {"zh": "多", "en": "many"}, "weight": "100%", "indicators": indicators}],
        "tiers": {"order": ["A", "B"], "bands": {"closed": "left", "cuts": {"A": 50, "B": 0}}},
    })  # fmt: skip
    assert [finding.code for finding in check(parse(text)) if finding.severity == "error"] == ["reweight_many"]


@pytest.mark.parametrize(
    "wrong", ["reweight", "{reweight: 60%}", "{reweight: {}}", "{points: 1, reweight: {minimum_coverage: 60%}}", "{}"]
)
def test_a_treatment_that_is_not_known_is_refused_with_the_ways_to_write_it(wrong: str) -> None:
    with pytest.raises(DocumentError, match="line 7"):
        parse(CARD.replace("missing: {reweight: {minimum_coverage: 60%}}", f"missing: {wrong}"))


def test_the_semantic_hash_sees_the_coverage_and_the_dimension() -> None:
    base = semantic_hash(parse(CARD))
    assert semantic_hash(parse(CARD.replace("minimum_coverage: 60%", "minimum_coverage: 0.6"))) == base
    assert semantic_hash(parse(CARD.replace("minimum_coverage: 60%", "minimum_coverage: 61%"))) != base
    moved = json.loads(json.dumps(parse(CARD).model_dump(mode="json", by_alias=True, exclude_none=True)))
    history, potential = moved["dimensions"]
    potential["indicators"].insert(0, history["indicators"].pop())
    history["weight"], potential["weight"] = "50%", "50%"
    assert semantic_hash(parse(json.dumps(moved))) != base


def test_the_difference_between_versions_names_the_treatment() -> None:
    other = parse(CARD.replace("minimum_coverage: 60%", "minimum_coverage: 50%"))
    (difference,) = structure_differences(parse(CARD), other)
    assert (difference.zh, difference.en) == (
        "缺失处理 已知 60% 起分摊 → 已知 50% 起分摊",
        "treatment of what is missing shared out from 60% known → shared out from 50% known",
    )


def test_generated_cases_stand_on_both_sides_of_the_least_coverage_and_kill_its_mutants() -> None:
    plan = compile_plan(parse(CARD))
    cases = boundary_cases(plan)
    named = [case.name for case in cases if "H 已知权重" in case.name]
    assert named == ["H 已知权重约 71%,刚够分摊", "H 已知权重约 57%,不够分摊"]
    with_cases = compile_plan(plan.document.model_copy(update={"cases": cases}))
    assert not [part for part in coverage(with_cases).missed if part.kind == "reweight"]
    path = ("missing", "reweight", "minimum_coverage")
    assert [mutant for mutant in mutation(with_cases).survivors if mutant.path == path] == []


def test_a_file_of_facts_counts_whom_the_re_weighting_touched(tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_text(
        "customer,amount_12m,orders_12m,tenure,purchase_intent,margin_rate\n"
        "full,50000,0,9,10,10%\none,50000,,9,10,10%\ntwo,50000,0,,,10%\nshort,,0,9,10,10%\nwrong,50000,0,9,11,10%\n"
    )
    graded = grade_file(compile_plan(parse(CARD)), facts, tmp_path / "out.parquet", units="written")
    assert [(one.dimension, one.shared, one.short) for one in graded.shared_out] == [("H", 2, 1)]
    assert graded.shared_out[0].line("en") == (
        "History: missing weight shared out for 2 customers, too little known of 1"
    )
