"""Every finding has a document that shows it, and the shipped documents have none."""

import json
import tracemalloc
from pathlib import Path

import pytest
from policy_texts import CARD, COMPOSED, RANKING, TABLE
from unique_tables import LARGE

from policies import UnsoundPolicy, check, compile_plan, load, parse, sound
from policies.documents import shipped
from policies.findings import CODES
from policies.reading import DocumentError
from policies.report import unreadable

README = Path(__file__).resolve().parents[2] / "policies" / "README.md"
LADDER = "ladder: {zero: earns, cuts: [0, 10], points: [5, 10], below: 0}"
ROWS = "ladder: {zero: earns, intervals: {不满0: 0, '[0, 10)': 5, 10以上: 10}}"
BANDS = "bands: {closed: left, cuts: {A: 60, B: 0}}"
BAND_ROWS = "bands: {intervals: {A: 60-100, B: 不满60}}"
UNIQUE = """\
kind: rules
id: unique
title: {zh: 表, en: unique}
inputs: {amount_12m: {unit: 万元}}
tiers: {order: [A, B]}
match: unique
rules:
  - {id: high, when: {input: amount_12m, within: 50以上}, then: A}
  - {id: low, when: {input: amount_12m, within: 不满50}, then: B}
"""
GATE = "gates: [{id: g, when: {input: orders_12m, %s}, effect: {%s}}]\n"
AT_LEAST = "when: {at_least: {k: %s, of: [{input: amount_12m, ge: 50}, {input: satisfaction, ge: 4.5}]}}"
DEEP = "{all: [" * 8 + "{input: satisfaction, ge: 4.5}" + "]}" * 8
FIGURE = "parameters: {limit: {type: %s, unit: %s, value: %s}}\n"
POINTS = (
    CARD.replace("weights: absolute", "weights: points")
    .replace("        weight: 100%\n", "")
    .replace("    weight: 100%\n", "")
)
POINTS = POINTS.replace("points: [5, 10]", "points: [-2, 10]").replace("{A: 60, B: 0}", "{A: 6}")
VALUES = CARD.replace(LADDER, "values: {active: 10, lost: 0, intent: 1, potential: 0}").replace(
    "input: amount_12m", "input: status"
)
VALUES = VALUES.replace("inputs:\n  amount_12m: {type: money, unit: 万元}\n", "")
SHARES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 489)  # tenths of a percent whose sums are nearly all different
LADDERS = "".join(
    f"      - {{id: i{i}, input: orders_12m, weight: {share}/1000, out_of: 1, ladder: {{zero: earns, cuts: [0, 1], points: [0, 1]}}}}\n"
    for i, share in enumerate(SHARES)
)
MANY = f"""\
kind: scorecard
id: many
title: {{zh: 多, en: many}}
weights: absolute
missing: pending
dimensions:
  - id: D
    title: {{zh: 多, en: many}}
    weight: 100%
    indicators:
{LADDERS}tiers: {{order: [A, B], bands: {{closed: left, cuts: {{A: 50, B: 0}}}}}}
"""
CASES = "cases: [{name: c, given: {%s}, expect: {%s}}]\n"

