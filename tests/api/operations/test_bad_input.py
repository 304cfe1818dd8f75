"""Bad cursors, amounts, texts and sizes: a sentence each, on both databases, never an internal error."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import world
from sqlalchemy import Engine, text

from api.endpoint.guard import Guard
from schema.select.global_id import global_id

LIST = (
    "query L($a: String, $f: Int, $o: [CustomerOrder!], $w: CustomerFilter) "
    "{ customers(after: $a, first: $f, orderBy: $o, filter: $w) { totalCount nodes { id } } }"
)
CREATE = "mutation C($s: String!) { r: createCustomer(input: {name: $s}) { ... on Refusal { code } } }"
ORDER = """mutation O($c: ID!, $x: Decimal) { r: createOrder(customerId: $c, input: {orderedOn: "2026-01-05", amount: $x}) {
  ... on Refusal { code message } } }"""


def cursor(*values: Any) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


CURSORS = [
    ("NUMBER", value) for value in ("\x00", "\ud800", 5, None, True)
] + [
    ("EMPLOYEES", value) for value in (10**30, 2**31, 2**63, "5", 1.5)
] + [
    ("ANNUAL_REVENUE", value) for value in ("NaN", "sNaN", "Infinity", "1e999999", "1e15", "0.00001", "x")
] + [
    ("CREATED_AT", value) for value in ("2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x")
] + [
    ("GRADE_TOTAL", 2**63), ("GRADE_TIER", 10**30), ("NAME", "\ud800"),
]  # fmt: skip
FILTERS = [
    *({"annualRevenue": {key: value}} for key in ("equals", "lte") for value in ("NaN", "-Infinity", "1e15", "1e999999999", "0.00001", 10**15, "9" * 5000)),
    {"name": {"contains": "\x00"}}, {"owner": {"login": {"equals": "\ud800"}}}, {"grade": {"tier": {"in": ["\x00"]}}},
    {"tagged": {"all": ["\x00:a"]}}, {"tagged": {"all": ["ohne"]}}, {"name": {"contains": None}}, {"name": None}, {"isNull": True},
    {"id": {"equals": "x"}}, {"id": {"in": [global_id("Contact", 1)]}}, {"createdAt": {"lt": "2026-01-01T00:00:00"}},
]  # fmt: skip


def test_every_bad_value_is_refused_with_a_sentence(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    asked: list[tuple[str, dict[str, Any]]] = [
        *((LIST, {"o": {"field": field}, "a": cursor(f"{field}:ASC", value, 1)}) for field, value in CURSORS),
        *((LIST, {"a": cursor("NUMBER:ASC", "x", key)}) for key in (10**30, -(2**63) - 1, "1", None)),
        *((LIST, {"a": urlsafe_b64encode(bad).decode()}) for bad in (b"[" * 5000, b"\xff", b"1", b"{}", b"[]")),
        *((LIST, {"f": size}) for size in (-1, 501)),
        *((LIST, {"w": conditions}) for conditions in FILTERS),
        *((CREATE, {"s": bad}) for bad in ("\x00", "\ud800")),
    ]
    for query, variables in asked:
        (error,) = made.ask(query, variables).get("errors", [{"extensions": {"code": None}}])
        assert error["extensions"]["code"] == "invalid", (variables, error)
    for amount in (10**15, "1e18", "1e999999999", "NaN", "-5", "0.00001"):
        refused = made.data(ORDER, {"c": global_id("Customer", 1), "x": amount}, who="finance")["r"]
        assert (refused["code"], len(refused["message"]) < 200) == ("invalid", True), refused
    (error,) = made.ask('{ customer(number: "\\u0000") { name } }')["errors"]
    assert error["extensions"]["code"] == "invalid"


def test_an_answer_is_bounded_however_few_rows_it_is_made_of(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)

    def each_way(query: str) -> Iterator[list[Any]]:
        for planning in (True, False):
            yield json.loads(made.answer(query, planning=planning)).get("errors", [])

    order = text(
        "insert into orders (customer_id, ordered_on, amount, currency, source_system, source_key, known_at) "
        "values (1, '2026-01-01', 1, 'CNY', 'x', :key, '2026-01-02')"
    )
    with sqlite_engine.begin() as connection:
        for key in range(50):
            connection.execute(order, {"key": key})
    nested = f"{{ customers {{ nodes {{ {'orders { customer { ' * 6} id {'} }' * 6} }} }} }}"
    for (error,) in each_way(nested):
        assert error["extensions"]["code"] == "too_large"
        assert "costs 1,953,051" in error["message"]
    made.guard = Guard(rows=10**12)
    for (error,) in each_way(nested):
        assert error["extensions"]["code"] == "too_large"
        assert "more than 100,000 rows" in error["message"]
    twice = "orders { customer { orders { id } } }"
    assert [*each_way(f"{{ customers {{ nodes {{ {twice} }} }} }}")] == [[], []]
    many = " ".join(f"a{n}: customers {{ nodes {{ {twice} }} }}" for n in range(40))
    for error, *_ in each_way(f"{{ {many} }}"):
        assert error["extensions"]["code"] == "too_large"
