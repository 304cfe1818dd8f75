"""Boundary cases: every cut and every band has its customers, and every engine makes the same of them."""

import csv
import io
from fractions import Fraction

import pytest
from policy_texts import CARD, TABLE

from policies import compile_plan, load, mutation, parse
from policies.attainable import Totals
from policies.boundaries import boundary_cases
from policies.case import Case
from policies.case_text import csv_text, yaml_text
from policies.check import check
from policies.documents import shipped
from policies.oracle import facts_of
from policies.plan import Plan

G2 = compile_plan(load("sabcd-weighted"))


def rows_of(plan: Plan, cases: tuple[Case, ...]) -> list[dict[str, object]]:
    return [dict.fromkeys(plan.inputs) | facts_of(plan.document, case.given) for case in cases]


@pytest.mark.parametrize("name", shipped())
def test_generated_cases_pasted_into_their_document_pass_its_check(name: str) -> None:
    plan = compile_plan(load(name))
    cases = boundary_cases(plan)
    text = shipped()[name].read_text(encoding="utf-8").partition("\ncases:")[0]
    pasted = parse(f"{text}\n{yaml_text(cases)}")
    assert pasted.cases == cases
    assert check(pasted) == []


@pytest.mark.parametrize("name", shipped())
def test_every_cut_has_a_customer_one_unit_below_at_and_one_above(name: str) -> None:
    plan = compile_plan(load(name))
    rows = rows_of(plan, boundary_cases(plan))
    for axis in plan.axes:
        values = {row[axis.word.name] for row in rows}
        assert {cut + step for cut in axis.cuts for step in (-1, 0, 1)} - {11} <= values
        assert None in values
        assert set(axis.values) <= values


def test_every_boundary_total_of_g2_has_a_customer_who_has_exactly_that_total() -> None:
    totals = Totals(G2)
    made = {case.expect.total for case in boundary_cases(G2) if case.name.startswith("总分")}
    for begin in G2.bands[:-1]:
        assert totals.at_least(begin) == begin
        assert totals.below(begin) == begin - 1
        assert totals.at_least(begin + 1) == begin + 1
        assert made >= {Fraction(begin + step, 30) for step in (-1, 0, 1)}


def test_a_customer_is_built_for_every_total_that_can_occur() -> None:
    totals = Totals(G2)
    found = [total for total in range(G2.highest + 1) if totals.at_least(total) == total]
    for total in found[::9]:
        codes = [axis.code(totals.customer(total).get(axis.word.name)) or 0 for axis in G2.axes]
        assert sum(part.contributions[codes[part.axis]] for part in G2.indicators) == total
    with pytest.raises(LookupError, match="no customer has a total of 151 units"):
        totals.customer(151)


def test_a_word_that_two_indicators_read_counts_once_in_the_totals_that_can_occur() -> None:
    twice = CARD.replace("weight: 100%\n        out_of", "weight: 50%\n        out_of")
    begin = twice.index("      - {id: X1") if "      - {id: X1" in twice else twice.index("      - id: X1")
    indicator = twice[begin : twice.index("tiers:")]
    text = twice.replace(indicator, indicator + indicator.replace("id: X1", "id: X2"))
    totals = Totals(compile_plan(parse(text)))
    reached = {total for total in range(totals.most + 1) if totals.at_least(total) == total}
    assert reached == {0, totals.most // 2, totals.most}


def test_the_customers_of_a_threshold_show_where_it_decides() -> None:
    cases = boundary_cases(compile_plan(parse(TABLE)))
    tiers = {case.given["amount_12m"]: case.expect.tier for case in cases if case.name.startswith("近一年采购金额 ")}
    assert tiers == {"49.999999": "C", "50": "S", "50.000001": "S"}


def test_the_gate_of_g2_is_shown_at_its_threshold() -> None:
    cases = boundary_cases(G2)
    below = next(case for case in cases if case.given.get("months_since_contact") == "11")
    same = {
        case.given["months_since_contact"]: case.expect.tier
        for case in cases
        if case.given | {"months_since_contact": "11"} == below.given
    }
    assert same["11"] != "D"
    assert same["12"] == same["13"] == "D"


def test_cases_as_a_table_have_a_column_for_each_input_and_outcome() -> None:
    cases = boundary_cases(G2)
    rows = list(csv.DictReader(io.StringIO(csv_text(cases))))
    assert list(rows[0]) == [
        "name",
        *(f"given_{word}" if word == "status" else word for word in cases[0].given),
        *("status", "tier", "total", "candidates"),
    ]
    assert len(rows) == len(cases)
    pending = next(row for row in rows if row["status"] == "pending")
    assert "|" in pending["candidates"]
    assert {row["total"] for row in rows} >= {"2699/30", "90"}


@pytest.mark.parametrize(("operator", "met"), [("ge", "达到"), ("lt", "之下")])
def test_a_dimensions_score_has_customers_on_both_sides_and_its_moves_are_noticed(operator: str, met: str) -> None:
    demanded = f"  conditions: {{S: {{dimension: SS, {operator}: 80}}}}\n  bands: {{closed: left,"
    text = shipped()["sabcd-weighted"].read_text(encoding="utf-8").partition("\ncases:")[0]
    text = text.replace("  bands: {closed: left,", demanded)
    cases = boundary_cases(compile_plan(parse(f"{text}\n")))
    tiers = {case.name: case.expect.tier for case in cases if "维度 SS" in case.name}
    assert [tier for name, tier in tiers.items() if met in name] == ["S"]
    assert sorted(map(str, tiers.values())) == ["A", "S"]
    made = mutation(compile_plan(parse(f"{text}\n{yaml_text(cases)}")))
    assert [one.change.en for one in made.survivors if "condition" in one.change.en] == []


def test_a_fact_that_the_document_declares_has_its_boundary_cases() -> None:
    text = CARD.replace("amount_12m: {type: money, unit: 万元}", "staff: {type: count, title: {zh: 人数, en: staff}}")
    plan = compile_plan(parse(text.replace("input: amount_12m", "input: staff").replace(", below: 0", "")))
    assert {case.given["staff"] for case in boundary_cases(plan)} >= {"9", "10", "11", None}
