"""Gates, minimum conditions and counted conditions: what they do to a tier, and what stays possible while facts are missing."""

import hashlib
import itertools
import json
import re
import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_texts import CARD, TABLE
from sqlalchemy import Engine

from policies import Plan, check, compile_plan, explain, grade, load, parse
from policies.condition import Condition
from policies.document import Scorecard
from policies.documents import shipped
from policies.oracle import moved, truth
from policies.sql import DIALECTS, select_statement

ORDER = ["S", "A", "B", "C"]
WORDS = ("orders_12m", "tenure", "referrals_12m")
VALUES = (0, 1, 2)
# The first 16 hexadecimal digits of the statements' SHA-256: the same with no gate in the language (what is not applicable
# or pending changed them once).
GOLDEN = {
    "sabcd-weighted": ("7ce733b9e820edd1", "1c698fc849b55338", "7abf6a0d8db89835", "9ec505ffac1ad59b"),
    "sabc-threshold": ("5dcee017d8dee51f", "89cf3ecf3ff30345", "53494393ed5beaf3", "53494393ed5beaf3"),
    "rfm-retail": ("acbf1419923b24c6", "9ca056ee5982819a", "1c2931f1196b0b66", "7462a5367a4b52d3"),
}
DORMANT: dict[str, Any] = {
    "status": "lost", "amount_36m": 300_000_000, "amount_12m": 0, "margin_rate": 3000, "orders_12m": 0, "tenure": 60,
    "repeat_rate": 8000, "referrals_12m": 3, "amount_growth": -10_000, "industry_outlook": 10, "purchase_intent": 10,
    "benchmark_effect": 10, "new_product_willingness": 10, "supply_chain_fit": 10, "months_since_contact": 12,
}  # fmt: skip