BROKEN: list[tuple[str, str, str, str]] = [
    ("unknown_word", CARD, "input: amount_12m", "input: amount_13m"),
    ("declared_wrong", CARD, "unit: 万元}", "unit: 万元, title: {zh: 甲, en: a}}"),
    ("declared_wrong", TABLE, "unit: 万元}", "unit: 万元}, staff: {type: count}"),
    ("declared_wrong", TABLE, "unit: 万元}", "unit: 万元}, staff: {type: staff, title: {zh: 甲, en: a}}"),
    ("declared_wrong", TABLE, "unit: 万元}", "unit: 万元}, kind: {type: category, title: {zh: 甲, en: a}}"),
    ("declared_wrong", TABLE, "unit: 万元}", "unit: 万元}, kind: {type: category, values: [a, a], title: {zh: 甲, en: a}}"),
    ("declared_wrong", TABLE, "unit: 万元}", "unit: 万元}, order: {type: count, title: {zh: 甲, en: a}}"),
    ("part_cycle", COMPOSED, "{input: staff, ge: 1000}", "{input: value, eq: high}"),
    ("part_misused", COMPOSED, "{input: size, eq: large}", "{input: size, is: not_applicable}"),
    ("part_whole", COMPOSED, "    else: small\n", "    else: small\n    population: {applies_to: {status: [active]}}\n"),
    ("part_unused", COMPOSED.replace("{input: value, in: [high, medium]}", "{input: staff, ge: 5}"), "{input: value, eq: high}", "{input: staff, ge: 5}"),
    ("weight_missing", CARD, "        weight: 100%\n", ""),
    ("weight_unused", CARD, "weights: absolute", "weights: points"),
    ("reweight_misused", POINTS, "missing: pending", "missing: {reweight: {minimum_coverage: 60%}}"),
    ("reweight_coverage", CARD, "missing: pending", "missing: {reweight: {minimum_coverage: 0}}"),
    ("reweight_idle", CARD, "missing: pending", "missing: {reweight: {minimum_coverage: 60%}}"),
    ("reweight_many", MANY, "missing: pending", "missing: {reweight: {minimum_coverage: 10%}}"),
    ("values_open", VALUES, ", intent: 1", ""),
    ("bands_floor", POINTS, "{A: 6}", "{A: 6, B: 0}"),
    ("points_range", POINTS, "[-2, 10]", "[-2, 11]"),
    ("wrong_type", CARD, "type: money", "type: ratio"),
    ("wrong_unit", CARD, "unit: 万元", "unit: 月"),
    ("wrong_unit", CARD, "cuts: [0, 10]", "cuts: [0, 10%]"),
    ("unused_input", CARD, "inputs:\n", "inputs:\n  orders_12m: {type: count}\n"),
    ("not_exact", CARD, "cuts: [0, 10]", "cuts: [0, 10.0000001]"),
    ("not_exact", CARD, "cuts: [0, 10]", "cuts: [0, 99999999999999]"),
    ("not_exact", TABLE, "ge: 50", "eq: fifty"),
    ("outside_domain", TABLE, "ge: 4.5", "ge: 45"),
    ("outside_domain", TABLE, "[active]", "[actif]"),
    ("outside_domain", TABLE, "input: satisfaction, ge: 4.5", "input: status, eq: gone"),
    ("wrong_comparison", TABLE, "input: satisfaction, ge: 4.5", "input: status, ge: 1"),
    ("wrong_comparison", TABLE, "status: [active]", "amount_12m: [many]"),
    ("wrong_comparison", CARD, "input: amount_12m", "input: status"),
    ("duplicate_id", CARD, "id: X1", "id: X"),
    ("weight_range", CARD, "        weight: 100%", "        weight: 100"),
    ("weights_total", CARD, "    weight: 100%\n    ind", "    weight: 99.99%\n    ind"),
    ("weights_dimension", CARD, "        weight: 100%", "        weight: 99.99%"),
    ("points_range", CARD, "points: [5, 10]", "points: [5, 11]"),
    ("points_range", CARD, "missing: pending", "missing: {points: 11}"),
    ("ladder_length", CARD, "points: [5, 10]", "points: [5, 8, 10]"),
    ("ladder_gap", CARD.replace(LADDER, ROWS), "[0, 10)", "0-9"),
    ("ladder_overlap", CARD.replace(LADDER, ROWS), "[0, 10)", "0-10"),
    ("ladder_direction", CARD, "below: 0}", "below: 0, direction: falling}"),
    ("zero_earns", CARD, "zero: earns, ", ""),
    ("wrong_unit", CARD.replace(LADDER, ROWS), "[0, 10)", "[0, 10%)"),
    ("band_gap", CARD.replace(BANDS, BAND_ROWS), "不满60", "0-59"),
    ("band_overlap", CARD.replace(BANDS, BAND_ROWS), "不满60", "0-60"),
    ("bands_mixed", CARD.replace(BANDS, BAND_ROWS.replace("B: 不满60", "B: '[10, 60)', C: 不满10")).replace("[A, B]", "[A, B, C]"),
     "B: '[10, 60)', C: 不满10", "B: '(10, 60)', C: 10以下"),
    ("cuts_order", CARD, "cuts: [0, 10]", "cuts: [10, 10]"),
    ("ladder_open", CARD, ", below: 0", ""),
    ("below_unreached", CARD, "input: amount_12m", "input: orders_12m"),
    ("full_points_unreached", CARD, "points: [5, 10]", "points: [5, 9]"),
    ("panel_input", CARD, LADDER, "panel: {proposed_by: a, settled_by: b, raters: 3, aggregate: median, valid_months: 12}"),
    ("bands_tiers", CARD, "{A: 60, B: 0}", "{A: 60, C: 0}"),
    ("bands_order", CARD, "{A: 60, B: 0}", "{A: 0, B: 0}"),
    ("bands_floor", CARD, "B: 0}", "B: 10}"),
    ("bands_scale", CARD, "A: 60", "A: 101"),
    ("tier_unknown", TABLE, "then: S", "then: SS"),
    ("tier_unreachable", CARD, "points: [5, 10]", "points: [1, 2]"),
    ("tier_unreachable", TABLE, "order: [S, C]", "order: [S, B, C]"),
    ("tier_unknown", CARD, "kind:", GATE % ("ge: 5", "floor: Z") + "kind:"),
    ("tier_unknown", TABLE, "order: [S, C]", "order: [S, C], conditions: {Z: {input: satisfaction, ge: 4}}"),
    ("duplicate_id", CARD, "kind:", (GATE % ("ge: 5", "floor: A")).replace("}}]", "}}, {id: g, when: {input: orders_12m, eq: 0}, effect: {cap: B}}]") + "kind:"),
    ("not_exact", CARD, "kind:", GATE % ("ge: 0.5", "floor: A") + "kind:"),
    ("unknown_word", CARD, "kind:", (GATE % ("ge: 5", "floor: A")).replace("orders", "order") + "kind:"),
    ("gate_idle", CARD, "kind:", GATE % ("ge: 5", "cap: A") + "kind:"),
    ("gate_idle", CARD, "kind:", GATE % ("ge: 5", "floor: B") + "kind:"),
    ("condition_constant", CARD, "kind:", GATE % ("ge: 0", "floor: A") + "kind:"),
    ("condition_constant", CARD, "order: [A, B]", "order: [A, B]\n  conditions: {A: {input: orders_12m, lt: 0}}"),
    ("shares_tiers", RANKING, "KA: 40%", "General: 40%"),
    ("shares_range", RANKING, "KA: 40%", "KA: 100%"),
    ("shares_order", RANKING, "VIP: 15%", "VIP: 5%"),
    ("duplicate_id", RANKING, "order: [VVIP, VIP,", "order: [VVIP, VIP, VIP,"),
    ("tier_unreachable", RANKING, "out_of: 3, ladder: {cuts: [0, 1, 2, 3], points: [0, 1, 2, 3]}}\n      - {id: I2, input: tenure, weight: 50%, out_of: 3, ladder: {cuts: [0, 1, 2, 3], points: [0, 1, 2, 3]}}",
     "out_of: 3, ladder: {cuts: [0], points: [3]}}\n      - {id: I2, input: tenure, weight: 50%, out_of: 3, ladder: {cuts: [0], points: [3]}}"),
    ("case_invalid", RANKING, "kind:", CASES % ("total: 5", "tier: KA") + "kind:"),
    ("case_invalid", CARD, "kind:", (CASES % ("total: 5", "tier: B")).replace("expect", "cuts: {A: 5}, expect") + "kind:"),
    ("dimension_unknown", CARD, "order: [A, B]", "order: [A, B]\n  conditions: {A: {dimension: Y, ge: 50}}"),
    ("dimension_unknown", TABLE, "order: [S, C]", "order: [S, C], conditions: {S: {dimension: Y, ge: 50}}"),
    ("condition_lowest", CARD, "order: [A, B]", "order: [A, B]\n  conditions: {B: {input: orders_12m, ge: 1}}"),
    ("condition_deep", TABLE, "when: {all: [{input: amount_12m, ge: 50}, {input: satisfaction, ge: 4.5}]}", "when: " + DEEP),
    ("table_gap", UNIQUE, "不满50", "不满49"),
    ("table_overlap", UNIQUE, "不满50", "50以下"),
    ("table_undecided", UNIQUE, UNIQUE, json.dumps(LARGE | {"match": "unique"})),
    ("rule_shadowed", UNIQUE.replace("match: unique", "else: A").replace("不满50", "不满40"), "不满40", "60以上"),
    ("else_unreached", UNIQUE, "match: unique", "else: A"),
    ("lines_undecided", UNIQUE, UNIQUE, json.dumps(LARGE | {"else": "B"})),
    ("at_least_range", TABLE, "when: {all: [{input: amount_12m, ge: 50}, {input: satisfaction, ge: 4.5}]}", AT_LEAST % 3),
    ("at_least_range", TABLE, "when: {all: [{input: amount_12m, ge: 50}, {input: satisfaction, ge: 4.5}]}", AT_LEAST % 0),
    ("parameter_unset", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "value: 50", "value: null"),
    ("parameter_unset", CARD.replace("[0, 10]", "[0, limit]") + FIGURE % ("money", "万元", 10), "value: 10", "value: null"),
    ("parameter_unused", TABLE, "kind:", FIGURE % ("money", "万元", 50) + "kind:"),
    ("wrong_type", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "type: money, unit: 万元, value: 50", "type: count, value: 50"),
    ("wrong_type", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "type: money", "type: gold"),
    ("wrong_unit", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "unit: 万元, value", "unit: 元, value"),
    ("wrong_unit", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "unit: 万元, value", "unit: 月, value"),
    ("not_exact", TABLE.replace("ge: 50", "ge: limit") + FIGURE % ("money", "万元", 50), "value: 50", "value: 0.0000001"),
    ("cuts_order", CARD.replace("[0, 10]", "[0, limit]") + FIGURE % ("money", "万元", 10), "value: 10", "value: 0"),
    ("tier_unknown", CARD, "kind:", "hold: {demotion_needs_approval: [Z]}\nkind:"),
    ("tier_unknown", CARD, "kind:", "hold: {exit: {Z: 50}}\nkind:"),
    ("duplicate_id", CARD, "kind:", "hold: {demotion_needs_approval: [A, A]}\nkind:"),
    ("appointment_months", CARD, "kind:", "appointments: {tiers: [A], by: strategy_group, longest_months: 61}\nkind:"),
    ("tier_unknown", CARD, "kind:", "appointments: {tiers: [Z], by: strategy_group, longest_months: 6}\nkind:"),
    ("duplicate_id", CARD, "kind:", "appointments: {tiers: [A, A], by: strategy_group, longest_months: 6}\nkind:"),
    ("hold_exit", CARD, "kind:", "hold: {exit: {A: 61}}\nkind:"),
    ("hold_exit", CARD, "kind:", "hold: {exit: {A: 0}}\nkind:"),
    ("hold_exit", TABLE, "kind:", "hold: {exit: {S: 88}}\nkind:"),
    ("hold_periods", CARD, "kind:", "hold: {minimum_periods: 0}\nkind:"),
    ("hold_periods", CARD, "kind:", "hold: {minimum_periods: 37}\nkind:"),
    ("hold_idle", CARD, "kind:", "hold: {minimum_periods: 1}\nkind:"),
    ("hold_idle", CARD, "kind:", "hold: {demotion_needs_approval: [B]}\nkind:"),
    ("hold_idle", CARD, "kind:", "hold: {exit: {B: 0}}\nkind:"),
    ("hold_idle", CARD, "kind:", "hold: {exit: {A: 60}}\nkind:"),
    ("review_borderline", TABLE, "kind:", "review: {borderline: {points: 2}}\nkind:"),
    ("review_borderline", CARD, "kind:", "review: {borderline: {points: 0}}\nkind:"),
    ("review_borderline", CARD, "kind:", "review: {borderline: {points: 100}}\nkind:"),
    ("review_idle", CARD, "kind:", "review: {always: []}\nkind:"),
    ("review_idle", CARD, "kind:", "review: {always: [gate_fired]}\nkind:"),
    ("duplicate_id", CARD, "kind:", "review: {always: [pending, pending]}\nkind:"),
    ("plan_too_large", CARD, "out_of: 10", "out_of: 1000000007"),
    ("case_invalid", CARD, "kind:", CASES % ("orders_12m: 1", "tier: A") + "kind:"),
    ("case_invalid", CARD, "kind:", CASES % ("amount_12m: many", "tier: A") + "kind:"),
    ("case_invalid", TABLE, "kind:", CASES % ("total: 5", "tier: S") + "kind:"),
    ("case_fails", CARD, "kind:", CASES % ("amount_12m: 10", "tier: B") + "kind:"),
    ("tier_unknown", CARD, "kind:", CASES % ("amount_12m: 10", "tier: Z") + "kind:"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "before", "after"), BROKEN)
