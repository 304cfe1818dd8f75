"""GraphQL requests per second of `fenji serve` and of PostGraphile 5 on the same PostgreSQL, and of `fenji serve` on SQLite.

    cd tests/benchmarks/postgraphile && npm ci && cd - && .venv/bin/python tests/benchmarks/graphql_postgraphile.py [rounds [seconds]]

100,000 customers, 250,000 contacts, 600,000 customer tags and 100,000 grades; 8 connections; windows of 2 s that alternate between
the servers, one process each; medians of the rounds.  Fenji signs each request in with an API key.  Both answer with the same values,
which is checked first.  Prints a table in Markdown.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import graphql_data
import postgres
import world
from graphql_load import Window, request_of, window
from sqlalchemy import Engine

from api.database import make_engine
from schema.select.global_id import global_id

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
CONNECTIONS = 8
PEER = Path(__file__).resolve().parent / "postgraphile"
# PostGraphile reads the relation to the view and the tags of a customer from these.
SHOWN = (
    "comment on view current_grades is E'@primaryKey run_id,customer_id\\n@unique customer_id\\n"
    "@foreignKey (customer_id) references customers (id)|@foreignSingleFieldName grade'"
)
SCALARS = "number name status employees foundedOn annualRevenue createdAt"
OURS = f"{SCALARS} contacts {{ name mobile email }} tags {{ dimension name }} grade {{ status tier }}"
THEIRS = (
    f"{SCALARS} contacts: contactsByCustomerIdList {{ name mobile email }} "
    "tags: customerTagsByCustomerIdList { tag: tagByTagId { dimension name } } grade { status tier }"
)
ONES = range(graphql_data.FIRST + 4321, graphql_data.FIRST + 99_000, 97)  # the customers that are asked for one by one
DEPARTMENTS = [f"部门{n}" for n in range(0, 20, 4)]  # those that have active customers, 5,000 each
OUR_IDS = [{"id": global_id("Customer", one)} for one in ONES]
THEIR_IDS = [{"id": str(one)} for one in ONES]


@dataclass(frozen=True)
class Case:
    """A query in both servers' words, with its variables: of several requests, which are sent in turn."""

    name: str
    target: str
    ours: str
    our_variables: list[dict[str, Any]]
    theirs: str
    their_variables: list[dict[str, Any]]


def nested(count: int, target: str) -> Case:
    """Return the case of a list of customers with everything on them."""
    return Case(
        f"{count} customers nested", target,
        f"query($n: Int!) {{ customers(first: $n) {{ nodes {{ {OURS} }} }} }}", [{"n": count}],
        f"query($n: Int!) {{ customers: allCustomers(first: $n, orderBy: NUMBER_ASC) {{ nodes {{ {THEIRS} }} }} }}", [{"n": count}],
    )  # fmt: skip


CASES = (
    nested(50, "1.5"),
    Case(
        "filtered page with total", "1.1",
        "query($s: CustomerStatus!, $d: String!) { customers(first: 50, filter: {status: {equals: $s}, department: {equals: $d}}) "
        f"{{ totalCount nodes {{ {SCALARS} }} }} }}", [{"s": "ACTIVE", "d": one} for one in DEPARTMENTS],
        "query($s: String, $d: String) { customers: allCustomers(first: 50, orderBy: NUMBER_ASC, "
        f"condition: {{status: $s, department: $d}}) {{ totalCount nodes {{ {SCALARS} }} }} }}", [{"s": "active", "d": one} for one in DEPARTMENTS],
    ),
    nested(500, "1.8"),
    Case(
        "one customer by id", "0.75 – 1.0",
        f"query($id: ID!) {{ customer(id: $id) {{ {SCALARS} }} }}", OUR_IDS,
        f"query($id: BigInt!) {{ customer: customerByRowId(rowId: $id) {{ {SCALARS} }} }}", THEIR_IDS,
    ),
    Case(
        "one customer nested", "",
        f"query($id: ID!) {{ customer(id: $id) {{ {OURS} }} }}", OUR_IDS,
        f"query($id: BigInt!) {{ customer: customerByRowId(rowId: $id) {{ {THEIRS} }} }}", THEIR_IDS,
    ),
)  # fmt: skip


