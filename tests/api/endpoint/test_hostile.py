"""What public GraphQL scanners look for, and clients that are slow, huge, broken or gone: a specified answer, nothing more."""

from __future__ import annotations

import json
import logging
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
import serving
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.commands import improvement as improvements
from api.database import writing
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
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"\r\n" * 50_000],
)  # fmt: skip
def test_what_is_no_http_is_turned_away(port: int, request_: bytes) -> None:
    answer = told(port, request_)
    assert not answer or answer.split(b"\r\n")[0].split()[1][:1] == b"4", answer[:100]
    assert b"Traceback" not in answer
    alive(port)


CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: %d" % len(ASK)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ASK), ASK)
NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def post(*lines: bytes, body: bytes = ASK, host: bytes = b"Host: x") -> bytes:
    """A request to the endpoint, line by line as it is sent."""
    start = [b"POST /graphql HTTP/1.1", *([host] if host else []), b"Content-Type: application/json"]
    return b"\r\n".join([*start, *lines, b"", b""]) + body


UNCLEAR = {
    "lengths that differ": post(LENGTH, b"Content-Length: 5"),
    "a list of lengths that differ": post(LENGTH + b", 5"),
    "a signed length": post(b"Content-Length: +%d" % len(ASK)),
    "a hexadecimal length": post(b"Content-Length: 0x1b"),
    "a length in two parts": post(b"Content-Length: 2 7"),
    "no digits": post(b"Content-Length: "),
    "a length beyond any": post(b"Content-Length: " + b"9" * 26),
    "a space before the colon of the length": post(b"Content-Length : %d" % len(ASK)),
    "a space before the colon of the coding": post(b"Transfer-Encoding : chunked", body=CHUNKS),
    "another coding": post(b"Transfer-Encoding: xchunked", body=CHUNKS),
    "no coding, by name": post(b"Transfer-Encoding: identity", LENGTH),
    "a coding inside the chunks": post(b"Transfer-Encoding: gzip, chunked", body=CHUNKS),
    "chunks in chunks": post(b"Transfer-Encoding: chunked, chunked", body=CHUNKS),
    "chunks twice": post(CHUNKED, CHUNKED, body=CHUNKS),
    "chunks and another coding": post(CHUNKED, b"Transfer-Encoding: identity", body=CHUNKS),
    "a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=CHUNKS),
    "a lone carriage return": post(b"X-A: a\rContent-Length: 5", LENGTH),
    "a NUL": post(b"X-A: a\0b", LENGTH),
    "a NUL in a name": post(b"X\0A: a", LENGTH),
    "a line without a colon": post(b"nonsense", LENGTH),
    "a header without a name": post(b": a", LENGTH),
    "a folded first line": post(LENGTH, host=b" Host: x"),
    "no host": post(LENGTH, host=b""),
    "two hosts": post(LENGTH, b"Host: y"),
    "a negative chunk": post(CHUNKED, body=b"-1\r\n" + ASK + b"\r\n0\r\n\r\n"),
    "a prefixed chunk": post(CHUNKED, body=b"0x" + CHUNKS),
    "a chunk beyond any": post(CHUNKED, body=b"f" * 30 + b"\r\n" + ASK + b"\r\n0\r\n\r\n"),
    "a chunk longer than it says": post(CHUNKED, body=CHUNKS.replace(b"}\r\n", b"}XX\r\n")),
    "a lone line feed in an extension": post(CHUNKED, body=CHUNKS.replace(b"\r\n", b";a\n", 1)),
    "a length beside chunks": post(CHUNKED, b"Content-Length: 4", body=CHUNKS),
    "chunks beside a length": post(b"Content-Length: 4", CHUNKED, body=CHUNKS),
    "no chunks beside a length": post(b"Content-Length: 6", CHUNKED, body=b"0\r\n\r\n"),
    "a folded coding beside a length": post(LENGTH, b"Transfer-Encoding:\r\n chunked", body=CHUNKS),
}


