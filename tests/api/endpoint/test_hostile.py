"""What public GraphQL scanners look for, and clients that are slow, huge, broken or gone: a specified answer, nothing more."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import serving
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.endpoint import body, connection
from api.endpoint.guard import Guard
from api.settings import settings

ASK = b'{"query": "{ __typename }"}'
JSON = {"content-type": "application/json"}


@pytest.fixture
def made(sqlite_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(sqlite_engine, tmp_path, 2, graded=False)


@pytest.fixture
def port(made: world.World, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a live server with short patience."""
    monkeypatch.setattr(body, "SECONDS", 0.6)
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(body.BodyLimit.__init__, "__defaults__", (0.6,))
    with serving.served(make_app(made.engine, made.home, worker=False)) as found:
        yield found


SCANS = {
    "field duplication": {"query": "query { " + "__typename " * 500 + "}"},
    "alias overloading": {"query": "query { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }"},
    "directive overloading": {"query": "query { __typename " + "@include(if: true)" * 50 + " }"},
    "unknown directives": {"query": "query { __typename " + "@aa" * 50 + " }"},
    "circular fragments": {"query": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"},
    "circular introspection": {"query": "{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + "} } }"},
    "wide introspection": {"query": "{" + " ".join(f"a{n}: __schema {{ types {{ fields {{ type {{ fields {{ name }} }} }} }} }}" for n in range(30)) + "}"},
    "deep nesting": {"query": "{ customers { nodes { " + "orders { customer { " * 10 + "id" + " } }" * 10 + " } } }"},
    "large page": {"query": "{ customers(first: 2147483647) { nodes { id } } }"},
    "tracing": {"query": "{ __typename }", "extensions": {"tracing": True}},
    "unhandled error": {"query": "queryy { __typename }"},
    "injection": {"query": '{ customers(filter: {name: {contains: "\' or 1=1; drop table customers --"}}) { totalCount } }'},
}  # fmt: skip


@pytest.mark.parametrize("scan", SCANS)
def test_a_scanner_finds_nothing(made: world.World, scan: str) -> None:
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}"}
    with TestClient(make_app(made.engine, made.home, worker=False), headers=headers) as client:
        begun = time.monotonic()
        answer = client.post("/graphql", json=SCANS[scan]).json()
        assert time.monotonic() - begun < 20  # on a busy machine; minutes without limits
        assert client.post("/graphql", json={"query": "{ customers { totalCount } }"}).json()["data"]
    assert answer.keys() <= {"data", "errors", "extensions"}
    assert answer.get("extensions", {"cost": 0}).keys() == {"cost"}
    assert len(answer.get("errors", ())) <= 8
    assert len(json.dumps(answer)) < 5000
    if scan in ("tracing", "injection"):
        assert "errors" not in answer
    else:
        assert {error["extensions"]["code"] for error in answer["errors"]} <= {"invalid", "too_large"}
        assert "data" not in answer or answer["data"] is None


def test_forms_and_pages_of_other_sites_reach_nothing(made: world.World) -> None:
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}"}
    create = 'mutation { createCustomer(input: {name: "csrf"}) { __typename } }'
    with (
        TestClient(make_app(made.engine, made.home, worker=False), headers=headers) as client,
        made.statements() as seen,
    ):
        assert client.get("/graphql", params={"query": create}).status_code == 405
        assert client.post("/graphql", data={"query": create}).status_code == 415
        assert client.post("/graphql", files={"operations": (None, json.dumps({"query": create}))}).status_code == 415
        text = {"content-type": "text/plain"}
        assert client.post("/graphql", content=json.dumps({"query": create}), headers=text).status_code == 415
        override = {"x-http-method-override": "POST"}
        assert client.get("/graphql", params={"query": create}, headers=override).status_code == 405
        batch = client.post("/graphql", json=[{"query": "{ __typename }"}] * 10)
        assert batch.status_code == 400
    assert not [statement for statement in seen if statement.startswith("INSERT")]


def test_a_closed_server_shows_no_page_to_a_scanner(made: world.World) -> None:
    with TestClient(make_app(made.engine, made.home, worker=False, guard=Guard(closed=True))) as client:
        for path in ("/graphql", "/graphiql", "/playground", "/graphql/console", "/altair"):
            page = client.get(path, headers={"accept": "text/html"})
            assert page.status_code in (404, 406)
            assert "graphiql" not in page.text.lower()


def alive(port: int) -> None:
    """Assert that the server answers."""
    answer = httpx2.post(f"http://127.0.0.1:{port}/graphql", content=ASK, headers=JSON, timeout=20)
    assert answer.json()["data"] == {"__typename": "Query"}


def told(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts over a raw connection, with a pause between them; return all that comes back before it is closed."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
        try:
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            return b""
        found = bytearray()
        try:
            while part := client.recv(65536):
                found += part
        except ConnectionResetError:
            pass
        return bytes(found)


def head(length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_slow_clients_are_not_waited_for(port: int) -> None:
    begun = time.monotonic()
    assert told(port, b"POST /graphql HTT") == b""  # half a head, then nothing
    assert b"408" in told(port, head(1000), b'{"query":').split(b"\r\n")[0]
    dribbled = told(port, head(1000), *[b" "] * 3, pause=0.15)
    assert dribbled.startswith(b"HTTP/1.1 408")
    assert b'"code":"timed_out"' in dribbled
    assert time.monotonic() - begun < 60  # of a busy machine; without limits it would never end
    alive(port)


def test_many_slow_clients_leave_room_for_others(port: int) -> None:
    threads = [threading.Thread(target=told, args=(port, head(1000), b"{")) for _ in range(60)]
    for thread in threads:
        thread.start()
    alive(port)
    for thread in threads:
        thread.join(20)
    alive(port)


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET /\r\n\r\n", b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
     b"GET /graphql HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"\r\n" * 50_000,
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_turned_away(port: int, request_: bytes) -> None:
    answer = told(port, request_)
    assert not answer or answer.split(b"\r\n")[0].split()[1][:1] == b"4", answer[:100]
    assert b"Traceback" not in answer
    alive(port)


def test_clients_that_go_away_leave_nothing_behind(port: int, made: world.World) -> None:
    key = world.key(made, "sales")
    query = json.dumps({"query": "{ customers { nodes { number contacts { name } } } }"}).encode()
    ask = head(len(query)).replace(b"Host: x", b"Host: x\r\nAuthorization: Bearer " + key.encode()) + query
    for cut in (len(ask), len(ask) - 1, len(ask) // 2, 5):
        for _ in range(10):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
                client.sendall(ask[:cut])
    alive(port)
    deadline = time.monotonic() + 10
    while made.engine.pool.checkedout() and time.monotonic() < deadline:  # type: ignore[attr-defined]  # of QueuePool
        time.sleep(0.05)
    assert made.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of QueuePool


def test_huge_bodies_take_no_memory(port: int) -> None:
    most = settings().body_mb * 1_000_000
    chunk = b" " * 1_000_000

    def huge() -> Iterator[bytes]:
        for _ in range(most // len(chunk) + 2):
            yield chunk

    def ask() -> Any:
        try:
            return httpx2.post(f"http://127.0.0.1:{port}/graphql", content=huge(), headers=JSON, timeout=20).status_code
        except httpx2.TransportError:  # closed while we still sent
            return 413

    assert ask() == 413
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        assert ask() == 413
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000, f"{grown} KB"
    alive(port)


def test_a_connection_may_stay_open_between_requests(port: int) -> None:
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for pause in (0, 1.0, 0):
            time.sleep(pause)
            assert client.post("/graphql", content=ASK, headers=JSON).status_code == 200
