"""A row is found again by its global id, whatever its type, in one statement."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from graphql import GraphQLInterfaceType, GraphQLObjectType
from sqlalchemy import Engine

from api.operations.root import schema
from schema.select.field import IDENTITIES, model_of
from schema.select.global_id import global_id

ONE = "query Q($id: ID!) { node(id: $id) { __typename id } }"


def test_every_type_with_an_id_is_a_node() -> None:
    node = schema._schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    with_id = {
        name for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and "id" in type_.fields and model_of(type_.extensions["strawberry-definition"])
    }  # fmt: skip
    assert with_id == IDENTITIES.keys()
    # Keys are found by administrators alone, through their own query.
    assert {type_.name for type_ in schema._schema.get_possible_types(node)} == with_id - {"ApiKey"}


def test_every_row_is_found_again_by_its_id_in_one_statement(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 4)
    found = made.ids()
    types = set()
    for one in found:
        with made.statements() as seen:
            node = made.data(ONE, {"id": one})["node"]
        assert node["id"] == one
        assert len(seen) == 1
        types.add(node["__typename"])
    assert len(types) >= 17


def test_fragments_on_types_say_what_is_read_of_a_node(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 3)
    query = (
        "query Q($id: ID!) { node(id: $id) { id ... on Node { again: id } ... on Customer { number contacts(first: 1) { name } } "
        "... on Grade { tier customer { number } } ...F } } fragment F on Industry { code parent { code } }"
    )
    customer = made.data(query, {"id": global_id("Customer", 2)})["node"]
    assert customer == customer | {"number": "202601-0002", "contacts": [{"name": "王0"}]}
    assert made.data(query, {"id": global_id("Grade", 1, 3)})["node"]["customer"] == {"number": "202601-0003"}
    assert made.data(query, {"id": global_id("Industry", "6513")})["node"]["parent"] == {"code": "651"}


@pytest.mark.parametrize(
    "identity",
    [global_id("Customer", 99), global_id("Grade", 1, 99), global_id("Industry", "nothing"), global_id("Customer", "9" * 18)],
)  # fmt: skip
def test_a_row_that_is_not_there_is_null(engine: Engine, tmp_path: Path, identity: str) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    assert made.data(ONE, {"id": identity}) == {"node": None}


@pytest.mark.parametrize(
    "identity",
    [
        "", "abc", "é", global_id("Nothing", 1), global_id("Node", 1), global_id("Customer", "x"), global_id("Customer", ""),
        global_id("Customer", "-1"), global_id("Customer", "１"), global_id("Customer", 1, 2), global_id("Grade", 1),
        global_id("Customer", "9" * 19), global_id("Industry", "A\x00"), global_id("UserRole", 1, "admin"), global_id("ApiKey", 1),
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused_before_any_statement(sqlite_engine: Engine, tmp_path: Path, identity: str) -> None:
    made = world.World(sqlite_engine, tmp_path, {"sales": world.person(sqlite_engine, "sales", "sales")})
    with made.statements() as seen:
        response = made.ask(ONE, {"id": identity})
    assert response["data"] == {"node": None}
    assert response["errors"][0]["extensions"]["code"] == "invalid"
    assert seen == []
