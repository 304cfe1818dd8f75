"""The cookbook as a page: every ready-made operation with what it takes, SQL statements and cost, measured by the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass

from graphql import OperationDefinitionNode, parse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse

from api.console.page import EXAMPLES, HEADERS, TEMPLATES, Example, examples

MEASURED = EXAMPLES / "measured.json"
PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), trim_blocks=True)
KINDS = {"query": "查询 query", "mutation": "操作 mutation", "subscription": "订阅 subscription"}


@dataclass(frozen=True)
class Recipe:
    """A ready-made operation and what it takes; ``statements`` is None of one that does not only read."""

    example: Example
    kind: str
    statements: int | None
    cost: int

    @property
    def body(self) -> str:
        """The operation without its title."""
        return self.example.query.split("\n", 1)[1].strip()


def kind_of(query: str) -> str:
    """Return query, mutation or subscription."""
    (operation,) = [node for node in parse(query).definitions if isinstance(node, OperationDefinitionNode)]
    return operation.operation.value


def recipes() -> tuple[Recipe, ...]:
    """Return the ready-made operations with what `make documentation` measured of them."""
    measured: dict[str, dict[str, int]] = json.loads(MEASURED.read_text())
    return tuple(
        Recipe(
            one,
            kind_of(one.query),
            measured[one.name].get("statements"),
            measured[one.name]["cost"],
        )
        for one in examples()
    )


def cookbook_page() -> HTMLResponse:
    """Return the page."""
    html = PAGES.get_template("cookbook.html").render(recipes=recipes(), kinds=KINDS)
    return HTMLResponse(html, headers=HEADERS)
