"""What the conditions of filters cost: the same from literals and variables, 20 times at the root, more for what is looked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import world
from graphql import OperationDefinitionNode, get_named_type, is_object_type, parse
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from api.endpoint.context import Context
from api.endpoint.cost import Costs
from api.endpoint.limits import MOST
from api.endpoint.measure import TABLE
from api.operations.root import schema
from schema.aggregate.weight import weigher_of
from schema.filter.weight import BEYOND, MOST_ENTRIES, Weighing
from schema.filter.word import nouns

CORE = schema._schema
LIST = "query Q($f: CustomerFilter) { customers(first: 20, filter: $f) { nodes { id } } }"
WORDS = "a b c d e f g h i j"


def cost(query: str, variables: dict[str, Any] | None = None) -> int:
    document = parse(query)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Costs(CORE, document).of(operation, variables)


def weight(filter: Any) -> int:
    """The weight of a filter of customers, given in a variable."""
    whole, rest = divmod(cost(LIST, {"f": filter}) - 21, TABLE)
    assert rest == 0
    return whole


def literal(value: Any) -> str:
    """A value of JSON as GraphQL writes it."""
    if isinstance(value, dict):
        return "{" + " ".join(f"{key}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(map(literal, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)


TWO = {"name": {"contains": "x"}, "employees": {"gte": 5}}
WEIGHTS = [
    ({}, 0),
    ({"employees": {"equals": 5}}, 1),
    ({"employees": {"gte": 5, "lt": 9, "isNull": False}}, 3),
    ({"employees": {"in": [1, 2, 3]}}, 1),
    ({"id": {"in": ["x", "y"]}}, 1),
    ({"name": {"contains": "x", "startsWith": "x", "endsWith": "x", "not": "x"}}, 31),
    ({"search": "上海"}, 10),
    ({"search": " 上海 \u3000设备 "}, 20),
    ({"search": WORDS}, 100),
    ({"search": ["no text"]}, 0),
    ({"and": [TWO, TWO], "or": [TWO, {"not": TWO}]}, 44),
    ({"or": TWO}, 11),
    ({"tier": {"equals": "S"}, "completeness": {"gte": "0.5", "lt": "0.9"}}, 30),
    ({"tagged": {"all": ["a:b", "c:d"], "none": ["e:f"]}}, 30),
    ({"tagged": {"any": "a:b"}}, 10),
    ({"tierAsOf": {"asOf": "2026-01-01", "tier": {"in": ["S"]}}}, 10),
    ({"owner": {"isNull": True}}, 11),
    ({"industry": {"within": "I"}}, 11),
    ({"contacts": {"some": TWO}}, 21),
    ({"contacts": {"every": TWO, "none": {}}}, 31),
    ({"orders": {"count": {"filter": {"amount": {"gte": "5"}}, "gte": 2}}}, 11),
    ({"orders": {"count": {"filter": {"amount": {"gte": "5"}}, "gte": 2, "lt": 9, "in": [3, 4]}}}, 33),
    ({"orders": {"sum": {"filter": {"amount": {"gte": "5"}}, "amount": {"gte": "5", "lt": "9"}, "profit": {"gt": "1"}}}}, 33),
    ({"orders": {"count": {}}}, 0),
    ({"orders": {"some": {"customer": {"orders": {"count": {"gte": 1, "lt": 9}}}}}}, 40),
]  # fmt: skip


@pytest.mark.parametrize(("filter", "expected"), WEIGHTS)
def test_conditions_weigh_what_the_database_does_for_them(filter: dict[str, Any], expected: int) -> None:
    assert weight(filter) == expected
    assert weight({"and": [filter, filter]}) == 2 * expected
    written = f"{{ customers(first: 20, filter: {literal(filter)}) {{ nodes {{ id }} }} }}"
    assert cost(written) == 21 + TABLE * expected
    defaulted = LIST.replace("CustomerFilter", f"CustomerFilter = {literal(filter)}")
    assert cost(defaulted) == 21 + TABLE * expected
    assert cost(defaulted, {"f": {}}) == 21
    inside = "query Q($f: CustomerFilter!) { customers(first: 20, filter: {not: $f}) { nodes { id } } }"
    assert cost(inside, {"f": filter}) == 21 + TABLE * expected


def test_counts_within_counts_weigh_as_often_as_they_are_made() -> None:
    # Each comparison writes the count into the statement once more, with all that is inside its filter.
    filter: dict[str, Any] = {}
    for _ in range(5):
        filter = {"customer": {"orders": {"count": {"filter": filter, "gte": 1, "lt": 9, "gt": 0, "lte": 8, "not": 7}}}}
    assert weight(filter["customer"]) > 5**5 * 10
    assert cost(LIST, {"f": filter["customer"]}) > MOST.rows


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ customers(first: 10) { nodes { orders(first: 3, filter: {amount: {gte: 5}}) { id } } } }", None, 1 + 10 * 5),
        ('{ customers(first: 10) { nodes { ordersCount(filter: {profit: {gte: "5"}}) ordersCount } } }', None, 1 + 10 * 2),
        ('{ customerGroups(filter: {search: "x y"}, by: [], first: 1) { nodes { count } } }', None, 6 + 20 * TABLE),
        (
            'mutation M($f: NeedFilter!) { deleteNeedsWhere(filter: $f, expected: 9, reason: "x") { __typename } }',
            {"f": {"description": {"contains": "x"}}},
            10 + 10 * TABLE,
        ),
        ("subscription S($f: ImprovementFilter) { improvementItems(filter: $f) { id } }",
         {"f": {"problem": {"contains": "x"}}}, 5 + 10 * TABLE),
        ("query Q($f: CustomerFilter) { ...A a: customers(first: 0, filter: $f) { totalCount } } "
         "fragment A on Query { ... { customers(first: 0, filter: $f) { totalCount } } }",
         {"f": {"search": "x"}}, 2 * (1 + 10 * TABLE)),
        ('query Q($s: String!, $n: Int) { customers(first: $n, filter: {or: [{search: $s} {employees: {gte: $n}}]}) { nodes { id } } }',
         {"s": "x y", "n": 7}, 8 + 21 * TABLE),
    ],
)  # fmt: skip
def test_filters_cost_wherever_they_stand(query: str, variables: dict[str, Any] | None, expected: int) -> None:
    assert cost(query, variables) == expected


WRONG = [None, 5, "x", True, [], [[]], [None, "x"], {"nothing": {"equals": 1}}, {"name": "x"}, {"name": {"like": "x"}},
         {"contacts": []}, {"contacts": {"count": 5}}, {"contacts": {"some": "x"}}, {"orders": {"sum": {"amount": 5}}},
         {"orders": {"sum": [5]}}, {"tagged": "x"}, {"tagged": {"all": None}}, {"search": None}, {"and": "x"}, {"": None}]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_filter_has_a_cost_all_the_same_and_is_refused_by_its_type(wrong: Any) -> None:
    assert cost(LIST, {"f": wrong}) < MOST.rows
    assert cost(LIST, {"f": {"not": {"or": [wrong, wrong]}}}) < MOST.rows


KEYS = ["and", "or", "not", "isNull", "name", "employees", "tier", "contacts", "orders", "owner", "some", "count", "sum",
        "filter", "amount", "equals", "contains", "in", "gte", "search", "tagged", "all", "tierAsOf", "nothing"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["x", "上海 设备", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=30,
)


@given(VALUES)
def test_whatever_is_given_costs_the_same_from_a_literal_and_from_a_variable(filter: Any) -> None:
    written = f"{{ customers(first: 20, filter: {literal(filter)}) {{ nodes {{ id }} }} }}"
    assert cost(LIST, {"f": filter}) == cost(written)


def test_every_filter_of_the_schema_is_weighed_and_none_of_its_entries_is_free() -> None:
    named = {
        get_named_type(argument.type).name
        for type_ in CORE.type_map.values()
        for field in (type_.fields.values() if is_object_type(type_) else ())
        for name, argument in field.args.items()
        if name == "filter"
    }
    assert len(named) > 20
    for name in named:
        weigher = weigher_of(name)
        assert weigher is not None
        _, model = weigher
        entries = CORE.type_map[name].fields
        assert entries.keys() == {"and", "or", "not", "isNull", *nouns(model).graphql}
        for key in entries.keys() - {"and", "or", "not"}:
            inner = get_named_type(entries[key].type)
            for one in getattr(inner, "fields", None) or [None]:
                value = "x" if one is None else {one: {"equals": 1}}
                assert Weighing(lambda given: given).of(model, {key: value}) > 0, (name, key, one)


def test_filters_without_end_are_over_every_limit_and_are_not_looked_at_to_their_end() -> None:
    for many in ({"or": [{}] * MOST_ENTRIES}, {"or": [[]] * 500_000}, {"or": [{"and": [{}] * 90}] * 90}):
        assert cost(LIST, {"f": many}) >= BEYOND
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"not": deep}
    assert cost(LIST, {"f": deep}) >= BEYOND


def test_who_fills_a_filter_with_nothing_changes_no_cost_for_others() -> None:
    document = parse(LIST)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    costs = Costs(CORE, document)
    padded = {"and": [{"search": "x"}, *[{}] * (MOST_ENTRIES - 5)]}
    for filter in (padded, {"search": "x"}, {"and": [{}] * MOST_ENTRIES}, {"search": "x"}):
        found = costs.of(operation, {"f": filter})
        assert (found >= BEYOND) == (filter == {"and": [{}] * MOST_ENTRIES})
    assert costs.of(operation, {"f": {"search": "x"}}) == 21 + 10 * TABLE
    for words in range(300):
        costs.of(operation, {"f": {"and": [{"search": "x"}] * words}})
    assert len(costs._known) <= costs._known.most


def test_a_page_of_honest_filters_stays_far_below_the_limit_and_hundreds_of_searches_are_refused(
    engine: Engine, tmp_path: Path
) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    context = Context(made.engine, made.home, signed_in=made.people["sales"])
    honest = {"status": {"in": ["ACTIVE"]}, "search": "上海 设备 公司", "annualRevenue": {"gte": "5"}, "tier": {"in": ["S"]},
              "tagged": {"all": ["a:b", "c:d"]}, "contacts": {"some": {"title": {"contains": "x"}}},
              "orders": {"count": {"filter": {"amount": {"gte": "5"}}, "gte": 2}}}  # fmt: skip
    answer = schema.answer(LIST, {"f": honest}, context)
    assert answer.errors is None
    assert (answer.extensions or {})["cost"] < MOST.rows / 40
    searches = [{"search": WORDS}] * 199
    by_literals = f"{{ customers(first: 20, filter: {literal({'or': searches})}) {{ totalCount }} }}"
    with made.statements() as seen:
        for query, variables in ((LIST, {"f": {"or": searches}}), (by_literals, None)):
            refused = schema.answer(query, variables, context)
            (error,) = refused.errors or ()
            assert (refused.data, error.extensions) == (None, {"code": "too_large"})
            assert "fewer conditions" in error.message
    assert seen == []


def test_the_cost_worked_out_in_the_documentation_is_what_it_says() -> None:
    text = (Path(__file__).resolve().parents[3] / "api" / "README.md").read_text()
    found = re.search("```graphql\n(query Cost .*?)```(.*?)199 searches", text, re.DOTALL)
    assert found
    assert f"{cost(found[1])} in all" in found[2]
