"""Numbers of related rows: what counting by hand gives, filtered and ordered by, on both paths and databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import world
from sqlalchemy import Engine, func, select

from api.database import writing
from schema import tables

COUNTS = (
    "query Q($kind: ServiceRecordFilter) { customers(first: 50, orderBy: [{field: ORDERS_COUNT, direction: DESC}, {field: NUMBER}]) { nodes { number ordersCount contactsCount "
    'tagsCount none: ordersCount(filter: {amount: {lt: 0}}) late: serviceRecordsCount(filter: $kind) serviceRecordsCount(filter: {kind: {equals: "visit"}}) '
    "orders { linesCount } } pageInfo { endCursor } } }"
)


def counted(engine: Engine, table: Any) -> dict[int, int]:
    with writing(engine) as session:
        rows = session.execute(select(table.customer_id, func.count()).group_by(table.customer_id))
        return {row[0]: row[1] for row in rows}


def test_counts_of_relations_are_those_of_their_rows(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 6, graded=False)
    orders, contacts, tags = (counted(engine, t) for t in (tables.Order, tables.Contact, tables.CustomerTag))
    with made.statements() as seen:
        nodes = made.data(COUNTS, {"kind": {"satisfaction": {"gte": 4}}})["customers"]["nodes"]
    assert len(seen) == 2, seen  # customers with all their counts, orders with theirs
    for node in nodes:
        key = int(node["number"][-4:])
        assert node["ordersCount"] == orders.get(key, 0) == len(node["orders"])
        assert node["contactsCount"] == contacts.get(key, 0)
        assert node["tagsCount"] == tags.get(key, 0)
        assert (node["none"], node["late"], node["serviceRecordsCount"]) == (0, 1, 0)
        assert all(order["linesCount"] == 1 for order in node["orders"])
    numbers = [node["ordersCount"] for node in nodes]
    assert numbers == sorted(numbers, reverse=True) != sorted(numbers)


def test_a_page_ordered_by_a_count_goes_on_where_the_one_before_ended(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 6, graded=False)
    query = "query Q($after: String) { customers(first: 2, after: $after, orderBy: [{field: CONTACTS_COUNT}]) { nodes { number contactsCount } pageInfo { endCursor hasNextPage } } }"
    found, after = [], None
    for _ in range(3):
        page = made.data(query, {"after": after})["customers"]
        found += [(node["contactsCount"], node["number"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == sorted(found)
    assert len(set(found)) == 6


def test_counts_tell_nothing_of_masked_values(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 3, graded=False)
    query = '{ customers { nodes { contactsCount(filter: {mobile: {startsWith: "138"}}) } } }'
    assert made.data(query, who="sales")["customers"]["nodes"][1] == {"contactsCount": 1}
    with made.statements() as seen:
        response = made.ask(query, who="analyst", planning=False)
    assert {error["extensions"]["code"] for error in response["errors"]} == {"forbidden"}
    assert not any("mobile" in statement for statement in seen)
    assert {error["extensions"]["code"] for error in made.ask(query, who="analyst")["errors"]} == {"forbidden"}
