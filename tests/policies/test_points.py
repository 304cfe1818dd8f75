"""Points added up as they are, points taken away, points by named value, and tiers outside the order."""

import sqlite3
from fractions import Fraction

import pytest

from policies import check, compile_plan, explain, grade, parse
from policies.picture import waterfall
from policies.sql import select_statement

# The shape of 纳税信用: from 100 or 90 points, points are taken away; new firms are M, neither better nor worse.
CREDIT = """\
kind: scorecard
id: credit
title: {zh: 信用, en: Credit}
inputs:
  record: {type: flag, title: {zh: 近三年有非经常性指标, en: Record of three years}}
  late: {type: count, title: {zh: 逾期申报次数, en: Late returns}}
  fraud: {type: flag, title: {zh: 偷税, en: Fraud}}
  young: {type: flag, title: {zh: 新设立, en: New firm}}
weights: points
missing: pending
dimensions:
  - id: base
    title: {zh: 起评分, en: Start}
    indicators:
      - {id: start, input: record, out_of: 100, values: {yes: 100, no: 90}}
  - id: filing
    title: {zh: 申报, en: Filing}
    indicators:
      - {id: late, input: late, out_of: 0, ladder: {cuts: [0, 1, 2, 10, 20], points: [0, -5, -10.5, -45, -110]}}
tiers:
  order: [A, B, C, D]
  outside: [M]
  bands: {closed: left, cuts: {A: 90, B: 70, C: 40}}
gates:
  - {id: judged, when: {input: fraud, eq: yes}, effect: {set: D}}
  - {id: new, when: {input: young, eq: yes}, effect: {set: M}}
"""
USUAL = {"record": "yes", "late": 0, "fraud": "no", "young": "no"}


@pytest.mark.parametrize(
    ("change", "tier", "total"),
    [
        ({}, "A", "100"),
        ({"record": "no"}, "A", "90"),
        ({"record": "no", "late": 1}, "B", "85"),
        ({"late": 2}, "B", "89.5"),
        ({"late": 20}, "D", "-10"),
        ({"fraud": "yes", "young": "yes"}, "D", "100"),
        ({"young": "yes", "late": 20}, "M", "-10"),
    ],
)
def test_points_are_added_up_as_they_are(change: dict[str, str | int], tier: str, total: str) -> None:
    document = parse(CREDIT)
    assert check(document) == []
    plan, facts = compile_plan(document), USUAL | change
    result = grade(plan, facts)
    assert result.total is not None
    assert (result.tier, Fraction(result.total * 100, plan.scale)) == (tier, Fraction(total))
    told = explain(plan, facts)
    assert told.total == Fraction(total) == sum(part.contribution for part in told.contributions)
    connection = sqlite3.connect(":memory:")
    connection.execute("create table facts (customer_id, record, late, fraud, young)")
    connection.execute("insert into facts values (1, ?, ?, ?, ?)", [facts[name] for name in USUAL])
    (row,) = connection.execute(select_statement(plan, "sqlite")).fetchall()
    assert row[1:4] == ("graded", tier, result.total)


def test_a_tier_outside_the_order_is_neither_lifted_nor_compared() -> None:
    plan = compile_plan(parse(CREDIT))
    told = explain(plan, USUAL | {"young": "yes"})
    assert (told.tier, told.up, told.down, told.cheapest) == ("M", None, None, None)
    pending = grade(plan, USUAL | {"young": None})
    assert plan.names(pending.candidates) == ("A", "M")


def test_bands_that_name_no_tier_are_refused() -> None:
    assert [
        (finding.code, finding.message)
        for finding in check(parse(CREDIT.replace("{A: 90, B: 70, C: 40}", "{}")))
        if finding.code == "bands_tiers"
    ] == [("bands_tiers", "tiers without a band: A, B, C, D; bands without a tier: none")]


def test_only_set_leads_outside_the_order() -> None:
    for effect in ("floor", "cap"):
        findings = check(parse(CREDIT.replace("{set: M}", f"{{{effect}: M}}")))
        assert (findings[0].code, findings[0].severity) == ("tier_unknown", "error")
        assert "only set leads" in findings[0].message


def test_the_explanation_and_the_picture_tell_points_without_weights() -> None:
    plan = compile_plan(parse(CREDIT))
    told = explain(plan, USUAL | {"late": 20})
    assert "  late 逾期申报次数:20,-110/0 分" in told.lines("zh")
    assert "Filing: -110.0" in told.lines("en")
    drawn = waterfall(plan, told, "zh")
    assert "-110/0" in drawn
    assert 'width="-' not in drawn
