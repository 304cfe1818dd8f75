"""Policies inside a policy: the tier of one as an input of another, in every engine, and the circles that are refused."""

import itertools
import json
import sqlite3
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from policy_texts import COMPOSED
from sqlalchemy import Engine

from policies import DocumentError, UnsoundPolicy, check, compile_plan, explain, grade, parse
from policies.composition import inside
from policies.differences import step, structure_differences
from policies.plan import Plan, outcome
from policies.sql import COLUMNS, select_statement
from policies.version import canonical, semantic_hash

NONE: dict[str, Any] = {"staff": None, "amount_12m": None, "orders_12m": None, "satisfaction": None}
FEN = 100_000_000 * 10


@pytest.mark.parametrize(
    ("facts", "candidates"),
    [
        ({"amount_12m": FEN, "staff": 5, "orders_12m": 6, "satisfaction": 500}, "A"),
        ({"amount_12m": 0, "staff": 1000, "orders_12m": 6, "satisfaction": 300}, "A"),
        ({"amount_12m": 0, "staff": 5, "orders_12m": 6, "satisfaction": 500}, "B"),  # capped in the part
        ({"amount_12m": 0, "staff": 5, "orders_12m": 0, "satisfaction": 100}, "C"),
        ({"amount_12m": FEN, "orders_12m": 6, "satisfaction": 500}, "A"),  # middle or large, whatever the staff
        ({"staff": 1000, "orders_12m": 0}, "B"),  # large; the value is low at best medium
        ({"amount_12m": 0, "orders_12m": 6, "satisfaction": 500}, "AB"),
        ({}, "ABC"),
    ],
)
def test_the_tier_of_a_part_decides_the_whole(facts: dict[str, Any], candidates: str) -> None:
    document = parse(COMPOSED)
    assert check(document) == []
    plan = compile_plan(document)
    result = grade(plan, NONE | facts)
    assert "".join(plan.names(result.candidates)) == candidates
    assert outcome(plan, plan.unpack(result.levels))[2] == result.candidates


def test_parts_are_evaluated_in_the_order_that_their_conditions_want() -> None:
    document = parse(COMPOSED)
    assert list(inside(document)) == ["size", "value"]
    turned = COMPOSED.replace("  size:\n", "  zsize:\n").replace("input: size", "input: zsize")
    assert list(inside(parse(turned))) == ["zsize", "value"]


def test_an_explanation_tells_the_tier_of_each_part() -> None:
    plan = compile_plan(parse(COMPOSED))
    told = explain(plan, NONE | {"amount_12m": 0, "orders_12m": 6, "satisfaction": 500})
    assert [(part.name, part.candidates) for part in told.parts] == [
        ("size", ("large", "small")),
        ("value", ("high", "medium")),
    ]
    assert "规模(size):large/small" in told.lines("zh")
    assert told.missing == ("staff",)


def test_a_part_counts_in_the_hash_and_the_whole_survives_its_canonical_form() -> None:
    document = parse(COMPOSED)
    assert parse(canonical(document)) == document
    assert semantic_hash(parse(COMPOSED.replace("ge: 10000000", "ge: 10000001"))) != semantic_hash(document)
    assert semantic_hash(parse(COMPOSED.replace("en: Size", "en: Largeness"))) == semantic_hash(document)
    cheaper = (
        COMPOSED.replace("ge: 50000000", "ge: 5000")
        .replace("ge: 10000000", "ge: 1000")
        .replace("{unit: 元}", "{unit: 万元}")
    )
    assert semantic_hash(parse(cheaper)) == semantic_hash(document)


def test_differences_are_told_inside_the_part() -> None:
    new = parse(COMPOSED.replace("{input: staff, ge: 1000}", "{input: staff, ge: 500}"))
    (told,) = structure_differences(parse(COMPOSED), new)
    assert told.path == "parts.size.rules.l.when"
    assert told.zh.startswith("size:规则 l 条件")
    gone = parse(
        COMPOSED.replace("input: value, eq: high", "input: staff, ge: 5").replace(
            "input: value, in: [high, medium]", "input: staff, ge: 5"
        )
    )
    text = canonical(gone)
    values = json.loads(text)
    del values["parts"]["value"]
    assert "part value removed" in [one.en for one in structure_differences(gone, parse(json.dumps(values)))]
    assert step(parse(COMPOSED), new) == "minor"


