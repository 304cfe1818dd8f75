"""Every query and subscription of the schema as nobody, as a wrong role and as every role that may; none is left out."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import world
from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_required_argument,
)
from listening import hub_of
from sqlalchemy import Engine

from api.access import EVERYONE, PERMISSIONS, Actor
from api.database import make_engine
from api.endpoint.context import Context
from api.operations.root import schema
from schema.select.global_id import global_id

CORE = schema._schema
assert CORE.query_type is not None
assert CORE.subscription_type is not None
# query -> the action that it needs, where that is not to read
NEEDS = {"apiKeys": "manage_users"}
# (operation, required argument) -> a value, where the type does not say one
VALUES: dict[tuple[str, str], str] = {
    ("node", "id"): f'"{global_id("Customer", 1)}"',
    **{(name, "id"): f'"{global_id(name.capitalize(), 1, 1)}"' for name in ("grade", "standing")},
}
# operation -> arguments without which it refuses, although none of them is required
ARGUMENTS: dict[str, str] = {
    **{name: f'(id: "{global_id(name.capitalize(), 1)}")' for name in ("customer", "policy", "user")},
    **dict.fromkeys(("industry", "region"), '(code: "44")'),
}
LOGIN = {"admin": "boss"}


def value_of(operation: str, name: str, type_: GraphQLInputType, returns: str) -> str:
    """A value for a required argument, as GraphQL text; KeyError where VALUES must say one."""
    found = VALUES.get((operation, name))
    if found is not None:
        return found
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(inner, GraphQLList):
        return f"[{value_of(operation, name, inner.of_type, returns)}]"
    if is_enum_type(inner):
        return next(iter(inner.values))
    if inner.name == "ID":  # type: ignore[union-attr]  # a named type
        return f'"{global_id(returns, 1)}"'
    return {"Int": "1", "String": '"x"', "Date": '"2026-01-01"', "Boolean": "true", "Decimal": "24"}[inner.name]  # type: ignore[union-attr]  # as above


def document(kind: str, name: str, field: GraphQLField) -> str:
    """An operation that selects one root field and the typename under it."""
    returns = get_named_type(field.type)
    given = [
        f"{key}: {value_of(name, key, argument.type, returns.name)}"
        for key, argument in field.args.items()
        if is_required_argument(argument)
    ]
    arguments = ARGUMENTS.get(name) or (f"({', '.join(given)})" if given else "")
    below = "" if is_leaf_type(returns) else " { __typename }"
    return f"{kind} {{ r: {name}{arguments}{below} }}"


QUERIES = {name: document("query", name, field) for name, field in CORE.query_type.fields.items()}
SUBSCRIPTIONS = {name: document("subscription", name, field) for name, field in CORE.subscription_type.fields.items()}


def codes(response: Any) -> set[str]:
    return {error.get("extensions", {}).get("code") for error in response.get("errors", ())}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Any:

    folder = tmp_path_factory.mktemp("operations")
    shutil.copyfile(sqlite_template, folder / "fenji.db")
    engine = make_engine(f"sqlite:///{folder / 'fenji.db'}")
    yield world.build(engine, folder, 3)
    engine.dispose()


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_is_refused_to_nobody_and_answered_to_the_roles_of_the_table(graded: world.World, name: str) -> None:
    nobody = graded.ask(QUERIES[name], who=None)
    assert codes(nobody) == {"not_signed_in"}
    assert nobody["data"] is None
    right = PERMISSIONS[NEEDS.get(name, "read")]
    for role in sorted(EVERYONE):
        answer = graded.ask(QUERIES[name], who=LOGIN.get(role, role))
        if role in right:
            assert "errors" not in answer, (role, answer)
        else:
            assert codes(answer) == {"forbidden"}, (role, answer)
            assert answer["data"] is None


def test_somebody_without_a_role_reads_nothing(sqlite_engine: Engine, tmp_path: Path) -> None:

    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    made.people["idle"] = Actor(made.people["sales"].id, "idle", "idle", frozenset())
    for name, query in QUERIES.items():
        answer = made.ask(query, who="idle")
        assert codes(answer) == {"forbidden"}, name
        assert answer["data"] is None


@pytest.mark.parametrize("name", sorted(SUBSCRIPTIONS))
def test_a_subscription_is_refused_to_nobody_and_told_to_the_roles_of_the_table(graded: world.World, name: str) -> None:
    async def first(who: str | None) -> Any:
        async with hub_of(graded) as hub:
            context = Context(graded.engine, graded.home, signed_in=graded.people[who] if who else None, hub=hub)
            events = await schema.stream(SUBSCRIPTIONS[name], None, context)
            try:
                return await asyncio.wait_for(anext(events), 0.5)
            except (TimeoutError, StopAsyncIteration):
                return None  # let in, and nothing has happened yet
            finally:
                await events.aclose()

    refused = asyncio.run(first(None))
    assert [error.extensions["code"] for error in refused.errors] == ["not_signed_in"]  # type: ignore[index]  # every error has a code
    assert not refused.data
    for role in sorted(EVERYONE):
        told = asyncio.run(first(LOGIN.get(role, role)))
        may = role in PERMISSIONS[NEEDS.get(name, "read")]
        assert (told is None or not told.errors) == may, (role, told)


def test_what_is_said_of_an_operation_is_said_of_one_that_is_there() -> None:
    assert NEEDS.keys() <= QUERIES.keys() | SUBSCRIPTIONS.keys()
    assert ARGUMENTS.keys() <= QUERIES.keys()
    assert {name for name, _ in VALUES} <= QUERIES.keys()