def test_a_broken_document_is_found_out(code: str, text: str, before: str, after: str) -> None:
    assert before in text
    assert check(parse(text)) == []
    findings = check(parse(text.replace(before, after)))
    found = next(finding for finding in findings if finding.code == code)
    assert found.line > 0
    assert found.cure.endswith((".", "?"))
    assert found.message not in ("", found.cure)


def test_every_code_is_shown_by_a_broken_document_and_stands_in_the_readme() -> None:
    assert {code for code, *_ in BROKEN} == set(CODES) - {"unreadable"}  # what cannot be parsed has a test of its own
    text = README.read_text(encoding="utf-8")
    for code, (severity, meaning) in CODES.items():
        assert f"| `{code}` | {severity} | {meaning} |" in text
    assert text.count("| error |") + text.count("| warning |") == len(CODES)


def test_errors_refuse_a_plan_and_name_the_line() -> None:
    with pytest.raises(UnsoundPolicy, match=r"line 8, .*99.99%") as caught:
        compile_plan(parse(CARD.replace("    weight: 100%\n    ind", "    weight: 99.99%\n    ind")))
    assert {finding.code for finding in caught.value.findings} >= {"weights_total"}


def test_a_failing_case_refuses_submission_but_not_a_plan() -> None:
    document = parse(CARD + CASES % ("amount_12m: 10", "tier: B"))
    assert compile_plan(document).scale == 100
    with pytest.raises(UnsoundPolicy, match="case_fails"):
        sound(document)


