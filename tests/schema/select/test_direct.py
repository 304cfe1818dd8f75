"""A query for one row that is asked again is answered without an executor, and says what the executor says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine

from api.endpoint.context import Context
from api.endpoint.deadline import Deadline
from api.operations.root import schema
from schema.select import Direct, SelectExecutor

BY_ID = (
    "query($id: ID!) { found: customer(id: $id) { __typename id number name status foundedOn annualRevenue createdAt "
    "contacts { name mobile email } tags { dimension name } owner { name } } }"
)


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 4, graded=False)


def direct(query: str) -> Direct | None:
    """Return how a query is answered that was asked before."""
    return schema.prepared(query).direct[None]


def data(made: world.World, query: str, variables: dict[str, Any], who: str = "sales", planning: bool = True) -> Any:
    """Return what a query is answered directly; None when it isn't."""
    how = direct(query)
    assert how is not None
    context = Context(made.engine, made.home, planning=planning, signed_in=made.people[who], began=made.began)
    result = how.result(context, variables)
    return None if result is None else result.data


def customers(made: world.World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.data("{ customers { nodes { id number } } }")["customers"]["nodes"]
    return found


@pytest.mark.parametrize("who", ["sales", "analyst"])
def test_the_answer_is_the_executors_byte_for_byte(made: world.World, who: str) -> None:
    for one in customers(made):
        ordinary = made.data(BY_ID, {"id": one["id"]}, who=who)
        assert json.dumps(data(made, BY_ID, {"id": one["id"]}, who)) == json.dumps(ordinary)
        assert ordinary["found"]["number"] == one["number"]


def test_each_viewer_sees_masks_by_its_own_roles(made: world.World) -> None:
    id = customers(made)[1]["id"]
    for _ in range(2):
        full, masked = (made.data(BY_ID, {"id": id}, who=who)["found"]["contacts"][0] for who in ("sales", "analyst"))
        assert "*" not in full["mobile"]
        assert "*" in masked["mobile"]
    assert data(made, BY_ID, {"id": id}, "analyst")["found"]["contacts"][0] == masked


def test_a_row_that_is_not_there_is_null(made: world.World) -> None:
    query = "query($number: String!) { customer(number: $number) { name } }"
    assert made.data(query, {"number": customers(made)[0]["number"]})["customer"]
    assert data(made, query, {"number": "none"}) == {"customer": None} == made.data(query, {"number": "none"})


def test_what_graphql_core_has_to_say_about_is_left_to_it(made: world.World) -> None:
    id = customers(made)[0]["id"]
    user = made.data("{ users(first: 1) { nodes { id } } }")["users"]["nodes"][0]["id"]
    made.data(BY_ID, {"id": id})
    wrong: tuple[dict[str, Any], ...] = ({}, {"id": None}, {"id": [id]}, {"id": "nonsense"}, {"id": user}, {"id": {}})
    for variables in wrong:
        assert data(made, BY_ID, variables) is None
        (error,) = made.ask(BY_ID, variables)["errors"]
        assert error["extensions"]["code"] == "invalid"
    assert data(made, BY_ID, {"id": id}, planning=False) is None


def test_literals_are_read_once_and_defaults_stay_the_executors(made: world.World) -> None:
    id = customers(made)[0]["id"]
    literal = f'{{ customer(id: "{id}") {{ id }} }}'
    assert made.data(literal) == data(made, literal, {}) == {"customer": {"id": id}}
    default = f'query($id: ID! = "{id}") {{ customer(id: $id) {{ id }} }}'
    assert made.data(default) == {"customer": {"id": id}}
    assert data(made, default, {}) is None


def test_null_is_refused_at_the_field_the_first_time_and_later(made: world.World) -> None:
    id = customers(made)[0]["id"]
    query = 'query($id: ID = "none") { contact(id: $id) { id } }'
    for variables in ({"id": None}, {"id": id}, {"id": None}):
        answer = made.ask(query, variables)
        assert answer["data"] == {"contact": None}
        assert [error["path"] for error in answer["errors"]] == [["contact"]]
    assert direct(query) is not None


def test_what_fails_on_the_way_is_told_at_the_field_and_not_asked_again(made: world.World) -> None:
    id = customers(made)[0]["id"]
    made.data(BY_ID, {"id": id})
    how = direct(BY_ID)
    assert how is not None
    context = Context(made.engine, made.home, signed_in=made.people["sales"], deadline=Deadline(0))
    result = how.result(context, {"id": id})
    assert result is not None
    assert result.data == {"found": None}
    assert result.errors is not None
    (error,) = result.errors
    assert error.path == ["found"]
    assert getattr(error.original_error, "code", None) == "timed_out"
    answer = schema.answer(BY_ID, {"id": id}, context)
    assert [error.formatted["extensions"] for error in answer.errors or ()] == [{"code": "timed_out"}]


@pytest.mark.parametrize(
    "query",
    [
        "query($id: ID!) { customer(id: $id) { name } me { name } }",
        "query($id: ID!, $n: Int!) { customer(id: $id) { contacts(first: $n) { name } } }",
        "query($id: ID!, $n: Int!) { customer(id: $id) { name @include(if: true) contacts(first: $n) { name } } }",
        "query($id: ID!, $n: Int = 1) { node(id: $id) { ... on Customer { contacts(first: $n) { name } } } }",
        "query($id: ID!) { node(id: $id) { id } }",
        "query($id: ID!) { ... { customer(id: $id) { name } } }",
        "{ customers { nodes { name } } }",
        "query($id: ID!) { customer(id: $id) @include(if: true) { name } }",
    ],
)
def test_whatever_asks_for_more_has_its_executor(made: world.World, query: str) -> None:
    variables = {"id": customers(made)[0]["id"], "n": 1}
    for _ in range(2):
        made.data(query, variables if "$id" in query else {})
    assert direct(query) is None


def test_nothing_is_built_for_a_row_that_is_asked_for_again(made: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [one["id"] for one in customers(made)]
    context = Context(made.engine, made.home, signed_in=made.people["sales"])
    assert schema.answer(BY_ID, {"id": ids[0]}, context).errors is None

    def built(*_: Any, **__: Any) -> None:
        raise AssertionError("an executor was built")

    monkeypatch.setattr(SelectExecutor, "again", built)
    monkeypatch.setattr(SelectExecutor, "__init__", built)
    for id in ids:
        result = schema.answer(BY_ID, {"id": id}, context)
        assert result.errors is None
        assert result.data is not None
        assert result.data["found"]["id"] == id