def test_a_way_through_is_refused_without_reading_the_request_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[bytes] = []
    monkeypatch.setattr(connection.TimedConnection, "_read_again", lambda _self, rest: again.append(rest))
    assert told(port, b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert again == []


def test_a_request_whose_end_is_not_clear_is_refused_and_nothing_after_it_is_read(port: int) -> None:
    for name, sent in UNCLEAR.items():
        answer = told(port, sent + NEXT)
        statuses = [part.split()[0] for part in answer.split(b"HTTP/1.1 ")[1:]]
        assert len(statuses) <= 1, (name, statuses)
        assert not statuses or statuses[0][:1] in (b"4", b"5"), (name, answer)
        assert b'"ok"' not in answer, name
        assert b"__typename" not in answer, name
    alive(port)


@pytest.mark.parametrize(
    "request_",
    [post(LENGTH, b"X-A: " + b"y" * 4_000_000), post(LENGTH, *[b"X-%d: %s" % (n, b"y" * 90) for n in range(40_000)]),
     post(LENGTH).replace(b"/graphql", b"/graphql?x=" + b"y" * 4_000_000),
     post(LENGTH).replace(b"POST", b"P" * 4_000_000), post(LENGTH, b"y" * 4_000_000 + b": 1"),
     post(CHUNKED, body=CHUNKS[:-2] + b"X-A: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 70_000 + b"\r\n")],
    ids=["value", "headers", "address", "method", "name", "trailers"],
)  # fmt: skip
def test_heads_and_trailers_are_bounded(port: int, request_: bytes) -> None:
    answer = told(port, request_)
    assert b"__typename" not in answer
    assert not answer or answer.split(b"\r\n")[0].split()[1][:1] in (b"4", b"5"), answer[:100]
    assert len(answer) < 5000
    alive(port)


def test_a_trailer_is_no_header(port: int, made: world.World) -> None:
    key = b"Authorization: Bearer " + world.key(made, "sales").encode() + b"\r\n"
    ask = b'{"query": "{ me { login } }"}'
    chunks = b"%x\r\n%s\r\n0\r\n" % (len(ask), ask)
    close = b"Connection: close"
    assert b'"login":"sales"' in told(port, post(CHUNKED, close, key[:-2], body=chunks + b"\r\n"))
    assert b"not_signed_in" in told(port, post(CHUNKED, close, body=chunks + key + b"\r\n"))


def test_requests_in_a_row_are_answered_in_their_order(port: int) -> None:
    names = [b"request-%d" % n for n in range(5)]
    row = b"".join(post(LENGTH, b"X-Request-Id: " + name) for name in names)
    answer = told(port, row + NEXT)
    assert [part.split(b"\r\n")[0] for part in answer.split(b"x-request-id: ")[1:-1]] == names
    assert answer.count(b"__typename") == len(names)


def test_an_upgrade_to_http_2_is_not_taken_and_the_request_answered(port: int) -> None:
    lines = (b"Connection: Upgrade, HTTP2-Settings, close", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    answer = told(port, post(LENGTH, *lines))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"__typename" in answer


def test_who_takes_no_answer_is_let_go(made: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(serving.listening.__globals__, "TAKE_SECONDS", 1)
    types = json.dumps({"query": "{ __schema { types { name description fields { name description } } } }"}).encode()
    with (
        serving.served(make_app(made.engine, made.home, worker=False)) as port,
        closing(socket.socket()) as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.settimeout(20)
        client.sendall(head(len(types)) + types)
        found = bytearray(client.recv(1000))
        time.sleep(4)
        with suppress(ConnectionResetError):
            while part := client.recv(65536):
                found += part
        length = int(found.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert len(found) < length
        alive(port)


def frame(text: str) -> bytes:
    """A client's WebSocket frame of a short text; its mask of zeros leaves the text as it is."""
    payload = text.ljust(126).encode()  # long enough for a length of two bytes
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


def awaited(client: socket.socket, part: bytes) -> None:
    """Read from a connection until a part has come."""
    seen = bytearray()
    while part not in seen:
        found = client.recv(4096)
        assert found, bytes(seen)
        seen += found


def listener(port: int, key: str, query: str, *, over_socket: bool) -> socket.socket:
    """A connection on which a subscription is open, over WebSocket or as server-sent events."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    ask = {"query": query}
    if not over_socket:
        bearer = f"Authorization: Bearer {key}".encode()
        body_ = json.dumps(ask).encode()
        client.sendall(
            post(bearer, b"Accept: text/event-stream", b"Content-Length: %d" % len(body_), b"", body=b"")[:-2] + body_
        )
        return client
    client.sendall(
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    awaited(client, b"\r\n\r\n")
    init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {key}"}}
    client.sendall(frame(json.dumps(init)))
    awaited(client, b"connection_ack")
    client.sendall(frame(json.dumps({"id": "1", "type": "subscribe", "payload": ask})))
    return client


def test_a_message_on_a_socket_is_as_long_as_it_is_on_the_wire_and_bounded(port: int) -> None:
    upgrade = (
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    length = 300_000
    huge = b"\x81\xff" + length.to_bytes(8, "big") + bytes(4) + b" " * length
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
        client.sendall(upgrade)
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"deflate" not in answer  # or a hundred bytes would be a hundred thousand
        with suppress(OSError):
            client.sendall(huge)
        awaited(client, (1009).to_bytes(2, "big"))
    alive(port)


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("over_socket", [True, False], ids=["socket", "events"])
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "end"])
def test_a_subscriber_whose_connection_is_cut_leaves_nothing_and_the_others_hear_on(
    made: world.World, caplog: pytest.LogCaptureFixture, over_socket: bool, reset: bool
) -> None:
    key = world.key(made, "service")
    app = make_app(made.engine, made.home, worker=False)
    hub = app.state.leave.__self__.hub
    with serving.served(app) as port, ExitStack() as stays:
        stay, *cut = [
            listener(port, key, "subscription { improvementItems { problem } }", over_socket=over_socket)
            for _ in range(6)
        ]
        stays.enter_context(closing(stay))
        until(lambda: len(hub.feeds) == 6)
        for client in cut:
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        until(lambda: len(hub.feeds) == 1)
        assert hub._users.total() == 1
        with writing(made.engine) as session:
            found = {"reported_on": date(2026, 1, 1), "problem": "slow"}
            improvements.report(session, made.people["service"], 1, found)
        awaited(stay, b'"problem":"slow"')
        alive(port)
    assert not hub.feeds
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


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