def small(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.builds(
        lambda word, operator, value: {"input": word, operator: value},
        st.sampled_from(WORDS), st.sampled_from(["ge", "le", "eq"]), st.sampled_from(["0", "1", "2"]),
    )  # fmt: skip
    if not depth:
        return leaf
    parts = st.lists(small(depth - 1), min_size=1, max_size=3)
    return st.one_of(
        leaf,
        st.builds(lambda form, of: {form: of}, st.sampled_from(["all", "any"]), parts),
        st.builds(lambda of, k: {"at_least": {"k": min(k, len(of)), "of": of}}, parts, st.integers(1, 3)),
        st.builds(lambda of: {"not": of}, small(depth - 1)),
    )


def card(gates: list[dict[str, Any]], demanded: dict[str, Any]) -> str:
    ladder = {"cuts": [0, 1, 2], "points": [0, 5, 10]}
    indicators = [
        {"id": f"I{i}", "input": word, "weight": "1/2", "out_of": 10, "ladder": ladder}
        for i, word in enumerate(WORDS[:2])
    ]
    return json.dumps({
        "kind": "scorecard", "id": "gated", "title": {"zh": "甲", "en": "x"}, "weights": "absolute", "missing": "pending",
        "dimensions": [{"id": "D", "title": {"zh": "甲", "en": "d"}, "weight": "100%", "indicators": indicators}],
        "tiers": {"order": ORDER, "conditions": demanded, "bands": {"closed": "left", "cuts": {"S": 90, "A": 60, "B": 30, "C": 0}}},
        "gates": [{"id": f"g{i}", **gate} for i, gate in enumerate(gates)],
    })  # fmt: skip


def gate(kind: str, tier: str, when: dict[str, Any]) -> dict[str, Any]:
    return {"when": when, "effect": {kind: tier}}


GATES = st.lists(
    st.builds(gate, st.sampled_from(["floor", "cap", "set"]), st.sampled_from(ORDER), small(1)), max_size=4
)  # fmt: skip
DEMANDS = st.dictionaries(st.sampled_from(ORDER[:-1]), small(1), max_size=2)
KNOWN = st.fixed_dictionaries({word: st.sampled_from(VALUES) for word in WORDS})
LIGHT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tiers_of(text: str, facts: dict[str, Any]) -> tuple[str, ...]:
    plan = compile_plan(parse(text))
    return plan.names(grade(plan, facts).candidates)


def completions(facts: dict[str, Any]) -> list[dict[str, Any]]:
    missing = [word for word in WORDS if facts[word] is None]
    return [
        facts | dict(zip(missing, values, strict=True)) for values in itertools.product(VALUES, repeat=len(missing))
    ]


@LIGHT
@given(GATES, DEMANDS, st.fixed_dictionaries({word: st.sampled_from([None, *VALUES]) for word in WORDS}))
def test_the_candidates_contain_the_tier_of_every_completion_of_what_is_missing(
    gates: list[dict[str, Any]], demanded: dict[str, Any], facts: dict[str, Any]
) -> None:
    plan = compile_plan(parse(card(gates, demanded)))
    result = grade(plan, facts)
    for known in completions(facts):
        ended = grade(plan, known)
        assert ended.status == "graded"
        assert ended.candidates & result.candidates
    assert (result.status == "graded") == (result.candidates.bit_count() == 1)


@LIGHT
@given(GATES, DEMANDS, small(1), st.sampled_from(ORDER), KNOWN)
def test_a_floor_never_lowers_and_a_cap_never_lifts(
    gates: list[dict[str, Any]], demanded: dict[str, Any], when: dict[str, Any], tier: str, facts: dict[str, Any]
) -> None:
    for kind in ("floor", "cap"):
        others = [other for other in gates if next(iter(other["effect"])) == kind]
        (before,) = tiers_of(card(others, demanded), facts)
        (after,) = tiers_of(card([*others, gate(kind, tier, when)], demanded), facts)
        moves = ORDER.index(after) - ORDER.index(before)
        assert moves <= 0 if kind == "floor" else moves >= 0


@LIGHT
@given(small(), st.fixed_dictionaries({word: st.sampled_from([None, *VALUES]) for word in WORDS}))
def test_a_condition_is_known_only_when_every_completion_answers_alike(
    when: dict[str, Any], facts: dict[str, Any]
) -> None:
    document = parse(card([], {}))
    condition = Condition.model_validate(when)
    known = truth(document, condition, facts)
    answers = {truth(document, condition, full) for full in completions(facts)}
    assert None not in answers
    assert known is None or answers == {known}


@pytest.mark.parametrize(
    ("orders", "tenure", "referrals", "holds"),
    [
        (1, 1, 0, True),
        (1, None, None, None),
        (0, 0, None, False),
        (0, None, 1, None),
        (1, None, 1, True),
        (0, 0, 0, False),
    ],
)
def test_two_of_three_are_counted_with_what_is_unknown(
    orders: int | None, tenure: int | None, referrals: int | None, holds: bool | None
) -> None:
    of = [{"input": word, "ge": "1"} for word in WORDS]
    condition = Condition.model_validate({"at_least": {"k": "2", "of": of}})
    facts = dict(zip(WORDS, (orders, tenure, referrals), strict=True))
    assert truth(parse(card([], {})), condition, facts) is holds
    negated = truth(parse(card([], {})), Condition.model_validate({"not": {"not": {"not": condition}}}), facts)
    assert negated is (None if holds is None else not holds)


def test_who_misses_a_minimum_condition_falls_one_tier_and_is_tested_there() -> None:
    demanded = {"S": {"input": "referrals_12m", "ge": 2}, "A": {"input": "referrals_12m", "ge": 1}}
    top = {"orders_12m": 2, "tenure": 2}
    for referrals, tiers in ((2, "S"), (1, "A"), (0, "B"), (None, "SAB")):
        assert tiers_of(card([], demanded), top | {"referrals_12m": referrals}) == tuple(tiers)
    told = explain(compile_plan(parse(card([], demanded))), top | {"referrals_12m": 0})
    assert [(line.id, line.holds, line.fired) for line in told.conditions] == [("S", False, True), ("A", False, True)]
    assert told.band == ("S",)
    assert "  S 的最低条件:不符合,已改变等级" in told.lines()


def test_floors_come_before_caps_and_caps_before_sets() -> None:
    always = {"input": "referrals_12m", "ge": 0}
    gates = [
        gate("set", "B", {"input": "referrals_12m", "ge": 2}),
        gate("cap", "C", always),
        gate("floor", "S", always),
    ]
    facts = {"orders_12m": 0, "tenure": 0, "referrals_12m": 0}
    assert tiers_of(card(gates, {}), facts) == ("C",)
    assert tiers_of(card(gates, {}), facts | {"referrals_12m": 2}) == ("B",)
    assert tiers_of(card(gates, {}), facts | {"referrals_12m": None}) == ("S", "B", "C")


def test_of_several_sets_the_first_that_holds_decides() -> None:
    gates = [
        gate("set", "B", {"input": "referrals_12m", "ge": 1}),
        gate("set", "A", {"input": "referrals_12m", "ge": 0}),
    ]
    facts = {"orders_12m": 0, "tenure": 0}
    assert tiers_of(card(gates, {}), facts | {"referrals_12m": 1}) == ("B",)
    assert tiers_of(card(gates, {}), facts | {"referrals_12m": 0}) == ("A",)


def test_rules_have_gates_and_minimum_conditions_too() -> None:
    text = TABLE.replace("order: [S, C]", "order: [S, C], conditions: {S: {input: tenure, ge: 12}}")
    text += "gates: [{id: g, when: {input: complaints_12m, ge: 3}, effect: {cap: C}}]\n"
    good = {"status": "active", "amount_12m": 50_000_000, "satisfaction": 450, "tenure": 12, "complaints_12m": 0}
    assert tiers_of(text, good) == ("S",)
    assert tiers_of(text, good | {"tenure": 11}) == ("C",)
    assert tiers_of(text, good | {"complaints_12m": 3}) == ("C",)
    assert tiers_of(text, good | {"complaints_12m": None}) == ("S", "C")
    assert tiers_of(text, good | {"complaints_12m": None, "satisfaction": 100}) == ("C",)


def test_g2s_dormant_gate_is_told_with_its_inputs_and_more_points_do_not_lift_it() -> None:
    plan = compile_plan(load("sabcd-weighted"))
    told = explain(plan, DORMANT)
    assert (told.tier, told.band, told.up, told.down) == ("D", ("B",), None, None)
    assert [(line.id, line.effect, line.tier, line.holds, line.fired) for line in told.gates] == [
        ("dormant", "cap", "D", True, True)
    ]
    assert told.cheapest is not None
    assert (told.cheapest.input, told.cheapest.reach.en, told.cheapest.tier) == (
        "months_since_contact",
        "< 12 months",
        "B",
    )
    assert "  门槛 dormant 长期停采且无联系(不高于 D):符合,已改变等级" in told.lines("zh")
    assert "  months since the last contact: 12 months" in told.lines("en")
    alone = explain(plan, levels=grade(plan, DORMANT).levels, status="graded")
    assert (alone.gates, alone.band, alone.cheapest, alone.tier) == (told.gates, told.band, told.cheapest, told.tier)
    open_ = explain(plan, DORMANT | {"months_since_contact": None})
    assert (open_.status, open_.candidates, open_.missing) == ("pending", ("B", "D"), ("months_since_contact",))
    assert [(line.holds, line.fired) for line in open_.gates] == [(None, None)]
    ordering = explain(plan, DORMANT | {"months_since_contact": None, "orders_12m": 1})
    assert (ordering.missing, [line.fired for line in ordering.gates]) == ((), [False])


def test_distances_honour_gates() -> None:
    text = card(
        [gate("cap", "A", {"input": "referrals_12m", "eq": 0}), gate("floor", "B", {"input": "tenure", "ge": 1})], {}
    )
    plan = compile_plan(parse(text))
    told = explain(plan, {"orders_12m": 2, "tenure": 1, "referrals_12m": 0})  # 75 of 100: A
    assert (told.tier, told.up) == ("A", None)
    assert told.down is not None
    assert (told.down.tier, told.down.points) == ("B", 15)
    low = explain(plan, {"orders_12m": 0, "tenure": 1, "referrals_12m": 0})  # 25: C, lifted to B
    assert (low.tier, low.band, low.down) == ("B", ("C",), None)
    assert low.up is not None
    assert (low.up.tier, low.up.points) == ("A", 35)


def test_an_input_that_a_ladder_cuts_too_coarsely_gets_an_axis_of_its_own() -> None:
    same = compile_plan(parse(card([gate("cap", "C", {"input": "orders_12m", "ge": 2})], {})))
    finer = compile_plan(parse(card([gate("cap", "C", {"input": "orders_12m", "ge": 7})], {})))
    assert [axis.name for axis in same.axes] == ["I0", "I1"]
    assert [axis.name for axis in finer.axes] == ["I0", "I1", "orders_12m"]
    told = explain(finer, {"orders_12m": 9, "tenure": 2})
    assert (told.tier, told.cheapest and told.cheapest.reach.en) == ("C", "[2, 7)")


@pytest.mark.parametrize("name", GOLDEN)
def test_a_policy_without_gates_renders_the_statement_it_always_did(name: str) -> None:
    text = shipped()[name].read_text(encoding="utf-8")
    text = re.sub(r"gates:\n.*?(?=interpretations:)", "", text, flags=re.DOTALL)
    text = re.sub(r"  - name: 停采.*?(?=  - name: 潜在)", "", text, flags=re.DOTALL)
    plan = compile_plan(parse(text.replace("  months_since_contact: {type: months}\n", "")))
    found = [hashlib.sha256(select_statement(plan, dialect).encode()).hexdigest()[:16] for dialect in DIALECTS]
    assert tuple(found) == GOLDEN[name]


def deep(levels: int) -> dict[str, Any]:
    when: dict[str, Any] = {"input": "orders_12m", "ge": 1}
    for level in range(levels):
        of = [when, {"input": "tenure", "ge": level + 1}, {"input": "referrals_12m", "ge": 1}]
        when = {"not": {"at_least": {"k": 2, "of": of}}} if level % 2 else {"at_least": {"k": 2, "of": of}}
    return when


def by_sqlite(plan: Plan) -> tuple[Any, ...]:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"create table facts (customer_id, {', '.join(plan.inputs)})")
    values = [2 if word in WORDS[:2] else None for word in plan.inputs]
    connection.execute(f"insert into facts values (1{', ?' * len(values)})", values)  # noqa: S608 - question marks only
    (row,) = connection.execute(select_statement(plan, "sqlite")).fetchall()
    connection.close()
    return tuple(row)


