"""Keyset paging visits every row once in every order, unknown values included, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from sqlalchemy import Engine

from policies.refusal import Refusal
from schema import tables
from schema.select import Key, page
from schema.select.global_id import global_id, key_of

FIELDS = (
    "NUMBER",
    "NAME",
    "CREATED_AT",
    "EMPLOYEES",
    "ANNUAL_REVENUE",
    "GRADE_TOTAL",
    "GRADE_TIER",
    "OWNER_NAME",
    "STATUS",
)
FORWARD = (
    "query Q($order: [CustomerOrder!], $after: String) { customers(orderBy: $order, first: 5, after: $after) "
    "{ nodes { number } pageInfo { endCursor hasNextPage } } }"
)
BACKWARD = (
    "query Q($order: [CustomerOrder!], $before: String) { customers(orderBy: $order, last: 5, before: $before) "
    "{ nodes { number } pageInfo { startCursor hasPreviousPage } } }"
)
WHOLE = "query Q($order: [CustomerOrder!]) { customers(orderBy: $order, first: 500) { nodes { number employees grade { total tier } } } }"


def test_every_order_visits_every_row_once_forward_and_backward(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 23)
    for field in FIELDS:
        for direction in ("ASC", "DESC"):
            order = {"field": field, "direction": direction}
            whole = [node["number"] for node in made.data(WHOLE, {"order": order})["customers"]["nodes"]]
            assert len(whole) == len(set(whole)) == 23
            seen, after, more = [], None, True
            while more:
                found = made.data(FORWARD, {"order": order, "after": after})["customers"]
                seen += [node["number"] for node in found["nodes"]]
                after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
            assert seen == whole, order
            back, before, more = [], None, True
            while more:
                found = made.data(BACKWARD, {"order": order, "before": before})["customers"]
                back = [node["number"] for node in found["nodes"]] + back
                before, more = found["pageInfo"]["startCursor"], found["pageInfo"]["hasPreviousPage"]
            assert back == whole, order


def test_unknown_values_come_last_in_both_directions(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    for direction in ("ASC", "DESC"):
        order = {"field": "EMPLOYEES", "direction": direction}
        values = [node["employees"] for node in made.data(WHOLE, {"order": order})["customers"]["nodes"]]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=direction == "DESC")
        assert values[len(known) :] == [None] * (12 - len(known))
        assert None in values


@pytest.mark.parametrize(
    "arguments",
    [
        'after: "nonsense"',
        'after: "W10"',
        'after: "WyJOQU1FOkFTQyIsIngiLDFd"',
        'after: "WyJOVU1CRVI6QVNDIiwxLDFd"',
        'after: "WyJOVU1CRVI6QVNDIl0"',
        "first: -1",
        "first: 501",
        "first: 1, last: 1",
    ],
)
def test_a_cursor_of_another_list_and_a_size_out_of_range_are_refused(
    sqlite_engine: Engine, tmp_path: Path, arguments: str
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    response = made.ask(f"{{ customers({arguments}) {{ nodes {{ number }} }} }}")
    assert response["errors"][0]["extensions"]["code"] == "invalid"


def test_a_page_names_its_bounds() -> None:
    with pytest.raises(Refusal, match="0 to 500"):
        page(tables.Customer.__table__.select(), [Key(tables.Customer.id)], "id", first=1000)


def test_the_id_of_another_type_is_refused_with_both_names() -> None:
    with pytest.raises(Refusal, match=r"id of a Contact; the id of a Customer"):
        key_of(global_id("Contact", 3), "Customer")
    for nonsense in (
        "",
        "abc",
        "é",
        global_id("Customer", "x"),
        global_id("Customer", 1, 2),
        global_id("Customer", "9" * 30),
    ):
        with pytest.raises(Refusal):
            key_of(nonsense, "Customer")
    assert key_of(global_id("Customer", 3), "Customer") == 3