BROKEN = [
    ("part_cycle", "{input: staff, ge: 1000}", "{input: value, eq: high}", 6),
    ("part_misused", "input: orders_12m, weight: 60%, out_of: 10, ladder: {cuts: [0, 3, 6], points: [0, 5, 10]}",
     "input: size, weight: 60%, out_of: 10, values: {large: 10, middle: 5, small: 0}", 27),
    ("part_misused", "{input: size, eq: large}", "{input: size, is: not_applicable}", 34),
    ("part_whole", "    else: small\n", "    else: small\n    population: {applies_to: {status: [active]}}\n", 15),
    ("outside_domain", "{input: size, eq: large}", "{input: size, eq: huge}", 34),
    ("wrong_comparison", "{input: size, eq: large}", "{input: size, ge: 3}", 34),
    ("wrong_unit", "{unit: 元}", "{unit: 月}", 15),
    ("cuts_order", "cuts: [0, 3, 6]", "cuts: [0, 3, 3]", 27),
    ("duplicate_id", "inputs: {staff", "inputs: {size: {type: count, title: {zh: 人, en: s}}, staff", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "before", "after", "line"), BROKEN)
def test_a_broken_part_is_found_with_its_own_line(code: str, before: str, after: str, line: int | None) -> None:
    assert before in COMPOSED
    found = [finding for finding in check(parse(COMPOSED.replace(before, after))) if finding.code == code]
    assert found
    assert line is None or found[0].line == line, found[0]
    assert found[0].path.startswith(("parts.", "rules", "inputs")), found[0]


def test_a_part_that_nothing_compares_is_told() -> None:
    text = COMPOSED.replace("input: value, eq: high", "input: staff, ge: 5").replace(
        "value, in: [high, medium]", "staff, ge: 5"
    )
    (finding,) = check(parse(text))
    assert (finding.code, finding.path, finding.line) == ("part_unused", "parts.value", 16)


@st.composite
def compositions(draw: st.DrawFn) -> str:
    """A whole over two parts, of which the second may read the first; gates and minimum conditions in all of them."""
    leaf = st.sampled_from(
        [{"input": "orders_12m", "ge": 3}, {"input": "satisfaction", "ge": 4}, {"input": "tenure", "lt": 12}, {"input": "orders_12m", "le": 5}]
    )  # fmt: skip

    def part(name: str, seen: st.SearchStrategy[Any]) -> dict[str, Any]:
        when = leaf | seen | st.lists(leaf | seen, min_size=1, max_size=2).map(lambda parts: {"all": parts})
        order = ["x", "y", "z"]
        gates = [
            {"id": f"g{i}", "when": draw(when), "effect": {draw(st.sampled_from(["floor", "cap", "set"])): draw(st.sampled_from(order))}}
            for i in range(draw(st.integers(0, 2)))
        ]  # fmt: skip
        common = {"id": name, "title": {"zh": "甲", "en": name}, "gates": gates}
        conditions = {"x": draw(when)} if draw(st.booleans()) else {}
        if draw(st.booleans()):
            ladder = {"cuts": [0, 3, 6], "points": [draw(st.integers(0, 10)) for _ in range(3)]}
            one = {"id": "i", "input": "orders_12m", "weight": "40%", "out_of": 10, "ladder": ladder}
            rated = {"id": "j", "input": "satisfaction", "weight": "60%", "out_of": 10,
                     "ladder": {"cuts": [1, 4], "points": [2, 10]}}  # fmt: skip
            dimension = {"id": "D", "title": {"zh": "甲", "en": "d"}, "weight": 1, "indicators": [one, rated]}
            bands = {"closed": "left", "cuts": {"x": 60, "y": 30, "z": 0}}
            tiers = {"order": order, "bands": bands, "conditions": conditions}
            return {
                "kind": "scorecard",
                "weights": "absolute",
                "missing": "pending",
                "dimensions": [dimension],
                "tiers": tiers,
                **common,
            }
        rules = [
            {"id": f"r{i}", "when": draw(when), "then": order[i] if i < 2 else draw(st.sampled_from(order))}
            for i in range(draw(st.integers(2, 4)))
        ]
        return {
            "kind": "rules",
            "tiers": {"order": order, "conditions": conditions},
            "rules": rules,
            "else": "z",
            **common,
        }

    def tiers_of(name: str) -> st.SearchStrategy[Any]:
        some = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2, unique=True)
        return some.map(lambda tiers: {"input": name, "in": tiers})

    first = part("p", leaf)
    second = part("q", tiers_of("p"))
    whole = part("whole", tiers_of("p") | tiers_of("q"))
    return json.dumps({**whole, "parts": {"p": first, "q": second}})


