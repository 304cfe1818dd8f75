"""Coverage names what no case reaches, and the mutation figure what no case notices."""

import random
from dataclasses import replace

import pytest
from policy_texts import CARD, TABLE

from policies import Plan, compile_plan, coverage, load, mutation, parse
from policies.boundaries import boundary_cases
from policies.case_text import yaml_text
from policies.cuts import Cuts
from policies.documents import shipped
from policies.mutants import mutants
from policies.oracle import facts_of, grade
from policies.report import report

GATED = TABLE.replace("order: [S, C]", "order: [S, C], conditions: {S: {input: orders_12m, ge: 3}}") + (
    "gates: [{id: late, when: {any: [{input: payment_delay_days, ge: 90}, {input: complaints_12m, ge: 5}]}, effect: {cap: C}}]\n"
)
BEST = "status: active, amount_12m: 50, satisfaction: 4.5, orders_12m: 3, payment_delay_days: 0, complaints_12m: 0"

# The customers at the boundaries of a whole do not stand at those of its parts: what a part decides may not matter there.
# Several conditions of others share a cut, and boundary cases try a cut in one of them.
SHARED_CUTS = ("diamond-to-bronze", "potential-class", "enterprise-size", "rfm-segments")
ALONE = [name for name in shipped() if not load(name).parts and name not in SHARED_CUTS]


def with_cases(text: str, *cases: tuple[str, str]) -> str:
    lines = [f"  - {{name: c{i}, given: {{{given}}}, expect: {{{expect}}}}}" for i, (given, expect) in enumerate(cases)]
    return text + "cases:\n" + "\n".join(lines) + "\n"


def missed(text: str) -> list[tuple[int, str]]:
    return [(part.line, part.title.en) for part in coverage(compile_plan(parse(text))).missed]


def test_without_cases_nothing_is_reached_and_every_part_is_named_with_its_line() -> None:
    assert missed(CARD) == [
        (17, "X1: < 0 yuan"),
        (17, "X1: [0 yuan, 100000 yuan)"),
        (17, "X1: ≥ 100000 yuan"),
        (19, "graded A"),
        (19, "graded B"),
        (20, "the band of A, from 60"),
        (20, "the band of B, from 0"),
    ]


def test_rungs_bands_and_tiers_are_reached_by_customers_and_bands_by_bare_totals() -> None:
    text = with_cases(CARD, ("amount_12m: 10", "tier: A"), ("total: 59", "tier: B"))
    assert missed(text) == [
        (17, "X1: < 0 yuan"),
        (17, "X1: [0 yuan, 100000 yuan)"),
        (19, "graded B"),
    ]
    shares = {share.kind: (share.reached, share.parts) for share in coverage(compile_plan(parse(text))).shares}
    assert shares == {"rung": (1, 3), "bound": (2, 2), "tier": (1, 2)}


def test_rules_conditions_and_gates_are_reached_side_by_side() -> None:
    first = with_cases(GATED, (BEST, "tier: S"))
    assert [title for _, title in missed(first)] == [
        "the population: does not apply",
        "the minimum condition of S: not met",
        "graded C",
        "else",
        "the gate late: fires",
    ]
    every = with_cases(
        GATED,
        (BEST, "tier: S"),
        (BEST.replace("orders_12m: 3", "orders_12m: 2"), "tier: C"),
        (BEST.replace("complaints_12m: 0", "complaints_12m: 5"), "tier: C"),
        ("status: active, amount_12m: 1, satisfaction: 4.5", "tier: C"),
        ("status: lost", "status: not_applicable"),
    )
    assert missed(every) == []


def test_a_case_that_is_pending_or_cannot_be_run_reaches_no_rule() -> None:
    unknown = with_cases(TABLE, ("status: active, amount_12m: 60", "status: pending"), ("orders_12m: 1", "tier: S"))
    assert [title for _, title in missed(unknown) if "rule" in title or title == "else"] == ["the rule core", "else"]


def test_the_customers_at_the_boundaries_notice_every_change_of_a_number() -> None:
    for name in ALONE:
        text = shipped()[name].read_text(encoding="utf-8").partition("\ncases:")[0]
        plan = compile_plan(parse(f"{text}\n{yaml_text(boundary_cases(compile_plan(load(name))))}"))
        made = mutation(plan)
        if plan.shares:  # its tiers hang on the cut scores of the cases, and not every threshold bites at those
            continue
        assert made.tried > 3
        assert [one.change.en for one in made.survivors if " cut " in one.change.en or "≥" in one.change.en] == [], name


def test_a_change_that_no_case_notices_is_told_with_its_line() -> None:
    text = with_cases(CARD, ("amount_12m: 10", "{tier: A, total: 100}"[1:-1]), ("amount_12m: 0", "total: 50"))
    made = mutation(compile_plan(parse(text)))
    told = {(survivor.line, survivor.change.en) for survivor in made.survivors}
    assert (17, "X1's second cut 10 → 9.999999 万元") in told
    assert (17, "X1's second cut 10 → 10.000001 万元") not in told
    assert made.killed + len(made.survivors) == made.tried
    sharper = text.replace("cases:\n", "cases:\n  - {name: d, given: {amount_12m: 9.999999}, expect: {total: 50}}\n")
    assert mutation(compile_plan(parse(sharper))).killed > made.killed


