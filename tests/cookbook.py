"""What each operation of the cookbook takes: its SQL statements, the same at 12 and at 30 customers, and its cost.

`python tests/cookbook.py` writes api/operations/examples/measured.json; tests/api/operations/test_examples.py compares.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import world
from graphql import OperationType, get_operation_ast, parse
from sqlalchemy import select

from api.commands import tag
from api.console.cookbook import MEASURED
from api.console.page import examples
from api.database import make_engine, writing
from api.endpoint.cost import Costs
from api.operations.root import schema
from schema.tables import Customer

TAG = ("需求", "采购设备")
# Where the operations' own variables find nothing in a small world, those that find something; the cost is the same.
INSTEAD: dict[str, dict[str, Any]] = {"01_customers_by_tier": {"tier": ["S", "A", "B", "C", "D"]}}
# What this world has none of; the statements of falls that are there are counted by tests/api/commands/test_fall.py.
NONE = {"14_falls": {"falls.nodes"}}


def lists(value: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the path of each list in an answer, and whether something is in it."""
    if isinstance(value, list):
        yield path, bool(value)
        for one in value:
            yield from lists(one, path)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from lists(one, f"{path}.{name}".lstrip("."))


def empty(answer: Any) -> set[str]:
    """Return the lists in which nothing is wherever they stand: their rows, and what is below them, were not counted."""
    found = list(lists(answer))
    return {path for path, _ in found} - {path for path, full in found if full}


def measured(made: world.World) -> dict[str, dict[str, int]]:
    """Return the cost of every operation, and of a reading one its statements, once what is kept in memory is there."""
    with writing(made.engine) as session:
        for key in session.scalars(select(Customer.id)).all():
            tag.assign(session, made.people["sales"], key, *TAG)
    found: dict[str, dict[str, int]] = {}
    for example in examples():
        variables: dict[str, Any] | None = json.loads(example.variables) if example.variables else None
        document = parse(example.query)
        operation = get_operation_ast(document)
        assert operation is not None
        found[example.name] = {"cost": Costs(schema._schema, document).of(operation, variables)}
        if operation.operation is OperationType.QUERY:
            variables = {**(variables or {}), **INSTEAD.get(example.name, {})}
            made.data(example.query, variables)
            with made.statements() as seen:
                answer = made.data(example.query, variables)
            assert empty(answer) == NONE.get(example.name, set()), example.name
            found[example.name]["statements"] = len(seen)
    return found


def main() -> None:
    """Measure over a small world and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/fenji.db")
        found = measured(world.build(engine, Path(folder), 30))
        engine.dispose()
    MEASURED.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