def test_long_and_deep_documents_run_on_sqlite() -> None:
    always = {"input": "orders_12m", "ge": 0}
    gates = [gate(("floor", "cap", "set")[i % 3], ORDER[i % 4], {"input": "tenure", "ge": 100 + i}) for i in range(29)]
    plan = compile_plan(parse(card([*gates, gate("cap", "B", deep(3))], {"S": deep(3), "A": always, "B": always})))
    assert by_sqlite(plan)[1] == grade(plan, {"orders_12m": 2, "tenure": 2}).status
    assert "condition_deep" in {finding.code for finding in check(parse(card([gate("cap", "B", deep(4))], {})))}
    rules = [{"id": f"r{i}", "when": {"input": "tenure", "eq": i + 1}, "then": ORDER[i % 4]} for i in range(200)]
    table = {"kind": "rules", "id": "long", "title": {"zh": "甲", "en": "x"}, "tiers": {"order": ORDER}, "rules": rules}
    assert by_sqlite(compile_plan(parse(json.dumps(table | {"else": "C"}))))[2] == "A"


def test_postgresql_moves_the_same_tiers(postgres_engine: Engine) -> None:
    demanded = {"S": {"not": {"input": "referrals_12m", "eq": 1}}, "A": deep(2)}
    gates = [gate("cap", "C", deep(1)), gate("floor", "B", {"input": "tenure", "eq": 0}), gate("set", "S", deep(3))]
    plan = compile_plan(parse(card(gates, demanded)))
    rows = [dict(zip(WORDS, values, strict=True)) for values in itertools.product([None, *VALUES], repeat=3)]
    with postgres_engine.begin() as connection:
        connection.exec_driver_sql(
            "create temp table gated (customer_id bigint, orders_12m bigint, tenure bigint, referrals_12m bigint)"
        )
        for i, row in enumerate(rows):
            connection.exec_driver_sql(
                "insert into gated values (%s, %s, %s, %s)", (i, *(row[word] for word in WORDS))
            )  # fmt: skip
        found = connection.exec_driver_sql(select_statement(plan, "postgres", "gated")).all()
    expected = [(i, r.status, r.tier, r.total, r.worst, r.best, r.candidates, r.levels) for i, r in enumerate(grade(plan, row) for row in rows)]  # fmt: skip
    assert sorted(map(tuple, found)) == expected


