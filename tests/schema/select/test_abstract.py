"""Unions and interfaces are planned like objects, one row or a list of them, and have the same answer both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
import strawberry
import world
from graphql import execute, parse
from sqlalchemy import Engine, Select, select
from strawberry.schema.config import StrawberryConfig

from api.endpoint.context import Context
from api.operations.declaring import query
from schema import tables
from schema.objects.customer import Customer
from schema.objects.exact import SCALARS
from schema.objects.tag import Tag
from schema.select import Node, SelectExecutor

Found = Annotated[Customer | Tag, strawberry.union("Found", description="Either. 二者之一")]
ROWS = {"customers": tables.Customer, "tags": tables.Tag}


@strawberry.type
class Query:
    """Rows under abstract types."""

    @query(list[Node], "Rows of an interface.")
    def nodes(self, of: str) -> Select[Any]:
        """Return the rows of a table."""
        return select(ROWS[of]).order_by(ROWS[of].id)

    @query(list[Found], "Rows of a union.")
    def found(self, of: str) -> Select[Any]:
        """Return the rows of a table."""
        return select(ROWS[of]).order_by(ROWS[of].id)

    @query(Found | None, "A row of a union.")
    def one(self, of: str) -> Select[Any]:
        """Return a row of a table."""
        return select(ROWS[of]).where(ROWS[of].id == 2)


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema
PARTS = "__typename ... on Node { id } ... on Customer { number contacts(first: 1) { name customer { number } } } ...T"
NAMED = " fragment T on Tag { dimension name }"


@pytest.mark.parametrize("of", [*ROWS])
@pytest.mark.parametrize("field", ["nodes", "found", "one"])
def test_rows_under_an_abstract_type_are_planned(sqlite_engine: Engine, tmp_path: Path, of: str, field: str) -> None:
    made = world.build(sqlite_engine, tmp_path, 4, graded=False)
    document = parse(f'{{ {field}(of: "{of}") {{ {PARTS} }} }}{NAMED}')
    answers = []
    for planning in (True, False):
        context = Context(sqlite_engine, tmp_path, planning=planning, signed_in=made.people["sales"])
        with made.statements() as seen:
            result = execute(SCHEMA, document, context_value=context, executor_class=SelectExecutor)
        answers.append(json.dumps({"data": result.data, "errors": [str(error) for error in result.errors or ()]}))
        if planning:
            assert len(seen) == (2 if of == "customers" else 1)  # the rows, and contacts below them
    assert answers[0] == answers[1]
    assert '"errors": []' in answers[0]
    assert {"customers": "Customer", "tags": "Tag"}[of] in answers[0]
