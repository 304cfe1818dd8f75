"""A filter selects what its words say, said again in Python over the same rows; on both databases and both paths."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import world
from people import finished_backtest
from sqlalchemy import Engine, select

from api.commands import policy as policies_
from api.database import writing
from policies.documents import shipped
from schema import tables
from schema.select.global_id import global_id

WHOLE = (
    "{ customers(first: 500) { nodes { number name shortName employees annualRevenue status foundedOn owner { login } "
    "industry { code } contacts { name verifiedOn } tags { dimension name } orders { amount orderedOn } "
    "serviceRecords { kind satisfaction closedAt } grade { tier status } } } }"
)
FILTERED = "query Q($f: CustomerFilter) { customers(filter: $f, first: 500) { totalCount nodes { number } } }"
Rows = list[dict[str, Any]]


def complaints(node: dict[str, Any]) -> Rows:
    return [one for one in node["serviceRecords"] if one["kind"] == "complaint"]


def tags(node: dict[str, Any]) -> set[str]:
    return {f"{tag['dimension']}:{tag['name']}" for tag in node["tags"]}


CASES: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    ({}, lambda n: True),
    ({"employees": {"gt": 100}}, lambda n: n["employees"] is not None and n["employees"] > 100),
    ({"employees": {"not": 100}}, lambda n: n["employees"] not in (None, 100)),
    ({"employees": {"notIn": [100, 200]}}, lambda n: n["employees"] not in (None, 100, 200)),
    ({"employees": {"gte": 100, "lt": 300}}, lambda n: n["employees"] is not None and 100 <= n["employees"] < 300),
    ({"employees": {"isNull": True}}, lambda n: n["employees"] is None),
    ({"employees": {}}, lambda n: True),
    ({"employees": {"notIn": []}}, lambda n: n["employees"] is not None),
    ({"status": {"in": []}}, lambda n: False),
    ({"shortName": {"startsWith": "简"}}, lambda n: (n["shortName"] or "").startswith("简")),
    ({"number": {"endsWith": "3"}}, lambda n: n["number"].endswith("3")),
    ({"name": {"contains": "公司３"}}, lambda n: "公司3" in n["name"]),
    ({"name": {"contains": "%"}}, lambda n: False),
    ({"name": {"contains": "_"}}, lambda n: False),
    ({"name": {"contains": "％"}}, lambda n: False),
    ({"name": {"contains": "' or 1=1 --"}}, lambda n: False),
    ({"foundedOn": {"lte": "2001-01-05"}}, lambda n: n["foundedOn"] <= "2001-01-05"),
    ({"or": []}, lambda n: False),
    ({"and": []}, lambda n: True),
    ({"or": [{"employees": {"equals": 0}}, {"status": {"equals": "ACTIVE"}}]}, lambda n: n["employees"] == 0 or n["status"] == "ACTIVE"),
    ({"owner": {"login": {"equals": "sales"}}}, lambda n: (n["owner"] or {}).get("login") == "sales"),
    ({"owner": {"isNull": True}}, lambda n: n["owner"] is None),
    ({"owner": {"isNull": False}}, lambda n: n["owner"] is not None),
    ({"owner": {"login": {}}}, lambda n: n["owner"] is not None),
    ({"contacts": {"some": {"name": {"equals": "王1"}}}}, lambda n: "王1" in [c["name"] for c in n["contacts"]]),
    ({"contacts": {"none": {}}}, lambda n: not n["contacts"]),
    ({"contacts": {"every": {"name": {"equals": "王0"}}}}, lambda n: all(c["name"] == "王0" for c in n["contacts"])),
    ({"contacts": {"every": {"verifiedOn": {"gt": "2000-01-01"}}}}, lambda n: not n["contacts"]),
    ({"contacts": {"count": {"gte": 2}}}, lambda n: len(n["contacts"]) >= 2),
    ({"contacts": {"count": {"in": [0, 2]}}}, lambda n: len(n["contacts"]) in (0, 2)),
    ({"serviceRecords": {"count": {"filter": {"kind": {"equals": "complaint"}, "closedAt": {"isNull": True}}, "gte": 1}}}, lambda n: len(complaints(n)) >= 1),
    ({"orders": {"some": {"amount": {"gt": "200000.5"}}}}, lambda n: any(float(o["amount"]) > 200000.5 for o in n["orders"])),
    ({"orders": {"some": {"customer": {"contacts": {"some": {"name": {"equals": "王1"}}}}}}}, lambda n: bool(n["orders"]) and len(n["contacts"]) > 1),
    ({"tags": {"some": {"name": {"equals": "采购设备1"}}}}, lambda n: "需求:采购设备1" in tags(n)),
    ({"tags": {"none": {"name": {"equals": "采购设备1"}}}}, lambda n: "需求:采购设备1" not in tags(n)),
    ({"tags": {"count": {"equals": 2}}}, lambda n: len(tags(n)) == 2),
    ({"tagged": {"all": ["需求:采购设备0", "需求：采购设备2"]}}, lambda n: {"需求:采购设备0", "需求:采购设备2"} <= tags(n)),
    ({"tagged": {"any": ["需求:采购设备2", "需求:没有"], "none": ["需求:没有"]}}, lambda n: "需求:采购设备2" in tags(n)),
    ({"tagged": {"any": []}}, lambda n: False),
    ({"tagged": {"none": ["需求:采购设备0"]}}, lambda n: "需求:采购设备0" not in tags(n)),
    ({"grade": {"status": {"equals": "PENDING"}}}, lambda n: (n["grade"] or {}).get("status") == "PENDING"),
    ({"industry": {"within": "I"}}, lambda n: (n["industry"] or {"code": ""})["code"].startswith("65")),
    ({"search": "  公司 ３号 "}, lambda n: "公司3号" in n["name"]),
    ({"search": "202601 简"}, lambda n: "简" in (n["shortName"] or "")),
    ({"industry": {"within": ""}}, lambda n: False),
    ({"search": ""}, lambda n: True),
    ({"id": {"in": [global_id("Customer", key) for key in (2, 3, 99)]}}, lambda n: n["number"][-2:] in ("02", "03")),
    ({"owner": {"id": {"notIn": [global_id("User", 99)]}}}, lambda n: n["owner"] is not None),
    ({"owner": {"id": {"notIn": []}}}, lambda n: n["owner"] is not None),
    ({"owner": {"id": {"in": []}}}, lambda n: False),
    ({"owner": {"id": {}}}, lambda n: n["owner"] is not None),
    ({"contacts": {"some": {"customer": {"id": {"equals": global_id("Customer", 3)}}}}}, lambda n: n["number"].endswith("03")),
    ({"id": {"notIn": [global_id("Customer", 2)]}}, lambda n: not n["number"].endswith("02")),
]  # fmt: skip


def test_a_filter_and_its_not_part_the_rows_as_their_words_say(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 24)
    nodes = made.data(WHOLE)["customers"]["nodes"]
    for given, meets in CASES:
        wanted = [node["number"] for node in nodes if meets(node)]
        found = made.data(FILTERED, {"f": given})["customers"]
        assert [node["number"] for node in found["nodes"]] == wanted, given
        assert found["totalCount"] == len(wanted)
        rest = made.data(FILTERED, {"f": {"not": given}})["customers"]["nodes"]
        assert [node["number"] for node in rest] == [n["number"] for n in nodes if n["number"] not in wanted], given


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "invalid"),
    ({"name": {"equals": None}}, "invalid"),
    ({"contacts": {"some": None}}, "invalid"),
    ({"contacts": {"count": {"gte": None}}}, "invalid"),
    ({"owner": {"isNull": None}}, "invalid"),
    ({"isNull": True}, "invalid"),
    ({"and": [{"isNull": False}]}, "invalid"),
    ({"id": {"equals": global_id("Contact", 1)}}, "invalid"),
    ({"id": {"in": ["Customer:1"]}}, "invalid"),
    ({"id": {"in": [global_id("Customer", "1 or 1=1")]}}, "invalid"),
    ({"contacts": {"some": {"id": {"equals": global_id("Customer", 1)}}}}, "invalid"),
    ({"createdAt": {"gt": "2026-01-01T00:00:00"}}, "invalid"),
    ({"annualRevenue": {"gt": "0.00001"}}, "invalid"),
    ({"annualRevenue": {"in": ["1e400"]}}, "invalid"),
    ({"tagged": {"all": ["需求"]}}, "invalid"),
    ({"tagged": {"all": None}}, "invalid"),
    ({"tagged": {"any": ["需求:a"], "none": None}}, "invalid"),
    ({"name": {"contains": "x" * 501}}, "too_large"),
    ({"employees": {"in": [1] * 1001}}, "too_large"),
    (
        {"or": [{"employees": {"in": [1] * 501}}, {"contacts": {"some": {"title": {"notIn": ["x"] * 500}}}}]},
        "too_large",
    ),
    ({"contacts": {"count": {"in": [1] * 1001}}}, "too_large"),
    ({"owner": {"id": {"in": [global_id("User", 1)] * 1001}}}, "too_large"),
    ({"id": {"in": ["x"] * 1001}}, "too_large"),
    ({"search": "a " * 11}, "too_large"),
    ({"tagged": {"all": ["需求:a"] * 51}}, "too_large"),
    ({"or": [{"employees": {"equals": one}} for one in range(201)]}, "too_large"),
]


@pytest.mark.parametrize("planning", [True, False])
def test_what_a_filter_may_not_hold_is_refused_before_any_statement(
    sqlite_engine: Engine, tmp_path: Path, planning: bool
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    for given, code in REFUSED:
        with made.statements() as seen:
            (error,) = made.ask(FILTERED, {"f": given}, planning=planning)["errors"]
        assert (error["extensions"]["code"], seen) == (code, []), given


def nested(depth: int) -> dict[str, Any]:
    given: dict[str, Any] = {"employees": {"equals": 1}}
    for _ in range(depth):
        given = {"not": {"and": [{"or": [given]}]}}
    return given


def test_a_bomb_of_nested_logic_is_refused_however_it_comes(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    assert "errors" not in made.ask(FILTERED, {"f": nested(3)})
    for depth in (4, 30, 300):
        literal = "{not: {and: [{or: [" * depth + "{employees: {equals: 1}}" + "]}]}}" * depth
        for query, variables in (
            (FILTERED, {"f": nested(depth)}),
            (f"{{ customers(filter: {literal}) {{ totalCount }} }}", None),
        ):
            (error,) = made.ask(query, variables)["errors"]
            code = error.get("extensions", {}).get("code")
            assert code == "too_large" or "nested too deeply" in error["message"], (depth, error)  # graphql-core's own
    given: dict[str, Any] = {}
    for _ in range(6):
        given = {"contacts": {"some": {"customer": given}}}
    (error,) = made.ask(FILTERED, {"f": given})["errors"]
    assert error["extensions"]["code"] == "too_large"


PERSONAL = [
    '{ customers(filter: {contacts: {some: {mobile: {startsWith: "138"}}}}) { totalCount } }',
    "{ customers(filter: {contacts: {every: {email: {isNull: true}}}}) { totalCount } }",
    '{ customers(filter: {not: {contacts: {count: {filter: {landline: {equals: "1"}}, gte: 1}}}}) { totalCount } }',
    '{ customers { nodes { contacts(filter: {mobile: {equals: "13800000000"}}) { id } } } }',
    "{ customers { nodes { contacts(orderBy: [{field: MOBILE}]) { id } } } }",
    "{ customers { nodes { contacts(orderBy: [{field: NAME}, {field: EMAIL, direction: DESC}]) { id } } } }",
]


def test_a_personal_value_that_is_masked_cannot_be_asked_about(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 6, graded=False)
    for query in PERSONAL:
        for planning in (True, False):
            made.data(query, who="sales", planning=planning)
            with made.statements() as seen:
                (error,) = made.ask(query, who="finance", planning=planning)["errors"]
            assert (error["extensions"]["code"], seen) == ("forbidden", []), query


NARROWED = [
    '{ customers(first: 9) { nodes { contacts(filter: {name: {equals: "王1"}}) { name } } } }',
    "{ customers(first: 9) { nodes { contacts(orderBy: [{field: NAME, direction: DESC}], first: 1) { name } } } }",
    "{ customers { nodes { a: orders(orderBy: {field: AMOUNT, direction: DESC}, first: 2) { amount lines(first: 1) { product } } "
    'b: orders(filter: {amount: {lt: "100000"}, orderedOn: {gt: "2000-01-01"}}) { orderedOn amount } } } }',
    "{ customers { nodes { tags(filter: {dimension: {equals: \"需求\"}}, orderBy: {field: NAME, direction: DESC}, first: 2) { name } } } }",
    "{ customers { nodes { serviceRecords(orderBy: [{field: CUSTOMER_NAME}, {field: SATISFACTION}, {field: ID, direction: DESC}]) { id } } } }",
    "{ customers { nodes { orders(filter: {lines: {some: {product: {contains: \"泵\"}}}}, first: 0) { id } } } }",
    "{ customers(orderBy: [{field: STATUS}, {field: EMPLOYEES, direction: DESC}], first: 7) { nodes { number } pageInfo { endCursor } } }",
    "{ customers { nodes { grades(orderBy: {field: RUN_AS_OF, direction: DESC}, filter: {run: {state: {equals: FINISHED}}}) { tier } } } }",
]  # fmt: skip


def test_lists_narrowed_by_arguments_are_the_same_bytes_in_both_paths(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12)
    for query in NARROWED:
        planned, ordinary = (json.dumps(made.data(query, planning=way)) for way in (True, False))
        assert planned == ordinary, query
    first = made.data(NARROWED[1])["customers"]["nodes"]
    assert [node["contacts"] for node in first[:3]] == [[], [{"name": "王0"}], [{"name": "王1"}]]
    with made.statements() as seen:
        made.data(NARROWED[2])
    assert len(seen) == 4


def test_pages_in_mixed_directions_visit_every_row_once(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 23)
    query = (
        "query Q($after: String, $o: [CustomerOrder!], $n: Int) { customers(orderBy: $o, first: $n, after: $after) "
        "{ nodes { number } pageInfo { endCursor hasNextPage } } }"
    )
    order = [
        {"field": "STATUS", "direction": "DESC"},
        {"field": "EMPLOYEES"},
        {"field": "OWNER_NAME", "direction": "DESC"},
    ]
    whole = [n["number"] for n in made.data(query, {"o": order, "n": 500})["customers"]["nodes"]]
    seen: list[str] = []
    after, more = None, True
    while more:
        found = made.data(query, {"o": order, "n": 4, "after": after})["customers"]
        seen += [node["number"] for node in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert seen == whole
    for wrong in (
        [{"field": "NAME"}] * 2,
        [{"field": field} for field in ("NAME", "NUMBER", "STATUS", "USCC", "ADDRESS", "ID")],
    ):
        (error,) = made.ask(query, {"o": wrong})["errors"]
        assert error["extensions"]["code"] == "invalid"


def test_values_of_an_enum_are_ordered_as_the_schema_lists_them(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 9, graded=False)
    with writing(engine) as session:
        for need, urgency in zip(session.scalars(select(tables.Need)), ("low", "high", "medium") * 3, strict=True):
            need.urgency = urgency
        session.get_one(tables.Customer, 1).status = "lost"
    listed = "{{ r: {}(orderBy: [{{field: {}, direction: {}}}]) {{ nodes {{ value: {} }} }} }}"
    grouped = "{{ r: {}(by: [{{field: {}}}], orderBy: [{{key: {{{}: {}}}}}]) {{ nodes {{ key {{ {} }} }} }} }}"
    for lists, groups, name, values in (
        ("needs", "needGroups", "urgency", ["HIGH", "MEDIUM", "LOW"]),
        ("customers", "customerGroups", "status", ["POTENTIAL", "INTENT", "ACTIVE", "LOST"]),
    ):
        for direction, expected in (("ASC", values), ("DESC", values[::-1])):
            nodes = made.data(listed.format(lists, name.upper(), direction, name))["r"]["nodes"]
            assert list(dict.fromkeys(node["value"] for node in nodes)) == expected
            nodes = made.data(grouped.format(groups, name.upper(), name, direction, name))["r"]["nodes"]
            assert [node["key"][name] for node in nodes] == expected


HIDDEN = [
    ("policies(filter: {versions: {count: {gte: 2}}})", 1, 0),
    ("policies(filter: {versions: {some: {state: {equals: DRAFT}}}})", 1, 0),
    ("policies(filter: {versions: {every: {number: {isNull: false}}}})", 0, 1),
    ("runs(filter: {version: {backtests: {count: {equals: 1}}}})", 1, 1),
    ("backtests(filter: {version: {state: {equals: DRAFT}}})", 1, 0),
]


def test_a_row_that_is_not_seen_cannot_be_asked_about(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 2)
    with writing(engine) as session:
        text = shipped()[world.POLICY].read_text() + "\n# another\n"
        finished_backtest(session, policies_.save_draft(session, made.people["analyst"], text), made.people["analyst"])
    for call, analyst, sales in HIDDEN:
        for who, count in (("analyst", analyst), ("sales", sales)):
            assert made.data(f"{{ r: {call} {{ totalCount }} }}", who=who)["r"]["totalCount"] == count, (call, who)