@dataclass
class Server:
    """A server under measurement."""

    name: str
    port: int
    process: int
    database: int | None
    headers: tuple[str, ...] = ()
    windows: dict[str, list[Window]] = field(default_factory=dict)

    def requests(self, case: Case) -> list[bytes]:
        """Return the bytes of a case's requests."""
        query, variables = (
            (case.theirs, case.their_variables) if self.name == "PostGraphile" else (case.ours, case.our_variables)
        )
        bodies = (json.dumps({"query": query, "variables": each}).encode() for each in variables)
        return [request_of(self.port, body, self.headers) for body in bodies]

    def answer(self, case: Case) -> Any:
        """Return the data of a case's first answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as one:
            one.sendall(self.requests(case)[0].replace(b"Host:", b"Connection: close\r\nHost:", 1))
            text = b"".join(iter(lambda: one.recv(1 << 20), b""))
        found = json.loads(text[text.index(b"{") : text.rindex(b"}") + 1])
        assert "errors" not in found, found
        return found["data"]

    def measure(self, case: Case, seconds: float) -> Window:
        """Ask for some seconds."""
        return window(self.port, self.requests(case), seconds, CONNECTIONS, self.process, self.database)


def free_port() -> int:
    """Return a port that was free just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def started(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    """Run a server until the block ends; yields its process once the port answers."""
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        try:
            yield process.pid
        finally:
            process.terminate()


def same(value: Any) -> Any:
    """Return an answer in one form: PostGraphile knows no enums, no units of money and no zone, and shows a tag below its link."""
    if isinstance(value, list):
        found = [same(one) for one in value]
        tags = bool(found) and isinstance(found[0], dict) and "dimension" in found[0]
        return sorted(found, key=lambda tag: (tag["dimension"], tag["name"])) if tags else found
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tag"}:
        return same(value["tag"])
    found = {key: same(one) for key, one in value.items()}
    for key, one in found.items():
        if one is None:
            continue
        if key == "status":
            found[key] = one.lower()
        elif key == "createdAt":
            found[key] = datetime.fromisoformat(one).replace(tzinfo=None)
        elif key == "annualRevenue":
            found[key] = Decimal(one) if "." in one else Decimal(one).scaleb(-4)
    return found


def fenji(stack: ExitStack, name: str, engine: Engine, database: int | None) -> Server:
    """Fill a database and serve it."""
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    key = world.key(graphql_data.fill(engine, home), "sales")
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    process = stack.enter_context(
        started(command, port, {"FENJI_HOME": str(home), "FENJI_DATABASE_URL": url, "FENJI_COST_PER_MINUTE": "0"})
    )
    return Server(name, port, process, database, (f"Authorization: Bearer {key}",))


def postgraphile(stack: ExitStack, folder: Path, database: int) -> Server:
    """Serve the same database with PostGraphile."""
    node = PEER / "node_modules" / ".bin" / "node"
    if not node.exists():
        raise SystemExit(f"First: cd {PEER} && npm ci")
    port = free_port()
    command = [str(node), str(PEER / "server.mjs"), f"postgres://postgres@/postgres?host={folder}", str(port)]
    process = stack.enter_context(started(command, port, {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}))
    return Server("PostGraphile", port, process, database)


def milliseconds(windows: list[Window], share: float) -> float:
    """Return a percentile of the latencies: the median over the windows, for one slow window tells of the machine."""
    return 1000 * median(sorted(one.latencies)[int(share * (len(one.latencies) - 1))] for one in windows)


def row(case: Case, server: Server, peer: Server | None) -> str:
    """Return a line of the table."""
    windows = server.windows[case.name]
    rate = median(len(one.latencies) / one.seconds for one in windows)
    ratio = ""
    if peer is not None:
        both = zip(windows, peer.windows[case.name], strict=True)
        ratio = f"{median(len(a.latencies) / a.seconds / (len(b.latencies) / b.seconds) for a, b in both):.2f}"
    cpu = (1000 * median(getattr(one, name) / len(one.latencies) for one in windows) for name in ("server", "database"))
    used = " | ".join(f"{each:.2f}" for each in cpu) if server.database else f"{next(cpu):.2f} | "
    p50, p99 = (milliseconds(windows, share) for share in (0.5, 0.99))
    return f"| {case.name} | {server.name} | {rate:,.0f} | {ratio} | {p50:.1f} | {p99:.1f} | {used} |"


def main() -> None:
    """Fill, check that the answers are the same, measure and print."""
    with ExitStack() as stack:
        binaries = postgres.binaries()
        assert binaries is not None, "no PostgreSQL: install the group test"
        database = postgres.Server(binaries)
        stack.callback(database.stop)
        engine = make_engine(database.url("postgres"))
        ours = fenji(stack, "Fenji", engine, database.process.pid)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(SHOWN)
        engine.dispose()
        theirs = postgraphile(stack, database.folder, database.process.pid)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        embedded = fenji(stack, "Fenji on SQLite", make_engine(f"sqlite:///{folder}/fenji.db"), None)
        servers = (ours, theirs, embedded)
        for case in CASES:
            first, *others = (same(server.answer(case)) for server in servers)
            assert all(other == first for other in others), case.name
            for server in servers:
                server.measure(case, 1.0)  # warm
        for _ in range(ROUNDS):
            for case in CASES:
                for server in servers:
                    server.windows.setdefault(case.name, []).append(server.measure(case, SECONDS))
        print("| query | server | requests/s | ratio | p50 ms | p99 ms | server CPU ms | database CPU ms |")
        print("|---|---|--:|--:|--:|--:|--:|--:|")
        for case in CASES:
            for server in servers:
                print(row(case, server, theirs if server is ours else None))
        print(
            f"\nWanted ratios: {', '.join(f'{case.name} {case.target}' for case in CASES if case.target)}; load {os.getloadavg()[0]:.1f}."
        )


if __name__ == "__main__":
    main()
