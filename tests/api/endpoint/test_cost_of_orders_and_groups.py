"""What orders and groups cost: what is computed for them, the same from literals and variables; hostile ones are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import world
from graphql import OperationDefinitionNode, get_named_type, is_object_type, parse
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from api.console.cookbook import MEASURED
from api.endpoint.context import Context
from api.endpoint.cost import Costs
from api.endpoint.limits import MOST
from api.endpoint.measure import FIGURE, LIST, TABLE
from api.operations.root import schema
from schema.aggregate.weight import computed_in, weigher_of
from schema.filter.weight import BEYOND, LOOKED_FOR, MOST_ENTRIES, ORDERED, Weighing

CORE = schema._schema
PAGE = "customers(first: 20, orderBy: $) { nodes { id } }"
GROUPS = "customerGroups($) { totalCount }"
COUNTS = ["CONTACTS_COUNT", "TAGS_COUNT", "ORDERS_COUNT", "NEEDS_COUNT", "EFFECTIVE_TIER"]


def cost(query: str, variables: dict[str, Any] | None = None) -> int:
    document = parse(query)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Costs(CORE, document).of(operation, variables)


def literal(value: Any) -> str:
    """A value of JSON as GraphQL writes it; texts in capitals are members of enums."""
    if isinstance(value, dict):
        return "{" + " ".join(f"{key}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(map(literal, value)) + "]"
    return value if isinstance(value, str) and value.isupper() else json.dumps(value)


def by(*fields: str) -> list[dict[str, str]]:
    return [{"field": field} for field in fields]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([], 0),
        (None, 0),
        (by("NAME", "STATUS", "REGION_NAME", "REFERRER_NUMBER", "GRADE_TOTAL"), 0),
        (by("TIER"), ORDERED),
        ({"field": "TIER", "direction": "DESC"}, ORDERED),
        (by("COMPLETENESS", "NAME", "REFERRER_TOTAL"), 2 * ORDERED),
        (by(*COUNTS), 5 * ORDERED),
        (by("NOTHING"), 0),
        ([None, 5, [], {}, {"field": 5}, {"field": ["TIER"]}, {"field": None}], 0),
    ],
)
def test_an_order_weighs_its_computed_words_and_counts(order: Any, expected: int) -> None:
    assert cost("{" + PAGE.replace("$", literal(order)) + "}") == 21 + TABLE * expected
    variable = "query Q($o: [CustomerOrder!]) {" + PAGE.replace("$", "$o") + "}"
    assert cost(variable, {"o": order}) == 21 + TABLE * expected
    defaulted = variable.replace("Order!]", f"Order!] = {literal(order)}")
    assert cost(defaulted) == 21 + TABLE * expected
    assert cost(defaulted, {"o": by("NAME")}) == 21


def test_a_variable_inside_an_order_says_it_as_well_and_one_that_changes_nothing_is_not_kept() -> None:
    document = parse(
        "query Q($f: CustomerOrderField!, $d: Direction, $p: DatePart) "
        "{ customers(first: 20, orderBy: [{field: $f, direction: $d}]) { nodes { id } } "
        "customerGroups(by: [{field: TIER, part: $p}]) { totalCount } }"
    )
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    costs, least = Costs(CORE, document), 22 + TABLE * ORDERED
    for direction in ("ASC", "DESC", None):
        assert costs.of(operation, {"f": "TIER", "d": direction, "p": direction}) == least + TABLE * ORDERED
        assert costs.of(operation, {"f": "NAME", "d": direction, "p": direction}) == least
    assert len(costs._known) == 2


def test_below_a_row_an_order_costs_once_for_each_row_above() -> None:
    inner = "{ customers(first: 10) { nodes { serviceRecords(first: 3, orderBy: {field: HOURS_OPEN}) { id } } } }"
    assert cost(inner) == 1 + 10 * (1 + 3 + ORDERED)
    assert cost(inner.replace("HOURS_OPEN", "OPENED_AT")) == 1 + 10 * (1 + 3)


@pytest.mark.parametrize(
    ("argument", "kind", "value", "expected"),
    [
        ("by", "[CustomerGroupBy!]", [], 0),
        ("by", "[CustomerGroupBy!]", by("STATUS", "PROVINCE", "OWNER"), 3 * LOOKED_FOR),
        ("by", "[CustomerGroupBy!]", {"field": "TIER"}, ORDERED),
        ("by", "[CustomerGroupBy!]", by("REFERRER_EFFECTIVE_TIER", "TIER_AS_OF", "NAME"), 2 * ORDERED + LOOKED_FOR),
        ("having", "CustomerGroupHaving", {"count": {"gte": 1, "lt": 9}}, 2),
        ("having", "CustomerGroupHaving", {"or": [{"sum": {"employees": {"gte": n}}} for n in range(50)]}, 50 + 1),
        (
            "having",
            "CustomerGroupHaving",
            {"not": {"and": {"avg": {"total": {"gte": 1, "lt": 2}}}, "distinct": {"tier": {"gt": 1}}}},
            2 + 1 + 2 * LOOKED_FOR,
        ),
        ("having", "CustomerGroupHaving", {"sum": None, "min": {"nothing": {"gte": 1}}, "x": 5, "or": [[], 5]}, 1),
        ("orderBy", "[CustomerGroupOrder!]", [{"count": "DESC"}, {"key": {"tier": "ASC"}}], 0),
        ("orderBy", "[CustomerGroupOrder!]", [{"sum": {"employees": "ASC"}}, {"min": {"completeness": "ASC"}}], 11),
        ("orderBy", "[CustomerGroupOrder!]", {"distinct": {"number": "ASC"}}, LOOKED_FOR),
        ("orderBy", "[CustomerGroupOrder!]", [None, {"sum": 5}, "x"], 0),
    ],
)
def test_keys_having_and_orders_of_groups_weigh_what_is_computed_for_them(
    argument: str, kind: str, value: Any, expected: int
) -> None:
    assert cost("{" + GROUPS.replace("$", f"{argument}: {literal(value)}") + "}") == 1 + TABLE * expected
    variable = f"query Q($v: {kind}) {{" + GROUPS.replace("$", f"{argument}: $v") + "}"
    assert cost(variable, {"v": value}) == 1 + TABLE * expected


def test_what_is_computed_of_groups_costs_as_a_condition_at_the_root_wherever_it_is_selected() -> None:
    assert FIGURE * LIST == TABLE
    query = "{ customerGroups(by: []) { nodes { count $ } } }"
    for selection, objects, weight in (
        ("", 0, 0),
        ("sum { employees }", 1, 1),
        ("known { employees } share { employees count }", 2, 2),
        ("distinct { number tier } max { total foundedOn }", 2, 3 * LOOKED_FOR + 1),
        ("a: sum { employees } b: sum { employees }", 2, 2),
    ):
        expected = 1 + LIST * (1 + objects) + TABLE * weight
        assert cost(query.replace("$", selection)) == expected
        spread = query.replace("$", "...F") + " fragment F on CustomerGroup { count " + selection + " }"
        assert cost(spread) == expected


def test_every_order_key_and_measure_of_the_schema_is_weighed() -> None:
    seen = set()
    for type_ in CORE.type_map.values():
        fields = type_.fields.values() if is_object_type(type_) else ()
        for field in fields:
            for argument in field.args.keys() & {"orderBy", "by", "having"}:
                name = get_named_type(field.args[argument].type).name
                seen.add(name)
                assert weigher_of(name) is not None, name
        if re.fullmatch("[A-Za-z]+Group", type_.name):
            for measure in type_.fields.keys() - {"key", "count"}:
                leaves = get_named_type(type_.fields[measure].type)
                assert computed_in(leaves.name).keys() == leaves.fields.keys() - {"count"}, leaves.name
    assert len(seen) > 60
    for name in seen:
        if "field" not in (fields := CORE.type_map[name].fields):
            continue
        weigh, model = weigher_of(name) or pytest.fail(name)
        for member in get_named_type(fields["field"].type).values:
            weight = weigh(Weighing(lambda value: value), model, by(member))
            assert weight in ((LOOKED_FOR, ORDERED) if name.endswith("GroupBy") else (0, ORDERED)), (name, member)
            assert weight == ORDERED or not member.endswith("_COUNT"), (name, member)


VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["x", "TIER", "NAME", "DESC", 5]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["field", "and", "or", "not", "count", "sum", "distinct", "total", "tier", "gte", "key", "x"]), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_whatever_is_given_costs_the_same_from_a_literal_and_from_a_variable(value: Any) -> None:
    for field, kind in (
        (PAGE, "[CustomerOrder!]"),
        *((GROUPS.replace("$", f"{argument}: $"), kind) for argument, kind in (
            ("by", "[CustomerGroupBy!]"), ("having", "CustomerGroupHaving"), ("orderBy", "[CustomerGroupOrder!]"))),
    ):  # fmt: skip
        written = cost("{" + field.replace("$", literal(value)) + "}")
        assert cost(f"query Q($v: {kind}) {{" + field.replace("$", "$v") + "}", {"v": value}) == written


def test_orders_and_groups_without_end_are_over_every_limit() -> None:
    many: Any = [{}] * MOST_ENTRIES
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"not": deep}
    assert cost("query Q($v: [CustomerOrder!]) {" + PAGE.replace("$", "$v") + "}", {"v": [*many, {}]}) >= BEYOND
    for argument, kind, value in (("by", "[CustomerGroupBy!]", [*many, {}]), ("orderBy", "[CustomerGroupOrder!]", [*many, {}]),
                                  ("having", "CustomerGroupHaving", {"or": many}), ("having", "CustomerGroupHaving", deep)):  # fmt: skip
        query = f"query Q($v: {kind}) {{" + GROUPS.replace("$", f"{argument}: $v") + "}"
        assert cost(query, {"v": value}) >= BEYOND


def aliased(times: int, field: str) -> str:
    return " ".join(f"a{n}: {field}" for n in range(times))


FIGURES = (
    "distinct { number name shortName foundedOn employees department createdAt tier effectiveTier owner province }"
)
COMPARED = dict.fromkeys(("equals", "not", "lt", "lte", "gt", "gte"), 5) | {"in": [5], "notIn": [5]}
HAVING = {"or": [{"avg": {"employees": COMPARED}} for _ in range(25)]}
HOSTILE = [
    # 30 lists in the order of five counts; 35 groups of much; 30 groups with 200 conditions; 40 groups by computed keys.
    (aliased(30, "customers(first: 20, orderBy: $v) { nodes { id } }"), "[CustomerOrder!]", by(*COUNTS),
     30 * (21 + TABLE * 5 * ORDERED)),
    (aliased(35, f"customerGroups(by: $v) {{ nodes {{ {FIGURES} sum {{ completeness total }} }} }}"), "[CustomerGroupBy!]",
     by("STATUS", "DEPARTMENT"), 35 * (1 + LIST * 3 + TABLE * (2 + 11 + 2) * LOOKED_FOR)),
    (aliased(30, "customerGroups(by: [], having: $v) { nodes { count } }"), "CustomerGroupHaving", HAVING,
     30 * (1 + LIST + TABLE * (25 * 8 + 1))),
    (aliased(40, "customerGroups(by: $v) { totalCount }"), "[CustomerGroupBy!]",
     by("TIER", "EFFECTIVE_TIER", "REFERRER_TIER", "REFERRER_EFFECTIVE_TIER"), 40 * (1 + TABLE * 4 * ORDERED)),
]  # fmt: skip


@pytest.mark.parametrize(("selection", "kind", "value", "expected"), HOSTILE)
def test_hostile_orders_and_groups_are_refused_before_any_statement(
    engine: Engine, tmp_path: Path, selection: str, kind: str, value: Any, expected: int
) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    context = Context(made.engine, made.home, signed_in=made.people["sales"])
    assert expected > MOST.rows
    one = "query ($v: " + kind + ") {" + selection.split(" a1:")[0] + "}"
    by_literals = "{" + selection.replace("$v", literal(value)) + "}"
    assert cost(by_literals) == expected
    with made.statements() as seen:
        for query, variables in (("query ($v: " + kind + ") {" + selection + "}", {"v": value}), (by_literals, None)):
            refused = schema.answer(query, variables, context)
            (error,) = refused.errors or ()
            assert (refused.data, error.extensions) == (None, {"code": "too_large"})
            by_cost = f"costs {expected:,}" in error.message and "computed words to order by" in error.message
            assert by_cost or (variables is None and "tokens" in error.message)  # long literals are refused before
    assert seen == []
    answer = schema.answer(one, {"v": value}, context)
    assert answer.errors is None
    assert (answer.extensions or {})["cost"] < MOST.rows / 10


def test_what_the_cookbook_asks_stays_far_below_the_limit() -> None:
    costs = {name: one["cost"] for name, one in json.loads(MEASURED.read_text()).items()}
    assert max(costs.values()) < MOST.rows / 40
    assert costs["01_customers_by_tier"] == 361  # by columns of a relation: as many as its rows and conditions
    # Keys CURRENCY, ORDERED_ON and the computed CUSTOMER_TIER; distinct, two sums, a mean, a share; two conditions.
    assert costs["18_groups"] == 1 + LIST * 6 + TABLE * (2 * LOOKED_FOR + ORDERED + LOOKED_FOR + 4 + 2)


def test_the_cost_of_groups_worked_out_in_the_documentation_is_what_it_says() -> None:
    text = (Path(__file__).resolve().parents[3] / "api" / "README.md").read_text()
    found = re.search("```graphql\n(query CostOfGroups .*?)```(.*?)in all", text, re.DOTALL)
    assert found
    assert f"{cost(found[1]):,}" in found[2]
