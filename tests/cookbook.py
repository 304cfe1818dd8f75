"""What each operation of the cookbook takes: its SQL statements, the same at 12 and at 30 customers, and its cost.

`python tests/cookbook.py` writes api/operations/examples/measured.json; tests/api/operations/test_examples.py compares.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import world
from graphql import OperationType, get_operation_ast, parse

from api.console.cookbook import MEASURED
from api.console.page import examples
from api.database import make_engine
from api.endpoint.cost import Costs
from api.operations.root import schema


def measured(made: world.World) -> dict[str, dict[str, int]]:
    """Return the cost of every operation, and of a reading one its statements, once what is kept in memory is there."""
    found: dict[str, dict[str, int]] = {}
    for example in examples():
        variables: dict[str, Any] | None = json.loads(example.variables) if example.variables else None
        document = parse(example.query)
        operation = get_operation_ast(document)
        assert operation is not None
        found[example.name] = {"cost": Costs(schema._schema, document).of(operation, variables)}
        if operation.operation is OperationType.QUERY:
            made.data(example.query, variables)
            with made.statements() as seen:
                made.data(example.query, variables)
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