def test_a_gate_that_everyone_or_nobody_meets_is_found() -> None:
    for when, who in (({"input": "tenure", "ge": 0}, "every"), ({"all": [{"input": "tenure", "lt": 0}]}, "no")):
        (finding,) = check(parse(card([gate("cap", "C", when)], {})))
        assert (finding.code, finding.path) == ("condition_constant", "gates[0].when")
        assert finding.message.startswith(f"{who} customer meets")
        assert finding.counter_example is not None


def test_a_tier_that_only_a_gate_gives_can_be_reached() -> None:
    text = CARD.replace("points: [5, 10]", "points: [1, 2]")
    assert "tier_unreachable" in {finding.code for finding in check(parse(text))}
    text += "gates: [{id: g, when: {input: orders_12m, ge: 5}, effect: {floor: A}}]\n"
    assert "tier_unreachable" not in {finding.code for finding in check(parse(text))}


def test_the_oracle_moves_tiers_in_the_order_of_the_specification() -> None:
    document = parse(card([gate("floor", "S", {"input": "tenure", "ge": 0})], {"S": {"input": "tenure", "ge": 9}}))
    assert isinstance(document, Scorecard)
    assert moved(document, ["S"], {"tenure": 1}) == ["S"]  # it falls to A, and the floor lifts it again
    assert moved(document, ["S"], {"tenure": None}) == ["S", "A"]