ROWS = [
    dict(zip(("orders_12m", "satisfaction", "tenure"), values, strict=True))
    for values in itertools.product((None, 0, 3, 5, 6), (None, 100, 399, 400), (None, 11, 12))
]


def compiled(text: str) -> Plan:
    """Compile a composition; one that nests too deep is rejected, and hypothesis fails when too many are."""
    try:
        return compile_plan(parse(text))
    except UnsoundPolicy:
        reject()


def by_oracle(plan: Plan) -> list[tuple[Any, ...]]:
    found = []
    for place, row in enumerate(ROWS):
        result = grade(plan, row)
        assert outcome(plan, plan.unpack(result.levels))[2] == result.candidates
        found.append((place, *(getattr(result, name) for name in COLUMNS[1:])))
    return found


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(compositions())
def test_engines_agree_on_random_compositions(text: str) -> None:
    plan = compiled(text)
    expected = by_oracle(plan)
    lite, duck = sqlite3.connect(":memory:"), duckdb.connect(":memory:")
    columns = ", ".join(f"{name} bigint" for name in plan.inputs)
    marks = ", ".join("?" * (len(plan.inputs) + 1))
    for connection, dialect in ((lite, "sqlite"), (duck, "duckdb")):
        connection.execute(f"create table facts (customer_id bigint, {columns})")
        connection.executemany(
            f"insert into facts values ({marks})",  # noqa: S608 - question marks only
            [[place, *(row[name] for name in plan.inputs)] for place, row in enumerate(ROWS)],
        )
        assert sorted(connection.execute(select_statement(plan, dialect)).fetchall()) == expected
        connection.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions())
def test_postgresql_agrees_with_the_oracle_on_random_compositions(postgres_engine: Engine, text: str) -> None:
    plan = compiled(text)
    columns = ", ".join(f"{name} bigint" for name in plan.inputs)
    marks = ", ".join(["%s"] * (len(plan.inputs) + 1))
    with postgres_engine.connect() as connection:
        connection.exec_driver_sql(f"create temporary table cases (customer_id bigint, {columns}) on commit drop")
        values = [(place, *(row[name] for name in plan.inputs)) for place, row in enumerate(ROWS)]
        connection.exec_driver_sql(f"insert into cases values ({marks})", values)  # noqa: S608 - placeholders only
        found = connection.exec_driver_sql(select_statement(plan, "postgres", "cases")).all()
    assert sorted(tuple(row) for row in found) == by_oracle(plan)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("    kind: rules\n    id: size", "    kind: ruels\n    id: size", "line 6, parts.size: the part has the kind 'ruels'; write one of"),
        ("    kind: rules\n    id: size", "    id: size", "line 6, parts.size: the part has no kind"),
        ("    tiers: {order: [large", "    tires: {order: [large", "line 10, parts.size.tires: unknown key 'tires'; did you mean tiers?"),
        ("then: middle}", "than: middle}", "line 13, parts.size.rules[1].than: unknown key 'than'; did you mean then?"),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_read_is_named_with_its_line_and_the_nearest_key(
    before: str, after: str, told: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(COMPOSED.replace(before, after))
    assert told in str(refused.value)


def test_a_part_whose_totals_do_not_fit_is_refused_like_a_whole() -> None:
    indicators = [
        {"id": f"i{i}", "input": "amount_12m", "weight": weight, "out_of": out_of, "ladder": {"cuts": [0], "points": [out_of], "below": 1}}
        for i, (weight, out_of) in enumerate([("33.33333333%", 97), ("33.33333333%", 89), ("33.33333334%", 83)])
    ]  # fmt: skip
    labels = {"zh": "甲", "en": "x"}
    value = {
        "kind": "scorecard", "id": "value", "title": labels, "weights": "absolute", "missing": "pending",
        "dimensions": [{"id": "D", "title": labels, "weight": "100%", "indicators": indicators}],
        "tiers": {"order": ["S", "A"], "bands": {"closed": "left", "cuts": {"S": 50, "A": 0}}},
    }  # fmt: skip
    rules = [{"id": "r", "when": {"input": "value", "in": ["S"]}, "then": "X"}]
    text = json.dumps({
        "kind": "rules", "id": "whole", "title": labels, "parts": {"value": value}, "tiers": {"order": ["X", "Y"]},
        "rules": rules, "else": "Y",
    })  # fmt: skip
    (finding,) = [one for one in check(parse(text)) if one.severity == "error"]
    assert (finding.code, finding.path) == ("plan_too_large", "parts.value")