def test_an_open_ladder_shows_a_customer_who_earns_nothing() -> None:
    findings = check(parse(CARD.replace(", below: 0", "")))
    assert [finding.counter_example for finding in findings] == [{"amount_12m": "-0.000001万元"}]


def test_the_shipped_documents_are_clean() -> None:
    for name in shipped():
        assert check(load(name)) == []
        assert load(name).cases


def test_g3s_formula_on_g2s_weights_is_refused_with_both_sums() -> None:
    text = shipped()["sabcd-weighted"].read_text(encoding="utf-8").replace("weights: absolute", "weights: relative")
    findings = [finding for finding in check(parse(text)) if finding.code == "weights_dimension"]
    assert len(findings) == 4
    assert "15% + 15% + 10% = 40%, not 100%" in findings[0].message


def test_a_literal_total_of_at_most_ten_leaves_every_tier_above_d_out_of_reach() -> None:
    text = (
        shipped()["sabcd-weighted"]
        .read_text(encoding="utf-8")
        .replace("out_of: 10", "out_of: 100")
        .replace("out_of: 15", "out_of: 100")
    )
    text = "\n".join(line for line in text.splitlines() if not line.startswith("  - {name")).replace(
        "panel: {", "ladder: {cuts: [0, 5], points: [0, 10]} # {"
    )
    findings = [finding for finding in check(parse(text)) if finding.code == "tier_unreachable"]
    assert [finding.path for finding in findings] == ["tiers.bands.cuts.S"]
    assert "no customer can be S, A, B, C: totals lie between" in findings[0].message


def test_a_finely_weighted_policy_is_checked_within_little_memory() -> None:
    text = shipped()["rfm-retail"].read_text(encoding="utf-8").partition("cases:")[0]
    fine = text.replace("weight: 30%", "weight: 29.9999%", 2).replace("weight: 40%", "weight: 40.0001%")
    tracemalloc.start()
    assert check(parse(fine)) == []
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert compile_plan(parse(fine)).scale > 2_000_000
    assert most < 20_000_000


def test_a_tier_is_not_named_like_having_none() -> None:
    text = shipped()["rfm-retail"].read_text(encoding="utf-8")
    tier = parse(text).tiers.order[0]
    with pytest.raises(DocumentError, match="'pending' says that a customer has no tier"):
        parse(text.replace(f"[{tier},", "[pending,"))


def test_a_text_that_is_no_document_has_each_fault_as_a_finding() -> None:
    with pytest.raises(DocumentError) as caught:
        parse(CARD.replace("weights: absolute", "weigths: absolute"))
    found = unreadable(caught.value).findings
    assert [(finding.code, finding.severity, finding.line) for finding in found] == [
        ("unreadable", "error", 1),
        ("unreadable", "error", 6),
    ]
    assert "Did you mean weights?" in {finding.cure for finding in found}