def test_a_threshold_is_told_alone_and_not_with_its_whole_condition() -> None:
    made = mutation(compile_plan(parse(GATED)))
    told = [(survivor.line, survivor.change.zh) for survivor in made.survivors]
    assert (7, "规则 core: 近一年采购金额 ≥ 50万元 → 50.000001万元") not in told  # the rule stands on line 8
    assert (8, "规则 core: 近一年采购金额 ≥ 50万元 → 50.000001万元") in told
    assert any(sentence.startswith("S 的最低条件: 近一年订单数 ≥ 3 → 4") for _, sentence in told)
    assert any(sentence.startswith("门槛 late") and " 或 " in sentence for _, sentence in told)


def test_without_cases_no_mutant_is_noticed() -> None:
    made = mutation(compile_plan(parse(CARD)))
    assert made.killed == 0
    assert made.tried == len(made.survivors) > 5


def test_mutants_that_are_unsound_or_mean_the_same_do_not_count() -> None:
    plan = compile_plan(load("rfm-retail"))
    made = mutation(plan)
    assert made.tried < made.mutants == len(list(mutants(plan)))
    assert all(compile_plan(survivor.new) != plan for survivor in made.survivors)


def with_some_cuts(plan: Plan) -> Plan:
    """A ranking with the cut scores 90, 75 and 50; any other plan as it is."""
    return replace(plan, cuts=Cuts.fixed([plan.scale * cut // 100 for cut in (90, 75, 50)])) if plan.shares else plan


@pytest.mark.parametrize("name", [name for name in ALONE if name != "tax-credit"])  # 500 cases, four times
def test_every_unnoticed_change_does_change_some_customer(name: str) -> None:
    text = shipped()[name].read_text(encoding="utf-8").partition("\ncases:")[0]
    survivors = list(mutation(compile_plan(parse(text + "\n"))).survivors)
    plan = with_some_cuts(compile_plan(load(name)))
    for survivor in random.Random(5).sample(survivors, 4):
        other = with_some_cuts(compile_plan(survivor.new))
        customers = [facts_of(plan.document, case.given) for one in (plan, other) for case in boundary_cases(one)]
        results = [[grade(one, facts) for facts in customers] for one in (plan, other)]
        told = [
            [(result.status, result.candidates, result.worst * scale) for result in one]
            for one, scale in zip(results, (other.scale, plan.scale), strict=True)
        ]
        assert told[0] != told[1], survivor.change.en


def test_a_large_policy_has_some_of_its_mutants_tried_and_says_how_many() -> None:
    rule = "  - {id: r%d, when: {all: [{input: amount_12m, ge: %d}, {input: satisfaction, ge: 4.5}]}, then: S}\n"
    rules = "".join(rule % (n, 10_000 - n) for n in range(60))
    text = TABLE.replace("rules:\n", "rules:\n" + rules)
    made = mutation(compile_plan(parse(text)))
    assert made.tried < made.mutants
    assert made.mutants > 300


def test_a_report_of_a_policy_that_cannot_be_compiled_has_findings_alone() -> None:
    found = report(parse(CARD.replace("weight: 100%\n    ind", "weight: 99%\n    ind")))
    assert (found.errors > 0, found.coverage, found.mutation) == (True, None, None)
    failing = report(parse(with_cases(CARD, ("amount_12m: 10", "tier: B"))))
    assert failing.errors == 1
    assert failing.coverage is not None


def test_a_report_says_the_same_as_plain_values() -> None:
    found = report(load("sabc-threshold"))
    values = found.as_values("p.yaml")
    assert (values["file"], values["policy"], values["errors"]) == ("p.yaml", "sabc-threshold", 0)
    assert found.coverage is not None
    assert found.mutation is not None
    assert sum(share["parts"] for share in values["coverage"]["shares"]) == len(found.coverage.parts)
    assert values["mutation"]["killed"] == found.mutation.killed


def test_coverage_shows_itself_as_a_table() -> None:
    html = coverage(compile_plan(load("sabcd-weighted")))._repr_html_()
    assert "<table><caption>" in html
    assert "评分档 rungs" in html


def test_what_is_not_applicable_is_a_rung_of_its_own_and_has_its_boundary_case() -> None:
    text = CARD.replace("missing: pending\n", "missing: pending\nnot_applicable: {points: 3}\n")
    assert (8, "X1: not applicable") in missed(text)
    cases = yaml_text(boundary_cases(compile_plan(parse(text))))
    assert "amount_12m: not_applicable" in cases
    assert missed(text + cases) == []
    own = CARD.replace("        ladder:", "        not_applicable: {points: 3}\n        ladder:")
    made = mutation(compile_plan(parse(own + yaml_text(boundary_cases(compile_plan(parse(own)))))))
    assert made.survivors == ()
