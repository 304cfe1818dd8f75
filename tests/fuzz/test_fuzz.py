"""Random operations of every field of the schema against a live server on both databases: no defect, no leak (`make fuzz`).

schemathesis generates them; half of the ids are of rows that exist, and every fourth document is damaged.
FENJI_FUZZ_SECONDS says how long each database is hammered, 300 seconds when not set.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import schemathesis
import serving
import world
from graphql import (
    REMOVE,
    ArgumentNode,
    IntValueNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes
from sqlalchemy import Engine

from api.app import make_app
from api.endpoint.guard import Guard
from api.operations.root import schema as executable
from schema.select.global_id import global_id

SECONDS = float(os.environ.get("FENJI_FUZZ_SECONDS", "300"))
EXAMPLES = 3  # of one field in a row
LEAK = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|\bSELECT\b|\bINSERT\b|site-packages|\.py\b")
STATUSES = {200, 400, 401, 403}
TYPES = [name for name, type_ in executable._schema.type_map.items() if "id" in getattr(type_, "fields", ())]
OPTIONAL = {"filter", "orderBy", "having", "idempotencyKey", "after", "before", "last"}
CLASHING = {"after", "before", "last"}  # with first, or random texts that are no cursor: tests of their own try them
ROLES = (*world.PEOPLE, None)

numbers = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str), st.integers().map(str), st.text(max_size=8)
)
schemathesis.graphql.scalar("Decimal", numbers.map(nodes.String))
schemathesis.graphql.scalar("Exact", numbers.map(nodes.String))


def likely(document: str, random: Random) -> str:
    """Return a document with half of its ids those of rows that may exist, and with fewer arguments that clash."""

    class Likely(Visitor):
        def enter(self, node: Any, *_: Any) -> Any:
            if not isinstance(node, (ArgumentNode, ObjectFieldNode)):
                return None
            name, half = node.name.value, random.random() < 0.5
            if isinstance(node, ArgumentNode) and name in OPTIONAL and (half or name in CLASHING):
                return REMOVE
            if name == "first" and half:
                return ArgumentNode(name=node.name, value=IntValueNode(value=str(random.randint(0, 20))))
            if re.search("ids?$", name, re.I) and isinstance(node.value, StringValueNode) and half:
                real = StringValueNode(value=global_id(random.choice(TYPES), random.randint(1, 12)))
                return type(node)(name=node.name, value=real)
            return None

    return print_ast(visit(parse(document), Likely()))


def damaged(document: str, random: Random) -> str:
    """Return a document with one place cut out, doubled or replaced."""
    start = random.randrange(len(document))
    end = start + random.randint(0, 6)
    return (
        document[:start]
        + random.choice(["", document[start:end] * 2, "}", "\x00", "😀", '"', "$x", "..."])
        + document[end:]
    )


def check(answer: httpx2.Response, document: str) -> str:
    """Return the code of an answer; fail when it is a defect or tells what it must not."""
    assert answer.status_code in STATUSES, (answer.status_code, answer.text[:500], document)
    body = answer.json()
    assert body.keys() <= {"data", "errors", "extensions"}, (body, document)
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] != "internal", (error, document)
        assert error["path"] is not None if "path" in error else "data" not in body, (error, document)
        assert not LEAK.search(error["message"].replace(document, "")), (error, document)
    if "errors" not in body:
        assert isinstance(body["extensions"]["cost"], int)
        return "answered"
    return str(body["errors"][0]["extensions"]["code"])


def test_random_operations_find_no_defect(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path)
    keys = {who: world.key(made, who) for who in world.PEOPLE}
    counts: Counter[str] = Counter()
    # With a stuck statement each example would wait long; a minute's cost is not what is tried here.
    app = make_app(engine, tmp_path, worker=False, guard=Guard(seconds=20))
    with serving.served(app) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        contract = schemathesis.graphql.from_url(
            f"http://127.0.0.1:{port}/graphql", headers={"authorization": f"Bearer {keys['boss']}"}
        )
        operations = [found.ok() for found in contract.get_all_operations()]
        assert len(operations) > 20
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for operation in Random().sample(operations, len(operations)):
                if time.monotonic() > deadline:
                    break
                hammer(operation, client, keys, counts)
    print(
        f"\n{engine.dialect.name}: {counts.total()} operations of {len(operations)} fields: {dict(counts.most_common())}"
    )
    assert counts["answered"] > counts.total() / 10


def hammer(operation: Any, client: httpx2.Client, keys: dict[str, str], counts: Counter[str]) -> None:
    """Ask random documents of one field."""
    every = list(HealthCheck)
    seed = Random().getrandbits(32)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=False, suppress_health_check=every,
              phases=[Phase.generate, Phase.shrink])  # fmt: skip
    @given(case=operation.as_strategy(), number=st.integers(0, 2**32))
    def ask(case: Any, number: int) -> None:
        random = Random(number ^ seed)
        document = likely(case.body, random)
        if random.random() < 0.25:
            document = damaged(document, random)
        who = random.choice(ROLES)
        headers = {"accept": "application/graphql-response+json"} | (
            {"authorization": f"Bearer {keys[who]}"} if who else {}
        )
        counts[check(client.post("/graphql", json={"query": document}, headers=headers), document)] += 1

    ask()
