"""Tags as customers carry them: who put each there and why, and how many customers carry which."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine

ASSIGN = (
    "mutation($rows: [TagAssignment!]!) { assignTags(input: $rows) "
    "{ ... on BulkAnswer { errors { message } } ... on Refusal { message } } }"
)
CARRIED = (
    "query($filter: CustomerTagFilter) { customerTags(filter: $filter) { totalCount nodes { id tag { dimension name } "
    "customer { id number } reason endsOn sourceSystem author { login } } } }"
)


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 8, graded=False)


def test_a_tag_put_by_hand_shows_its_author_reason_and_end(made: world.World) -> None:
    customer = made.data("{ customers(first: 1) { nodes { id } } }")["customers"]["nodes"][0]["id"]
    row = {
        "customerId": customer,
        "dimension": "规模",
        "name": "战略",
        "reason": "王总 13800001111",
        "endsOn": "2999-12-31",
    }
    assert "errors" not in made.ask(ASSIGN, {"rows": [row]})
    filter = {"tag": {"dimension": {"equals": "规模"}}}
    (found,) = made.data(CARRIED, {"filter": filter})["customerTags"]["nodes"]
    assert (found["customer"]["id"], found["tag"]["name"], found["endsOn"]) == (customer, "战略", "2999-12-31")
    assert (found["reason"], found["author"]["login"]) == ("王总 13800001111", "sales")
    (scrubbed,) = made.data(CARRIED, {"filter": filter}, who="analyst")["customerTags"]["nodes"]
    assert "13800001111" not in scrubbed["reason"]
    by_customer = made.data(
        "query($id: ID!) { customer(id: $id) { customerTags(filter: {endsOn: {gte: \"2999-01-01\"}}) { id } } "
        "customers(filter: {customerTags: {some: {reason: {contains: \"王总\"}}}}) { totalCount } }", {"id": customer}
    )  # fmt: skip
    assert by_customer == {"customer": {"customerTags": [{"id": found["id"]}]}, "customers": {"totalCount": 1}}


def test_customers_are_counted_by_tag(made: world.World) -> None:
    nodes = made.data("{ customers { nodes { status tags { dimension name } } } }")["customers"]["nodes"]
    wanted = Counter(
        (tag["dimension"], tag["name"]) for one in nodes if one["status"] == "ACTIVE" for tag in one["tags"]
    )
    groups = made.data(
        "{ customerTagGroups(filter: {customer: {status: {equals: ACTIVE}}}, by: [{field: TAG}], orderBy: [{count: DESC}]) "
        "{ totalCount nodes { key { tag { dimension name } } count } } }"
    )["customerTagGroups"]
    found = [((one["key"]["tag"]["dimension"], one["key"]["tag"]["name"]), one["count"]) for one in groups["nodes"]]
    assert dict(found) == wanted
    assert len(found) == groups["totalCount"] > 1
    assert [count for _, count in found] == sorted(wanted.values(), reverse=True)
    dimensions = made.data(
        "{ customerTagGroups(by: [{field: TAG_DIMENSION}]) { nodes { key { tagDimension } count } } }"
    )
    all_of_them = Counter(tag["dimension"] for one in nodes for tag in one["tags"])
    assert {n["key"]["tagDimension"]: n["count"] for n in dimensions["customerTagGroups"]["nodes"]} == all_of_them
