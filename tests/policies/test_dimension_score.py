"""Conditions on a dimension's score: in percent of its full points, known as soon as what is missing cannot change them."""

from fractions import Fraction

import pytest
from policy_texts import TABLE

from policies import DocumentError, check, compile_plan, explain, grade, parse
from policies.condition import Condition
from policies.differences import structure_differences
from policies.document import Scorecard
from policies.oracle import dimension_score, truth
from policies.version import semantic_hash

TWO = """\
kind: scorecard
id: two
title: {zh: 两维, en: two}
weights: absolute
missing: pending
dimensions:
  - id: EC
    title: {zh: 经济, en: economy}
    weight: 40%
    indicators:
      - {id: E1, input: orders_12m, weight: 30%, out_of: 10, ladder: {cuts: [0, 1, 5], points: [0, 5, 10]}}
      - {id: E2, input: tenure, weight: 10%, out_of: 3, ladder: {cuts: [0, 12], points: [1, 3]}}
  - id: SP
    title: {zh: 战略, en: strategy}
    weight: 60%
    indicators:
      - {id: P1, input: referrals_12m, weight: 60%, out_of: 10, ladder: {cuts: [0, 1], points: [0, 8]}}
tiers:
  order: [A, B, C]
  conditions: {A: {dimension: EC, ge: 62.5}}
  bands: {closed: left, cuts: {A: 60, B: 30, C: 0}}
gates:
  - {id: weak, when: {all: [{dimension: SP, lt: 80}, {not: {dimension: EC, gt: 99}}]}, effect: {cap: C}}
"""


def condition(text: str) -> str:
    assert "{dimension: EC, ge: 62.5}" in TWO
    return TWO.replace("{dimension: EC, ge: 62.5}", text)


@pytest.mark.parametrize(
    ("orders", "tenure", "score"),
    [(5, 12, 100), (1, 12, Fraction(125, 2)), (1, 0, Fraction(275, 6)), (0, 0, Fraction(25, 3))],
)
def test_a_score_is_the_points_in_percent_of_full_points(orders: int, tenure: int, score: Fraction) -> None:
    document = parse(TWO)
    assert isinstance(document, Scorecard)
    assert dimension_score(document, "EC", {"orders_12m": orders, "tenure": tenure}) == (score, score)


def test_the_condition_is_known_as_soon_as_no_completion_changes_it() -> None:
    document = parse(TWO)
    when = Condition.model_validate({"dimension": "EC", "ge": "62.5"})
    assert truth(document, when, {"orders_12m": 1, "tenure": 12}) is True
    assert truth(document, when, {"orders_12m": 5}) is True
    assert truth(document, when, {"orders_12m": 1}) is None
    assert truth(document, when, {"orders_12m": 0}) is False


def test_minimum_conditions_and_gates_over_scores_move_tiers() -> None:
    plan = compile_plan(parse(TWO))
    good = {"orders_12m": 1, "tenure": 12, "referrals_12m": 1}  # EC 62.5, SP 80: 25 + 48 points
    assert (grade(plan, good).tier, grade(plan, good | {"tenure": 0}).tier) == ("A", "B")
    assert grade(plan, good | {"referrals_12m": 0}).tier == "C"
    pending = grade(plan, good | {"tenure": None})
    assert (pending.status, plan.names(pending.candidates)) == ("pending", ("A", "B"))
    told = explain(plan, good | {"tenure": 0})
    assert [(line.id, line.holds, line.fired) for line in told.conditions] == [("A", False, True)]
    assert told.cheapest is not None
    assert (told.cheapest.input, told.cheapest.tier) == ("tenure", "A")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{dimension: ECC, ge: 80}", "dimension_unknown", "'ECC' is not one of the dimensions EC, SP"),
        ("{dimension: EC, ge: 101}", "outside_domain", "101 does not"),
        ("{dimension: EC, ge: 0}", "condition_constant", "every customer meets the minimum condition of A"),
        ("{dimension: SP, gt: 80}", "condition_constant", "no customer meets the minimum condition of A"),
    ],
)
def test_what_a_score_cannot_be_is_found(text: str, code: str, message: str) -> None:
    findings = [finding for finding in check(parse(condition(text))) if finding.code != "full_points_unreached"]
    assert [finding.code for finding in findings] == [code]
    assert message in findings[0].message
    assert findings[0].line == 20


def test_a_parameter_is_no_score_and_rules_have_no_dimensions() -> None:
    text = condition("{dimension: EC, ge: much}") + "parameters: {much: {type: count, value: 80}}\n"
    assert "wrong_type" in {finding.code for finding in check(parse(text))}
    table = TABLE.replace("order: [S, C]", "order: [S, C], conditions: {S: {dimension: EC, lt: 5}}")
    (finding,) = check(parse(table))
    assert (finding.code, finding.line) == ("dimension_unknown", 6)


@pytest.mark.parametrize(
    "text", ["{dimension: EC, eq: 80}", "{dimension: EC}", "{dimension: EC, input: tenure, ge: 1}"]
)
def test_a_score_is_compared_by_order_and_alone(text: str) -> None:
    with pytest.raises(DocumentError, match=r"tiers\.conditions\.A"):
        parse(condition(text))


def test_the_hash_and_the_differences_know_scores() -> None:
    old = parse(TWO)
    same = parse(TWO.replace("EC", "EE"))
    assert semantic_hash(same) == semantic_hash(old)
    for text in ("{dimension: EC, ge: 63}", "{dimension: EC, gt: 62.5}", "{dimension: SP, ge: 62.5}"):
        assert semantic_hash(parse(condition(text))) != semantic_hash(old)
    (told,) = structure_differences(old, parse(condition("{dimension: SP, gt: 62.5}")))
    assert told.zh == "A 的最低条件 维度得分 EC ≥ 62.5 → 维度得分 SP > 62.5"
    assert told.en == "minimum condition of A score of EC ≥ 62.5 → score of SP > 62.5"
