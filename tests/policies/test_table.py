"""Rule tables as a whole: gaps, overlaps and lines out of reach, counted exactly, each with a customer who shows it."""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_texts import COMPOSED, TABLE
from unique_tables import LARGE, unique_tables

from policies import DocumentError, UnsoundPolicy, check, compile_plan, grade, parse
from policies.compiler import _whole
from policies.diagram import Diagram, TooLarge
from policies.document import Rules
from policies.kleene import truth
from policies.oracle import facts_of, rule_tiers
from policies.oracle import truth as oracle_truth
from policies.sql import select_statement
from policies.version import canonical, semantic_hash

LINES = """\
kind: rules
id: table
title: {zh: 表, en: table}
inputs: {amount_12m: {unit: 万元}, tenure: {unit: 年}}
tiers: {order: [A, B, C]}
match: unique
rules:
  - {id: high, when: {input: amount_12m, within: 50以上}, then: A}
  - {id: old, when: {all: [{input: amount_12m, within: 不满50}, {input: tenure, within: 2以上}]}, then: B}
  - {id: new, when: {all: [{input: amount_12m, within: 不满50}, {input: tenure, within: 不满2}]}, then: C}
"""
FIRST = LINES.replace("match: unique\n", "else: C\n")


def lines_met(document: Rules, customer: dict[str, str]) -> list[str]:
    """The lines that a customer of a finding meets, by the oracle."""
    facts = facts_of(document, customer)
    return [rule.id for rule in document.rules if oracle_truth(document, rule.when, facts)]


def test_a_unique_table_needs_no_else_and_means_what_first_match_means() -> None:
    unique, first = parse(LINES), parse(FIRST)
    assert check(unique) == []
    plan, other = compile_plan(unique), compile_plan(first)
    assert (plan.lines, plan.axes, plan.otherwise) == (other.lines, other.axes, None)
    with_else = parse(LINES + "else: C\n")
    assert compile_plan(with_else) == other
    assert semantic_hash(with_else) == semantic_hash(first) != semantic_hash(unique)
    assert parse(canonical(unique)) == unique
    for amount, tenure in ((50, 0), (49, 24), (49, 23), (-1, None), (None, 30)):
        facts = {"amount_12m": None if amount is None else amount * 1_000_000, "tenure": tenure}
        one, two = grade(plan, facts), grade(other, facts)
        assert one.candidates & ~two.candidates == 0
        assert one == two or None in facts.values()


def test_what_is_missing_leaves_only_the_tiers_of_lines_that_may_hold() -> None:
    plan = compile_plan(parse(LINES))
    assert plan.names(grade(plan, {"amount_12m": 10}).candidates) == ("B", "C")
    assert plan.names(grade(plan, {"tenure": 30}).candidates) == ("A", "B")


def test_first_match_without_else_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"'else' is missing.*match: unique"):
        parse(FIRST.replace("else: C\n", ""))


def test_a_gap_and_an_overlap_show_customers_who_meet_no_line_and_two() -> None:
    document = parse(LINES.replace("within: 不满2}", "within: 不满1}").replace("within: 50以上", "within: 40以上"))
    assert isinstance(document, Rules)
    gap, overlap, other = check(document)
    assert (gap.code, gap.line) == ("table_gap", 7)
    assert gap.message == "2 of 25 cells meet no line, such as 近一年采购金额 0万元, 合作月数 1.5年"
    assert (overlap.code, overlap.line) == ("table_overlap", 9)
    assert overlap.message.startswith("high (A) and old (B) both hold in 4 of 25 cells (in 6 more than one line does)")
    assert lines_met(document, dict(gap.counter_example or {})) == []
    assert lines_met(document, dict(overlap.counter_example or {})) == ["high", "old"]
    assert lines_met(document, dict(other.counter_example or {})) == ["high", "new"]
    with pytest.raises(UnsoundPolicy, match="meet no line"):
        compile_plan(document)


