"""The cost of an operation: the rows its answer may hold, by page sizes, told in extensions, bounded, and cheap to find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import world
from graphql import OperationDefinitionNode, get_introspection_query, parse
from sqlalchemy import Engine

from api.endpoint.context import Context
from api.endpoint.cost import Costs
from api.endpoint.guard import Guard
from api.endpoint.limits import MOST, oversized
from api.endpoint.measure import Walk
from api.operations.root import schema

CORE = schema._schema


def cost(query: str, variables: dict[str, Any] | None = None) -> int:
    document = parse(query)
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return Costs(CORE, document).of(operation, variables)


@pytest.mark.parametrize(
    ("query", "variables", "rows"),
    [
        ("{ __typename }", None, 0),
        ("{ me { login name } }", None, 1),
        ("{ customers { totalCount } }", None, 1),
        ("{ customers { nodes { id } } }", None, 1 + 50),
        ("{ customers(first: 500) { nodes { id } } }", None, 1 + 500),
        ("{ customers(last: 20) { edges { cursor node { id } } } }", None, 1 + 20 * 2),
        ("{ customers(first: 10) { nodes { grade { tier } } } }", None, 1 + 10 * 2),
        ("{ customers(first: 10) { nodes { contacts { name } } } }", None, 1 + 10 * (1 + 5)),
        ("{ customers(first: 10) { nodes { orders(first: 20) { id } } } }", None, 1 + 10 * (1 + 20)),
        ("{ customers(first: 10) { ...F ...F } } fragment F on CustomerConnection { nodes { id } }", None, 1 + 10 * 2),
        ("{ customers(first: 10) { ... on CustomerConnection { nodes { id } } } }", None, 1 + 10),
        ("{ a: customers { nodes { id } } b: customers { nodes { id } } }", None, 102),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", {"n": 7}, 1 + 7),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", {"n": 7.0}, 1 + 7),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", None, 1 + 50),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", {"n": None}, 1 + 50),
        ("query Q($n: Int = 9) { customers(first: $n) { nodes { id } } }", None, 1 + 9),
        ("query Q($n: Int = 9) { customers(first: $n) { nodes { id } } }", {"n": 3}, 1 + 3),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", {"n": "x"}, 1 + 50),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", {"n": 10**30}, 1 + 10**9),
        ("{ customers(first: " + "9" * 5000 + ") { nodes { id } } }", None, 1 + 10**9),
        ("{ customers(first: -5) { nodes { id } } }", None, 1),
        ("mutation M($i: [CustomerRow!]!) { createCustomers(input: $i) { __typename } }", {"i": [{}] * 9000}, 9001),
        ('mutation { deleteNeedsWhere(filter: {}, expected: 9000, reason: "x") { __typename } }', None, 9001),
        (
            'mutation M($n: Int!) { deleteNeedsWhere(filter: {}, expected: $n, reason: "x") { __typename } }',
            {"n": 90},
            91,
        ),
        ("query Q($i: [String!]) { me { login } }", {"i": ["x"] * 9000}, 1),
        ("{ nothing { deeper(first: 500) { id } } }", None, 0),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A me { login } }", None, 1),
    ],
)
def test_a_cost_is_the_rows_that_the_answer_may_hold(query: str, variables: dict[str, Any] | None, rows: int) -> None:
    assert cost(query, variables) == rows


def test_the_same_document_costs_what_its_variables_ask_for() -> None:
    document = parse("query Q($n: Int, $x: String) { customers(first: $n, after: $x) { nodes { id } } }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    costs = Costs(CORE, document)
    for n in (*range(200), *range(200)):
        assert costs.of(operation, {"n": n, "x": str(n)}) == 1 + n
    assert len(costs._known) <= costs._known.most


def test_what_is_no_size_is_not_kept_however_long_it_is() -> None:
    document = parse("query Q($n: Int) { customers(first: $n) { nodes { id } } }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    costs = Costs(CORE, document)
    for n in range(100):
        assert costs.of(operation, {"n": f"{n}" + "x" * 1000}) == 51
        assert costs.of(operation, {"n": [n]}) == 51
    assert len(costs._known) == 1


def test_the_usual_introspection_passes_and_a_circular_one_does_not() -> None:
    assert cost(get_introspection_query()) < MOST.rows
    circular = "{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + " } } }"
    assert "introspection depth" in str(schema.prepared(circular).errors[0])
    twice = "types { fields { type { fields { type { name } } } } }"
    many = " ".join(f"a{n}: __schema {{ {twice} }}" for n in range(40))
    assert cost(f"{{ {many} }}") > MOST.rows


def test_an_answer_tells_its_cost_and_too_large_a_one_is_not_begun(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    context = Context(made.engine, made.home, signed_in=made.people["sales"])
    answer = schema.answer("{ customers(first: 500) { nodes { contacts { name } } } }", None, context)
    assert answer.extensions == {"cost": 3001}
    context.guard = Guard(rows=3000)
    with made.statements() as seen:
        refused = schema.answer("{ customers(first: 500) { nodes { contacts { name } } } }", None, context)
    assert refused.data is None
    (error,) = refused.errors or ()
    assert error.extensions == {"code": "too_large"}
    assert "costs 3,001" in error.message
    assert "at most 3,000" in error.message
    assert seen == []


def test_measuring_is_linear_in_the_document() -> None:
    def doubling(levels: int) -> str:
        spreads = " ".join(f"fragment F{n + 1} on Query {{ ...F{n} ...F{n} }}" for n in range(levels))
        return f"{{ ...F{levels} }} fragment F0 on Query {{ customers {{ nodes {{ id }} }} }} {spreads}"

    document = parse(doubling(250))
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    measure = Walk(CORE, document).of(operation)  # which would never end if it followed each of 2**250 spreads
    assert measure.repeats == 2**250 - 1
    assert measure.fields == 3 * 2**250
    assert measure.rows == 51 * 2**250
    assert {error.extensions["code"] for error in oversized(CORE, document) if error.extensions} == {"too_large"}
