"""Planned answers equal ordinary resolution, byte for byte, and take a constant number of statements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine

from api.console.page import examples
from api.database import writing

# What the examples do not use: aliases, fragments, directives, variables under relations, every relation and noun.
QUERIES: list[tuple[str, dict[str, Any] | None]] = [
    ("{ __typename a: customers(first: 2) { __typename nodes { __typename x: number y: number n: name } } }", None),
    (
        "{ customers(first: 3) { edges { cursor node { id } __typename } pageInfo { __typename startCursor hasPreviousPage } } }",
        None,
    ),
    (
        "{ customers(first: 3) { edges { cursor } totalCount } b: customers(last: 2) { nodes { number } edges { node { number } } } }",
        None,
    ),
    ("{ customers(first: 3) { edges { p: node { number } q: node { name } } } }", None),
    ("{ customers(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }", None),
    (
        "query Q($with: Boolean!, $most: Int!) { customers(first: 9) { nodes { ...F contacts(first: $most) @include(if: $with) "
        "{ name mobile landline email customer { number contacts { name } } } } } } "
        "fragment F on Customer { number ... on Customer { name tags { id dimension name } t: tags(first: 1) { name } } }",
        {"with": True, "most": 1},
    ),
    (
        "query Q($with: Boolean!) { customers(first: 3) { nodes { number contacts @include(if: $with) { name } "
        "tags @skip(if: $with) { name } } } }",
        {"with": False},
    ),
    (
        "{ customers { nodes { id number name shortName uscc address foundedOn employees annualRevenue registeredCapital "
        "sourceChannel sourceSystem sourceKey firstContactOn department status createdAt knownAt industry { id code level "
        "nameZh parent { code parent { nameZh } } } region { code name area parent { name } } owner { login roles { role } } "
        "referrer { number } needs { kind budgetMin budgetMax urgency wantedOn } contracts { title amount startsOn endsOn } "
        "interactions { happenedAt kind summary knownAt } surveys { surveyedOn score } improvements { id state problem } "
        "statusChanges { status reason changedOn author { name } } assessments { word rating } orders { id amount profit "
        "currency lines { id product quantity unitPrice discount amount } customer { number } } "
        "serviceRecords { openedAt kind satisfaction contact { name } customer { name } } } } }",
        None,
    ),
    (
        "{ customers { nodes { grade { id status tier total displayTotal worst best candidates explanationZh explanationEn "
        "customer { number } run { id asOf state counts fingerprint error startedBy { login } snapshot { rows } version { number "
        "state policy { key versions { number } } author { login } decidedBy { login } backtests { state parameters } } } "
        "explanation { policy status tier total worst best candidates matched missing reasons inputs { id input value { zh en } "
        "range { en } } contributions { rung { id title { zh } } dimension weight outOf points contribution best lost } "
        "dimensions { id worst best weight } rules { id holds tier } up { tier points } down { tier points } "
        "cheapest { id reach { zh } gain tier } } } grades { tier total } } } }",
        None,
    ),
    (
        "{ me { login roles { role } } policies { nodes { key titleZh createdAt } } tags { totalCount nodes { dimension name } } }",
        None,
    ),
    ("{ runs { totalCount nodes { asOf } } backtests { nodes { state version { number } } } }", None),
    (
        '{ industries(filter: {level: {equals: 2}, parent: {code: {equals: "C"}}}) { nodes { code nameZh } } regions(filter: {level: {equals: 1}}) { nodes { code name } } }',
        None,
    ),
    ('{ customer(number: "202601-0002") { name } none: customer(number: "x") { name } }', None),
    (
        "{ customers(first: 5) { nodes { orders(orderBy: [{field: CUSTOMER_EMPLOYEES}], first: 2) { id } "
        "serviceRecords(orderBy: [{field: CONTACT_TITLE}], first: 1) { customer { name } } } } }",
        None,
    ),
    ("{ improvements(first: 3) { nodes { dueOn customer { name } } edges { cursor } pageInfo { endCursor } } }", None),
]


def both(made: world.World, query: str, variables: dict[str, Any] | None) -> tuple[str, str]:
    planned = made.ask(query, variables, who="sales")
    ordinary = made.ask(query, variables, who="sales", planning=False)
    return json.dumps(planned, ensure_ascii=False), json.dumps(ordinary, ensure_ascii=False)


def test_planned_and_ordinary_answers_are_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path)
    ready = [
        (one.query, json.loads(one.variables) if one.variables else None)
        for one in examples()
        if not {"mutation", "subscription"} & set(one.query.split())
    ]
    assert len(ready) >= 8
    for query, variables in [*ready, *QUERIES]:
        planned, ordinary = both(made, query, variables)
        assert planned == ordinary, query
        assert '"errors"' not in planned, planned
    again, _ = both(made, *QUERIES[7])  # from the kept plan
    assert again == both(made, *QUERIES[7])[1]


def test_a_kept_plan_follows_the_values_of_its_variables(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, graded=False)
    query, _ = QUERIES[5]
    for values in (
        {"with": True, "most": 1},
        {"with": False, "most": 1},
        {"with": True, "most": 0},
        {"with": True, "most": 1},
    ):
        planned, ordinary = both(made, query, values)
        assert planned == ordinary


def test_a_kept_plan_tells_a_variable_that_is_null_from_one_that_is_left_out(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    """An explicit null is refused by a filter, so that it never widens one; what is left out is no condition."""
    made = world.build(sqlite_engine, tmp_path, graded=False)
    query = "query Q($x: Decimal) { customers { nodes { orders(filter: {amount: {gte: $x}}) { amount } } } }"
    assert "errors" not in made.ask(query, {})
    (error,) = made.ask(query, {"x": None})["errors"]
    assert error["extensions"]["code"] == "invalid"
    assert "errors" not in made.ask(query, {})


def test_a_value_that_its_scalar_refuses_is_an_error_at_its_place_in_both_paths(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    with writing(sqlite_engine) as session:
        session.connection().exec_driver_sql("update customers set employees = 3000000000 where id = 2")
    for planning in (True, False):
        response = made.ask("{ customers { nodes { employees } } }", planning=planning)
        assert response["data"]["customers"]["nodes"] == [{"employees": 0}, {"employees": None}]
        assert response["errors"][0]["path"] == ["customers", "nodes", 1, "employees"]


LIST = (
    "{ customers(first: 500) { totalCount nodes { number contacts { name mobile } tags { dimension name } "
    "grade { tier displayTotal total explanation { reasons } } } } }"
)


@pytest.mark.parametrize("customers", [1, 10, 100])
def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    engine: Engine, tmp_path: Path, customers: int
) -> None:
    made = world.build(engine, tmp_path, customers)
    made.data(LIST)  # the plan of the policy's document is kept from here on
    with made.statements() as seen:
        nodes = made.data(LIST)["customers"]["nodes"]
    assert len(nodes) == customers
    # customers with their grade and total, contacts, tags, facts and tiers before for the explanations: nothing else, ever
    assert len(seen) == 5, "\n".join(seen)
    with made.statements() as seen:
        made.data("{ customers(first: 500) { nodes { number } } }")
    assert len(seen) == 1
    assert "customers.name" not in seen[0]  # only the chosen columns