def test_a_population_narrows_what_a_table_must_cover() -> None:
    text = LINES.replace("input: tenure, within: 2以上", "input: status, eq: active").replace(
        "input: tenure, within: 不满2", "input: status, eq: lost"
    )
    text = text.replace(", tenure: {unit: 年}", "")
    assert [one.code for one in check(parse(text))] == ["table_gap"]
    assert check(parse(text.replace("match:", "population: {applies_to: {status: [active, lost]}}\nmatch:"))) == []


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        ("within: 不满50}, {input: tenure, within: 2以上}", "within: 60以上}, {input: tenure, within: 2以上}", "rule_shadowed",
         "no customer can reach old (B): who meets it meets high (A) before"),
        ("input: tenure, within: 2以上", "input: amount_12m, within: 60以上", "rule_shadowed", "no customer can meet the condition of old"),
        ("else: C", "else: B", "else_unreached", "every customer meets a line"),
        ("input: amount_12m, within: 50以上}, then: A", "input: amount_12m, lt: 0}, then: A}\n  - {id: low, when: {input: amount_12m, lt: 0}, then: A",
         "rule_shadowed", "no customer can reach low (A): who meets it meets high (A) before"),
        ("else: C", "else: C\ngates: [{id: g, when: {input: tenure, within: 2以上}, effect: {floor: A}}]", "tier_unreachable",
         "no customer can be B: gates and minimum conditions move everyone away, such as to A"),
        ("else: C", "else: C\ngates: [{id: g, when: {all: [{input: tenure, lt: 1}, {input: tenure, gt: 1}]}, effect: {set: A}}]", "condition_constant", "no customer meets"),
    ],
)  # fmt: skip
def test_what_nobody_can_reach_is_told_with_what_stands_before_it(
    before: str, after: str, code: str, said: str
) -> None:
    assert before in FIRST
    text = FIRST.replace(
        "{all: [{input: amount_12m, within: 不满50}, {input: tenure, within: 不满2}]}", "{input: tenure, within: 不满2}"
    )
    document = parse(text.replace(before, after))
    assert isinstance(document, Rules)
    found = next(one for one in check(document) if one.code == code)
    assert said in found.message
    if code == "rule_shadowed" and "before" in found.message:
        met = lines_met(document, dict(found.counter_example or {}))
        assert met[0] == "high" != met[-1]


def test_a_customer_of_an_unreachable_tier_ends_elsewhere() -> None:
    gated = FIRST + "gates: [{id: g, when: {input: tenure, within: 2以上}, effect: {floor: A}}]\n"
    document = parse(gated)
    assert isinstance(document, Rules)
    found = next(one for one in check(document) if one.code == "tier_unreachable")
    facts = facts_of(document, found.counter_example or {})
    assert rule_tiers(document, facts) == ["B"]
    assert grade(compile_plan(document), facts).tier == "A"


