"""Queries of customers, grades and the rest: filters, explanations, exact sums, on both databases."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine

FILTERED = (
    "query Q($filter: CustomerFilter) { customers(filter: $filter, first: 500) { totalCount nodes { number name } } }"
)
WHOLE = (
    "{ customers(first: 500) { nodes { number name shortName status industry { code } region { code } owner { login } annualRevenue "
    "tags { dimension name } grade { tier } } } }"
)


def expected(node: dict[str, Any], conditions: dict[str, Any]) -> bool:
    """Whether a customer meets the conditions, said again in Python."""
    code = (node["industry"] or {}).get("code", "")
    region = (node["region"] or {}).get("code", "")
    tags = [(tag["dimension"], tag["name"]) for tag in node["tags"]]
    checks = {
        "status": lambda wanted: node["status"] in wanted,
        "tier": lambda wanted: (node["grade"] or {}).get("tier") in wanted,
        "industry": lambda wanted: (
            code.startswith(wanted) or (wanted == "C" and code[:2] == "34") or (wanted == "I" and code[:2] == "65")
        ),
        "region": lambda wanted: region[:2] == wanted[:2] if wanted.endswith("0000") else region == wanted,
        "owner": lambda wanted: (node["owner"] or {}).get("login") == wanted,
        "name": lambda wanted: wanted in node["name"] or wanted in (node["shortName"] or ""),
        "tags": lambda wanted: all((tag["dimension"], tag["name"]) in tags for tag in wanted),
        "revenueMin": lambda wanted: (
            node["annualRevenue"] is not None and float(node["annualRevenue"]) >= float(wanted)
        ),
        "revenueMax": lambda wanted: (
            node["annualRevenue"] is not None and float(node["annualRevenue"]) <= float(wanted)
        ),
    }
    return all(checks[name](wanted) for name, wanted in conditions.items())


def given(name: str, wanted: Any) -> dict[str, Any]:
    """The filter that asks for a condition."""
    ways: dict[str, Any] = {
        "status": lambda: {"status": {"in": wanted}},
        "tier": lambda: {"grade": {"tier": {"in": wanted}}},
        "industry": lambda: {"industry": {"within": wanted}},
        "region": lambda: {"region": {"within": wanted}},
        "owner": lambda: {"owner": {"login": {"equals": wanted}}},
        "name": lambda: {"or": [{"name": {"contains": wanted}}, {"shortName": {"contains": wanted}}]},
        "tags": lambda: {"tagged": {"all": [f"{tag['dimension']}:{tag['name']}" for tag in wanted]}},
        "revenueMin": lambda: {"and": [{"annualRevenue": {"gte": wanted}}]},
        "revenueMax": lambda: {"not": {"not": {"annualRevenue": {"lte": wanted}}}},
    }
    found: dict[str, Any] = ways[name]()
    return found


def test_every_filter_selects_what_it_says(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 24)
    nodes = made.data(WHOLE)["customers"]["nodes"]
    tiers = sorted({node["grade"]["tier"] for node in nodes if node["grade"] and node["grade"]["tier"]})
    assert tiers
    first, second = ({"dimension": "需求", "name": f"采购设备{n}"} for n in range(2))
    conditions: list[dict[str, Any]] = [
        {"status": ["ACTIVE"]}, {"status": ["ACTIVE", "INTENT"]}, {"status": []}, {"tier": tiers[:1]}, {"tier": ["nothing"]},
        {"industry": "C"}, {"industry": "34"}, {"industry": "344"}, {"industry": "6513"}, {"industry": "A"}, {"industry": "I"},
        {"region": "310000"}, {"region": "440000"}, {"region": "440300"}, {"owner": "sales"}, {"owner": "nobody"},
        {"name": "司3"}, {"name": "简"}, {"name": "%"}, {"tags": [first]}, {"tags": [first, second]}, {"tags": []},
        {"revenueMin": "5000"}, {"revenueMax": "5000.5"}, {"revenueMin": "3000", "revenueMax": "9000", "status": ["ACTIVE"]},
        {},
    ]  # fmt: skip
    for condition in conditions:
        found = made.data(
            FILTERED,
            {"filter": {key: value for name in condition for key, value in given(name, condition[name]).items()}},
        )["customers"]
        wanted = [node["number"] for node in nodes if expected(node, condition)]
        assert [node["number"] for node in found["nodes"]] == wanted, condition
        assert found["totalCount"] == len(wanted)


def number(text: str) -> Fraction:
    return Fraction(text)


def test_contributions_sum_to_the_total_exactly_for_every_customer(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 40)
    query = (
        "{ customers(first: 500) { nodes { number grade { status tier total worst best candidates displayTotal explanation "
        "{ total worst best tier contributions { contribution best weight points outOf } dimensions { worst } up { points } } } } } }"
    )
    statuses = set()
    for node in made.data(query)["customers"]["nodes"]:
        grade = node["grade"]
        why = grade["explanation"]
        statuses.add(grade["status"])
        if grade["status"] not in ("GRADED", "PENDING"):
            continue
        parts = why["contributions"]
        assert sum(number(part["contribution"]) for part in parts) == number(why["worst"]) == number(grade["worst"])
        assert sum(number(part["best"]) for part in parts) == number(why["best"]) == number(grade["best"])
        assert sum(number(dimension["worst"]) for dimension in why["dimensions"]) == number(grade["worst"])
        for part in parts:
            exact = number(part["weight"]) * number(part["points"]) / number(part["outOf"]) * 100
            assert exact == number(part["contribution"])
        if grade["total"] is not None:
            assert number(grade["total"]) == number(grade["worst"]) == number(grade["best"]) == number(why["total"])
            assert number(grade["displayTotal"]) <= number(grade["total"])
        if grade["status"] == "GRADED":
            assert grade["candidates"] == [grade["tier"]]
            assert why["tier"] == grade["tier"]
    assert {"GRADED", "PENDING"} <= statuses


def test_the_history_of_grades_has_a_row_per_run_and_the_newest_is_current(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 3)
    world.run(made)
    (one, *_) = made.data("{ customers { nodes { grade { run { id } } grades { run { id asOf } tier } } } }")[
        "customers"
    ]["nodes"]
    assert len(one["grades"]) == 2
    assert one["grade"]["run"]["id"] == one["grades"][1]["run"]["id"] != one["grades"][0]["run"]["id"]


def test_an_explanation_says_which_gates_were_met_and_moved_the_tier(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 6)
    lines = "{ id title { zh } effect tier holds fired }"
    wanted = f"status explanation {{ band conditions {lines} gates {lines} candidates }}"
    grades = [
        node["grade"]
        for node in made.data(f"{{ customers {{ nodes {{ grade {{ {wanted} }} }} }} }}")["customers"]["nodes"]
        if node["grade"]["status"] in ("GRADED", "PENDING")
    ]
    assert grades
    for grade in grades:
        why = grade["explanation"]
        (gate,) = why["gates"]
        assert (gate["id"], gate["effect"], gate["tier"], gate["title"]["zh"]) == (
            "dormant",
            "cap",
            "D",
            "长期停采且无联系",
        )
        assert gate["holds"] in (True, False, None)
        if gate["fired"] is False:
            assert why["band"] == why["candidates"]
        assert why["conditions"] == []


def test_without_a_run_there_is_no_grade(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    assert made.data(
        "{ customers(orderBy: {field: GRADE_TIER}) { nodes { grade { tier explanation { total } } grades { tier } } } }"
    ) == {"customers": {"nodes": [{"grade": None, "grades": []}]}}


@pytest.mark.parametrize(
    ("call", "nodes"),
    [
        ("improvements", 6),
        ("improvements(filter: {state: {in: [DONE]}})", 0),
        ('improvements(filter: {overdueOn: "2099-01-01"})', 3),
    ],
)
def test_improvements_are_listed_by_state_and_overdue(
    sqlite_engine: Engine, tmp_path: Path, call: str, nodes: int
) -> None:
    made = world.build(sqlite_engine, tmp_path, 6, graded=False)
    assert len(made.data(f"{{ {call} {{ nodes {{ id }} }} }}")["improvements"]["nodes"]) == nodes
