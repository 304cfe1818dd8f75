"""The same change for every row that a filter finds: exactly as many as expected, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, select

from api.database import reading
from schema import tables

ANSWER = (
    "{ __typename ... on BulkAnswer { state given written unchanged rejected ids errors { index path code message } "
    "undo { token } } ... on Refusal { code message } }"
)
CHANGE = f"""mutation M($filter: CustomerFilter!, $expected: Int!, $input: CustomerPatch!, $dry: Boolean! = false, $key: String) {{
  r: updateCustomersWhere(filter: $filter, expected: $expected, input: $input, dryRun: $dry, idempotencyKey: $key) {ANSWER} }}"""
TAG = f"""mutation M($filter: CustomerFilter!, $expected: Int!) {{
  r: assignTagWhere(filter: $filter, expected: $expected, input: {{ dimension: "活动", name: "春季", reason: "名单" }}) {ANSWER} }}"""
COUNT = "query Q($filter: CustomerFilter!) { customers(filter: $filter) { totalCount nodes { id department tags { name } } } }"
ACTIVE = {"status": {"equals": "ACTIVE"}}


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 9, graded=False)


def written(engine: Engine) -> list[str]:
    """What a bulk call may write."""
    kinds = (tables.Customer, tables.CustomerTag, tables.Tag, tables.Audit, tables.BulkCall, tables.Contact)
    with reading(engine) as connection:
        return [repr(connection.execute(select(kind.__table__)).all()) for kind in kinds]


def test_the_list_and_the_change_of_one_filter_mean_the_same_rows(made: world.World) -> None:
    before = made.data(COUNT, {"filter": ACTIVE})["customers"]
    assert 1 < before["totalCount"] < 9
    asked = {"filter": ACTIVE, "expected": before["totalCount"], "input": {"department": "华东区"}}
    answer = made.data(CHANGE, asked)["r"]
    assert (answer["state"], answer["written"]) == ("WRITTEN", before["totalCount"])
    assert sorted(answer["ids"]) == sorted(node["id"] for node in before["nodes"])
    rows = made.data(COUNT, {"filter": {"department": {"equals": "华东区"}}})["customers"]
    assert sorted(node["id"] for node in rows["nodes"]) == sorted(answer["ids"])
    undone = made.data(
        "mutation U($token: String!) { undo(token: $token) { ... on Undone { rows } } }",
        {"token": answer["undo"]["token"]},
    )
    assert undone["undo"] == {"rows": before["totalCount"]}
    assert made.data(COUNT, {"filter": ACTIVE})["customers"] == before


def test_a_tag_is_put_on_what_a_filter_through_relations_finds(made: world.World) -> None:
    held = {"tags": {"some": {"name": {"equals": "采购设备0"}}}}
    number = made.data(COUNT, {"filter": held})["customers"]["totalCount"]
    answer = made.data(TAG, {"filter": held, "expected": number})["r"]
    assert answer["written"] == number > 1
    both = {"and": [held, {"tags": {"some": {"name": {"equals": "春季"}}}}]}
    assert made.data(COUNT, {"filter": both})["customers"]["totalCount"] == number
    again = made.data(TAG, {"filter": held, "expected": number})["r"]
    assert (again["state"], again["unchanged"]) == ("NOTHING", number)


@pytest.mark.parametrize(
    ("many", "noun", "input", "filter"),
    [
        ("customers", "Customer", '{department: "华东区"}', {"not": {"effectiveTier": {"equals": "A"}}}),
        ("customers", "Customer", '{department: "华东区"}', {"serviceRecords": {"some": {"hoursOpen": {"gte": "1"}}}}),
        ("serviceRecords", "ServiceRecord", "{satisfaction: 1}", {"hoursOpen": {"gte": "1"}}),
        ("customers", "Customer", '{department: "华东区"}', {"tierAsOf": {"asOf": "2026-01-01", "tier": {"isNull": True}}}),
    ],
    ids=["effective tier", "hours open of a relation", "hours open", "tier as of a day"],
)  # fmt: skip
def test_a_filter_may_ask_for_what_depends_on_the_day_and_the_instant(
    made: world.World, many: str, noun: str, input: str, filter: Any
) -> None:
    listed = f"query Q($filter: {noun}Filter!) {{ rows: {many}(filter: $filter) {{ totalCount }} }}"
    number = made.data(listed, {"filter": filter})["rows"]["totalCount"]
    assert number > 0
    change = f"""mutation M($filter: {noun}Filter!, $expected: Int!, $dry: Boolean!) {{
      r: update{many[0].upper()}{many[1:]}Where(filter: $filter, expected: $expected, dryRun: $dry, input: {input}) {ANSWER} }}"""
    for dry in (True, False):
        answer = made.data(change, {"filter": filter, "expected": number, "dry": dry}, who="boss")["r"]
        assert answer["written"] == number


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"filter": ACTIVE, "expected": 2, "input": {"department": "x"}}, "unexpected_count"),
        ({"filter": {}, "expected": 8, "input": {"department": "x"}}, "unexpected_count"),
        ({"filter": ACTIVE, "expected": 0, "input": {"department": "x"}}, "invalid"),
        ({"filter": ACTIVE, "expected": 3, "input": {"industryCode": "x"}}, "invalid"),
        ({"filter": {"status": None}, "expected": 9, "input": {"department": "x"}}, "invalid"),
        ({"filter": {"id": {"equals": "x"}}, "expected": 1, "input": {"department": "x"}}, "invalid"),
    ],
    ids=["another number", "all rows", "none expected", "a wrong value", "an unset variable", "no id"],
)
def test_what_the_caller_cannot_mean_is_refused_and_nothing_is_written(
    made: world.World, asked: dict[str, Any], code: str
) -> None:
    before = written(made.engine)
    for dry in (True, False):
        refused = made.data(CHANGE, {**asked, "dry": dry})["r"]
        assert (refused["__typename"], refused["code"]) == ("Refusal", code), refused
    assert written(made.engine) == before


def test_one_text_for_many_rows_is_bounded(made: world.World) -> None:
    """A text of half a megabyte would be written, and audited, as often as the filter finds rows."""
    status = f"""mutation M($text: String!) {{ r: changeCustomerStatusesWhere(
      filter: {{}}, expected: 9, mode: IGNORE_FAILED, input: {{ status: LOST, reason: $text }}) {ANSWER} }}"""
    gone = f"mutation M($text: String!) {{ r: deleteNeedsWhere(filter: {{}}, expected: 9, reason: $text) {ANSWER} }}"
    need = f"mutation M($text: String!) {{ r: updateNeedsWhere(filter: {{}}, expected: 9, input: {{ description: $text }}) {ANSWER} }}"
    before = written(made.engine)
    for query in (status, gone, need):
        assert made.data(query, {"text": "长" * 1_200_000})["r"]["code"] == "too_large"
    assert written(made.engine) == before
    assert made.data(need, {"text": "长" * 10_000})["r"]["written"] == 9


def test_a_filter_on_a_field_that_is_masked_for_the_caller_is_refused(made: world.World) -> None:
    """Marketing edits contacts: how many a filter by number finds must not tell whose the number is."""
    query = f"""mutation M($filter: ContactFilter!, $expected: Int!) {{ r: updateContactsWhere(
      filter: $filter, expected: $expected, dryRun: true, input: {{ title: "经理", reason: "x" }}) {ANSWER} }}"""
    filter = {"mobile": {"equals": "13800000100"}}
    before = written(made.engine)
    assert made.data(query, {"filter": filter, "expected": 1}, who="marketing")["r"]["code"] == "forbidden"
    assert made.data(query, {"filter": filter, "expected": 1}, who="sales")["r"]["written"] == 1
    assert written(made.engine) == before


def test_a_repeated_call_is_answered_although_its_filter_finds_other_rows_now(made: world.World) -> None:
    filter = {"department": {"isNull": True}}
    asked = {"filter": filter, "expected": 9, "input": {"department": "华东区"}, "key": "k"}
    first = made.data(CHANGE, asked)["r"]
    assert made.data(COUNT, {"filter": filter})["customers"]["totalCount"] == 0
    assert made.data(CHANGE, asked)["r"] == first | {"state": "REPEATED"}