@st.composite
def small_tables(draw: st.DrawFn) -> str:
    """Tables of a few lines over a few values, as they come: with gaps and overlaps."""
    words = ["amount_12m", "orders_12m", "satisfaction", "status"]

    def leaf() -> dict[str, Any]:
        word = draw(st.sampled_from(words))
        if word == "status":
            return {
                "input": word,
                "in": draw(
                    st.lists(st.sampled_from(["potential", "intent", "active", "lost"]), min_size=1, unique=True)
                ),
            }
        return {
            "input": word,
            draw(st.sampled_from(["ge", "gt", "le", "lt", "eq"])): draw(st.sampled_from(["1", "2", "3"])),
        }

    def condition(depth: int) -> dict[str, Any]:
        form = draw(st.sampled_from(["leaf", "leaf", "all", "any", "at_least", "not"])) if depth else "leaf"
        if form == "leaf":
            return leaf()
        if form == "not":
            return {"not": condition(depth - 1)}
        parts = [condition(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        return {form: parts if form != "at_least" else {"k": draw(st.integers(1, len(parts))), "of": parts}}

    rules = [{"id": f"r{i}", "when": condition(2), "then": "A"} for i in range(draw(st.integers(1, 5)))]
    table = {
        "kind": "rules",
        "id": "t",
        "title": {"zh": "表", "en": "t"},
        "tiers": {"order": ["A", "B"]},
        "rules": rules,
    }
    return json.dumps(table | {"else": "B"})


@settings(max_examples=60, deadline=None)  # the machine is shared
@given(small_tables())
def test_the_diagram_counts_what_listing_every_cell_counts(text: str) -> None:
    document = parse(text)
    assert isinstance(document, Rules)
    for plan in (compile_plan(document), _whole(document, each=True)):
        codes = [list(range(1, axis.radix)) for axis in plan.axes]
        listed: dict[int, int] = {}
        first: dict[int, int] = {}
        for cell in product(*codes):
            mask = sum(1 << i for i, line in enumerate(plan.lines) if truth(line.when, cell))
            listed[mask] = listed.get(mask, 0) + 1
            first[mask & -mask] = first.get(mask & -mask, 0) + 1
        tests = [line.when for line in plan.lines]
        diagram = Diagram(plan.axes, codes, tests)
        assert {mask: met.cells for mask, met in diagram.holding.items()} == listed
        for mask, met in diagram.holding.items():
            shown = [met.codes[i] for i in range(len(plan.axes))]
            assert mask == sum(1 << i for i, test in enumerate(tests) if truth(test, shown))
        cut = Diagram(plan.axes, codes, tests, len(tests))
        assert {mask: met.cells for mask, met in cut.holding.items()} == first


@settings(max_examples=40, deadline=None)  # the machine is shared
@given(unique_tables(), st.integers(0, 2**32))
def test_a_complete_table_is_proved_so_and_a_line_less_or_twice_is_found(text: str, seed: int) -> None:
    values, chance = json.loads(text), random.Random(seed)
    impossible = {"rule_shadowed", "tier_unreachable"}  # a tree may cut the same word twice in vain
    assert {one.code for one in check(parse(text))} <= impossible
    place = chance.randrange(len(values["rules"]))
    rules = values["rules"]
    holds = "rule_shadowed" not in {one.code for one in check(parse(text))}
    if holds and len(rules) > 1:
        fewer = {**values, "rules": rules[:place] + rules[place + 1 :]}
        assert "table_gap" in {one.code for one in check(parse(json.dumps(fewer)))}
        twice = {**values, "rules": [*rules, {**rules[place], "id": "again"}]}
        assert "table_overlap" in {one.code for one in check(parse(json.dumps(twice)))}


def test_twenty_lines_over_twenty_inputs_are_counted_without_listing_their_cells() -> None:
    names = [f"f{i}" for i in range(20)]
    declared = {name: {"type": "count", "title": {"zh": name, "en": name}} for name in names}
    rules = [
        {
            "id": f"r{i}",
            "then": "AB"[i % 2],
            "when": {"all": [{"input": name, "lt": 5} for name in names[:i]] + [{"input": names[i], "ge": 5}]},
        }
        for i in range(20)
    ]
    table = {
        "kind": "rules",
        "id": "t",
        "title": {"zh": "表", "en": "t"},
        "tiers": {"order": ["A", "B"]},
        "match": "unique",
        "inputs": declared,
    }
    (gap, *others) = check(parse(json.dumps(table | {"rules": rules})))
    assert gap.message.startswith("1 of 3,486,784,401 cells meet no line")  # every f under 5; 3 cells each
    assert others == []


def test_a_table_that_is_too_large_is_told_and_not_guessed() -> None:
    assert "table_undecided" in {one.code for one in check(parse(json.dumps(LARGE | {"match": "unique"})))}
    assert "lines_undecided" in {one.code for one in check(parse(json.dumps(LARGE | {"else": "B"})))}
    plan = compile_plan(parse(json.dumps(LARGE | {"else": "B"})))
    with pytest.raises(TooLarge):
        Diagram(plan.axes, [range(1, axis.radix) for axis in plan.axes], [line.when for line in plan.lines])


def test_a_unique_table_without_else_gives_every_dialect_a_statement() -> None:
    plan = compile_plan(parse(LINES))
    for dialect in ("sqlite", "postgres", "duckdb", "spark"):
        assert "r2" in select_statement(plan, dialect)
    assert check(parse(TABLE)) == []


def test_a_part_needs_an_else_and_a_table_over_the_tier_of_a_scorecard_is_not_guessed() -> None:
    part = COMPOSED.replace("    else: small\n", "    match: unique\n").replace(
        "{input: amount_12m, ge: 10000000}", "{not: {input: staff, ge: 1000}}"
    )
    assert ("part_whole", "parts.size") in {(one.code, one.path) for one in check(parse(part))}
    assert check(parse(COMPOSED)) == []
    last = COMPOSED.rindex("else: ")
    unique = COMPOSED[:last] + "match: unique\n" + COMPOSED[last:]
    assert [one.code for one in check(parse(unique))] == ["table_undecided"]


def test_intervals_of_a_part_are_read_in_the_units_of_the_whole() -> None:
    ladder = "{cuts: [0, 3, 6], points: [0, 5, 10]}"
    assert ladder in COMPOSED
    money = COMPOSED.replace("input: orders_12m", "input: amount_12m")
    by_cuts = money.replace(ladder, "{cuts: [3, 6], points: [5, 10], below: 0}")
    by_rows = money.replace(ladder, "{intervals: {不满3: 0, '[3, 6)': 5, 6以上: 10}}")
    assert check(parse(by_rows)) == []
    assert compile_plan(parse(by_rows)) == compile_plan(parse(by_cuts))
    edges = by_rows.replace("'[3, 6)'", "'(3, 6)'").replace("不满3", "3以下")
    assert parse(canonical(parse(edges))) == parse(edges)
    facts = {"amount_12m": 3_000_001, "satisfaction": 500, "staff": 5}
    assert grade(compile_plan(parse(edges)), facts) == grade(compile_plan(parse(by_rows)), facts)
