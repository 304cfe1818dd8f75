"""Every noun is read by id and as a connection: each order visits every row, each filter and its not part the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import world
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_enum_type
from people import finished_backtest
from sqlalchemy import Engine

from api.commands import policy as policies_
from api.commands.snapshot import today
from api.database import writing
from api.operations.root import schema
from api.settings import settings
from policies.documents import shipped
from schema.select.global_id import global_id

CORE = schema._schema
assert CORE.query_type is not None
LISTS = {name: field for name, field in CORE.query_type.fields.items() if {"filter", "after"} <= field.args.keys()}
NOUNS = {
    "customers", "contacts", "tags", "needs", "orders", "contracts", "interactions", "serviceRecords", "surveys", "grades", "policies",
    "policyVersions", "runs", "backtests", "improvements", "industries", "regions", "users",
}  # fmt: skip
SINGULAR = {"policies": "policy", "industries": "industry"}
VALUES: dict[str, Any] = {
    "String": "公", "Int": 1, "Decimal": "1.5", "Date": "2026-01-01", "DateTime": "2026-01-01T00:00:00+08:00", "Boolean": True,
}  # fmt: skip


def test_every_noun_of_the_issue_is_a_connection_and_one_by_id() -> None:
    assert LISTS.keys() >= NOUNS
    assert CORE.query_type is not None
    for name in NOUNS:
        assert SINGULAR.get(name, name[:-1]) in CORE.query_type.fields, name


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    found = world.build(engine, tmp_path, 7)
    with writing(engine) as session:
        analyst = found.people["analyst"]
        draft = policies_.save_draft(session, analyst, shipped()["rfm-retail"].read_text())
        finished_backtest(session, draft, analyst)
    return found


def rows_type(name: str) -> GraphQLObjectType:
    connection: Any = get_named_type(LISTS[name].type)
    found = get_named_type(connection.fields["nodes"].type)
    assert isinstance(found, GraphQLObjectType)
    return found


def leaf(type_: Any, noun: str) -> dict[str, Any]:
    """Every operator of a leaf's filter at once, with values of its type."""
    given: dict[str, Any] = {}
    for operator, field in type_.fields.items():
        named: Any = get_named_type(field.type)
        value = next(iter(named.values)) if is_enum_type(named) else VALUES.get(named.name, global_id(noun, 1))
        given[operator] = [value] if operator in ("in", "notIn") else value
    return given


def test_each_order_visits_every_row_and_one_by_id_is_the_same_row(made: world.World) -> None:
    for name in LISTS:
        order = get_named_type(LISTS[name].args["orderBy"].type)
        assert isinstance(order, GraphQLInputObjectType)
        fields: Any = get_named_type(order.fields["field"].type)
        assert isinstance(fields, GraphQLEnumType)
        query = f"query Q($o: [{order.name}!]) {{ r: {name}(first: 500, orderBy: $o) {{ totalCount nodes {{ __typename id }} edges {{ cursor }} }} }}"
        part = f"query Q($o: [{order.name}!], $after: String, $before: String) {{ on: {name}(first: 3, after: $after, orderBy: $o) {{ nodes {{ id }} }} back: {name}(last: 3, before: $before, orderBy: $o) {{ nodes {{ id }} }} }}"
        with made.statements() as seen:
            whole = made.data(query, who="boss")["r"]
        assert len(seen) == (2 if whole["nodes"] else 3), seen  # rows with their number, rows with cursors
        ids = {node["id"] for node in whole["nodes"]}
        assert len(ids) == min(whole["totalCount"], 500)
        names = list(fields.values)
        for start in range(0, len(names), 4):
            several = [
                {"field": field, "direction": ("ASC", "DESC")[at % 2]}
                for at, field in enumerate(names[start : start + 4])
            ]
            found = made.data(query, {"o": several}, who="boss")["r"]
            assert found["totalCount"] == whole["totalCount"], (name, several)
            assert whole["totalCount"] > 500 or {node["id"] for node in found["nodes"]} == ids, (name, several)
            if len(ids) > 4:
                bounds = {"after": found["edges"][1]["cursor"], "before": found["edges"][4]["cursor"]}
                parts = made.data(part, {"o": several, **bounds}, who="boss")
                assert (parts["on"]["nodes"], parts["back"]["nodes"]) == (
                    [{"id": node["id"]} for node in found["nodes"][2:5]],
                    [{"id": node["id"]} for node in found["nodes"][1:4]],
                ), (name, several)
        if name not in ("falls", "apiKeys"):
            single = SINGULAR.get(name, name[:-1])
            assert ids or name in ("standings", "assessments", "panelRatings", "appointments"), name
            one = f"query Q($id: ID!) {{ r: {single}(id: $id) {{ id }} }}"
            for identity in list(ids)[:2]:
                assert made.data(one, {"id": identity}, who="boss")["r"] == {"id": identity}
            noun = rows_type(name).name
            for wrong in (
                "x",
                global_id("Nothing", 1),
                global_id(noun, "\x00"),
                global_id(noun, 1, 2, 3),
                global_id(noun, "1' or '1'='1"),
            ):
                (error,) = made.ask(one, {"id": wrong}, who="boss").get("errors", [{"extensions": {"code": None}}])
                assert error["extensions"]["code"] == "invalid" or noun in ("Industry", "Region"), (noun, wrong)


def test_each_filter_of_each_field_and_its_not_part_the_rows(made: world.World) -> None:
    asked = 0
    for name in LISTS:
        filters: Any = get_named_type(LISTS[name].args["filter"].type)
        query = (
            f"query Q($f: {filters.name}, $n: {filters.name}) {{ all: {name} {{ totalCount }} "
            f"found: {name}(filter: $f) {{ totalCount }} rest: {name}(filter: $n) {{ totalCount }} }}"
        )
        for key, field in filters.fields.items():
            named: Any = get_named_type(field.type)
            if key in ("and", "or", "not", "isNull"):
                continue
            if not isinstance(named, GraphQLInputObjectType):
                given: Any = VALUES[named.name]
            elif named.name.endswith("ListFilter"):
                given = {"some": {}, "every": {}, "count": {"gte": 1, "lt": 100}}
            elif "equals" in named.fields:
                noun = rows_type(name).name
                given = leaf(named, noun)
                if noun in ("Grade", "Standing") and key == "id":
                    given = {"in": [global_id(noun, 1, 1)]}
            elif key == "tierAsOf":
                given = {"asOf": str(today(settings().zone)), "tier": {"in": ["S", "A", "B"]}}
            elif key == "tagged":
                given = {"none": ["需求:采购设备1"]}
            else:
                given = {"isNull": False}
            answer = made.data(query, {"f": {key: given}, "n": {"not": {key: given}}}, who="boss")
            counts = {part: answer[part]["totalCount"] for part in ("all", "found", "rest")}
            assert counts["found"] + counts["rest"] == counts["all"], (name, key, given)
            asked += 1
    assert asked > 200
