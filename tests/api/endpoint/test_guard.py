"""How far the endpoint is open: closed schema, trusted documents, batches, rates, time, bodies, ids, compression."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import world
from slowness import slow
from sqlalchemy import Engine
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api.app import make_app
from api.endpoint.body import SMALL, TOGETHER, BodyLimit
from api.endpoint.deadline import Deadline
from api.endpoint.guard import Guard
from api.endpoint.negotiation import JSON, RESPONSE
from api.endpoint.rate import CALLERS, RateLimited, Rates
from api.endpoint.trusted import Documents, digest
from api.operations.root import schema
from api.settings import Settings
from policies.refusal import Refusal

Door = Callable[[Guard], TestClient]
TEXT = "query Number($first: Int) { customers(first: $first) { nodes { number } } }"
HASH = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.fixture
def made(sqlite_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(sqlite_engine, tmp_path, 2, graded=False)


@pytest.fixture
def door(made: world.World) -> Iterator[Door]:
    """Open a door with a guard, signed in."""
    with ExitStack() as opened:
        headers = {"authorization": f"Bearer {world.key(made, 'sales')}", "accept": RESPONSE}

        def door(guard: Guard) -> TestClient:
            app = make_app(made.engine, made.home, worker=False, guard=guard)
            return opened.enter_context(TestClient(app, headers=headers))

        yield door


def ask(client: TestClient, query: str | None = TEXT, **more: Any) -> Any:
    return client.post("/graphql", json={"query": query, **more})


def code(response: Any) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


def test_a_closed_schema_tells_nothing_of_itself(door: Door) -> None:
    for guard, closed in ((Guard(), False), (Guard(closed=True), True)):
        client = door(guard)
        for query in ("{ __schema { types { name } } }", '{ __type(name: "Customer") { name } }',
                      "{ ...F } fragment F on Query { ... on Query { x: __schema { types { name } } } }"):  # fmt: skip
            answer = ask(client, query)
            assert (answer.status_code, "data" in answer.json()) == ((403, False) if closed else (200, True))
        assert client.get("/graphql", headers={"accept": "text/html"}).status_code == (406 if closed else 200)
        assert client.get("/cookbook").status_code == (404 if closed else 200)
        assert ask(client, "{ __typename }").status_code == 200
        assert ask(client, "{ me { __typename login } }").status_code == 200
        unknown = ask(client, "{ custmers { nodes { id } } me { logn } }").text
        wrong = ask(client, "query Q($o: [CustomerOrder!]) { customers(orderBy: $o) { totalCount } }",
                    variables={"o": {"field": "NUMBR", "directon": "ASC"}}).text  # fmt: skip
        for told in (unknown, wrong):
            assert "errors" in told
            assert ("Did you mean" in told) != closed
            assert ("customers" in unknown) != closed
        for by_get in (
            {"query": "{ __typename }"},
            {"query": "{ __typename }", "documentId": digest("{ __typename }")},
        ):
            assert client.get("/graphql", params=by_get).status_code == (405 if closed else 200)
        stream = "subscription S($f: ImprovementFilter) { improvementItems(filter: $f) { id } }"
        events = client.post(
            "/graphql",
            json={"query": stream, "variables": {"f": {"prblem": {}}}},
            headers={"accept": "text/event-stream"},
        ).text
        assert '"code":"invalid"' in events
        assert ("Did you mean" in events) != closed


def test_a_document_may_be_named_by_its_hash(door: Door, tmp_path: Path) -> None:
    folder = tmp_path / "documents" / "app"
    folder.mkdir(parents=True)
    (folder / "number.graphql").write_text(TEXT)
    (folder / "manifest.json").write_text(json.dumps({digest("{ me { login } }"): "{ me { login } }"}))
    documents = Documents.of(tmp_path / "documents")
    assert set(documents.texts) == {HASH, digest("{ me { login } }")}
    client = door(Guard(documents=documents))
    whole = ask(client, variables={"first": 1}).json()
    for named in ({"documentId": f"sha256:{HASH}"}, {"documentId": HASH}, {"query": TEXT, "documentId": HASH},
                  {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}}):  # fmt: skip
        answer = client.post("/graphql", json={"variables": {"first": 1}, **named})
        assert answer.json() == whole, named
    by_get = client.get("/graphql", params={"documentId": f"sha256:{HASH}", "variables": '{"first":1}'})
    assert by_get.json() == whole
    assert by_get.headers["etag"]
    for unknown in (f"sha256:{'0' * 64}", "0" * 64, HASH.upper(), "md5:abc", "../number", "sha256:"):
        answer = client.post("/graphql", json={"documentId": unknown})
        assert (answer.status_code, code(answer)) == (400, "document_unknown")
    other = client.post("/graphql", json={"query": "{ __typename }", "documentId": f"sha256:{HASH}"})
    assert (other.status_code, code(other)) == (400, "invalid")
    assert code(client.post("/graphql", json={"documentId": 1})) == "invalid"
    assert code(door(Guard()).post("/graphql", json={"documentId": HASH})) == "document_unknown"


def test_only_trusted_documents_may_be_all_that_is_answered(door: Door, made: world.World) -> None:
    client = door(Guard(documents=Documents({HASH: TEXT}), trusted_only=True, closed=True))
    assert ask(client).status_code == 200
    assert client.get("/graphql", params={"documentId": HASH}).status_code == 200
    for query in ("{ __typename }", TEXT + " ", 'mutation { createCustomer(input: {name: "x"}) { __typename } }'):
        with made.statements() as seen:
            answer = ask(client, query)
        assert (answer.status_code, code(answer)) == (400, "document_unknown")
        assert [one for one in seen if "events" not in one] == []  # the hub asks for events all the while
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"Authorization": client.headers["authorization"]}})
        assert socket.receive_json()["type"] == "connection_ack"
        for number, (query, kind) in enumerate(((TEXT, "next"), ("{ __typename }", "error"))):
            socket.send_json({"type": "subscribe", "id": str(number), "payload": {"query": query}})
            assert socket.receive_json()["type"] == kind
            assert kind == "error" or socket.receive_json()["type"] == "complete"


@pytest.mark.parametrize(
    ("name", "text"),
    [("m.json", "["), ("m.json", "[]"), ("m.json", '{"x": "{ me }"}'), ("m.json", f'{{"{"0" * 64}": "{{ me }}"}}'),
     ("m.json", f'{{"{HASH}": 1}}')],
)  # fmt: skip
def test_a_manifest_whose_hashes_are_not_those_of_its_documents_is_refused(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Refusal, match=r"m\.json") as refused:
        Documents.of(tmp_path)
    assert refused.value.code == "file_invalid"
    with pytest.raises(Refusal, match="FENJI_DOCUMENTS"):
        Documents.of(tmp_path / "absent")
    with pytest.raises(Refusal, match="FENJI_DOCUMENTS"):
        Guard.of(Settings(trusted_only=True))


def test_a_batch_is_answered_in_order_up_to_its_limit(door: Door, made: world.World) -> None:
    client = door(Guard(batch=3))
    client.headers["accept"] = f"{RESPONSE}, {JSON};q=0.9"  # as batching clients ask
    create = 'mutation { createCustomer(input: {name: "批"}) { ... on Customer { number } } }'
    count = "{ customers { totalCount } }"
    answers = client.post("/graphql", json=[{"query": one} for one in (count, create, count)])
    assert answers.headers["content-type"] == "application/json; charset=utf-8"
    before, _, after = answers.json()
    assert after["data"]["customers"]["totalCount"] == before["data"]["customers"]["totalCount"] + 1
    with made.statements() as seen:
        only = client.post("/graphql", json=[{"query": create}], headers={"accept": RESPONSE})
    assert (only.status_code, JSON in only.text) == (406, True)
    assert [one for one in seen if "events" not in one] == []
    failing = client.post("/graphql", json=[{"query": "{"}, {"query": "{ __typename }"}]).json()
    assert [list(answer) for answer in failing] == [["errors"], ["data", "extensions"]]
    for wrong in ([], [{"query": "{ __typename }"}] * 4, [1], [[]], [{}], [None]):
        with made.statements() as seen:
            assert client.post("/graphql", json=wrong).status_code == 400
        assert [one for one in seen if "events" not in one] == []  # the hub asks for events all the while
    assert "off" in door(Guard(batch=0)).post("/graphql", json=[{"query": "{ __typename }"}]).text


def test_who_asks_too_much_waits(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    client = door(Guard(rates=Rates(1000)))
    asked = [ask(client, "{ customers(first: 400) { nodes { id } } }") for _ in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    assert code(asked[2]) == "rate_limited"
    assert 1 <= int(asked[2].headers["retry-after"]) <= 60
    stranger = {"authorization": ""}
    types = "{ __schema { types { name } } }"  # 101 rows, ten times counted
    assert client.post("/graphql", json={"query": types}, headers=stranger).status_code == 200
    assert client.post("/graphql", json={"query": types}, headers=stranger).status_code == 429
    legacy = client.post(
        "/graphql", json={"query": "{ customers(first: 400) { nodes { id } } }"}, headers={"accept": "*/*"}
    )
    assert legacy.status_code == 429


def test_what_is_refused_costs_its_characters(door: Door) -> None:
    client = door(Guard(rates=Rates(1000)))
    for headers in ({}, {"authorization": ""}, {"authorization": "Bearer fenji_wrong"}):
        wrong = "{ nothing }" + "#" * 400
        asked = [client.post("/graphql", json={"query": wrong}, headers=headers) for _ in range(4)]
        assert asked[0].status_code == 400
        assert asked[-1].status_code == 429
        client = door(Guard(rates=Rates(1000)))


def test_buckets_fill_again_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("api.endpoint.rate.monotonic", lambda: now)
    rates = Rates(600)
    for _ in range(2):
        rates.charge("a", 300)
    with pytest.raises(RateLimited) as refused:
        rates.charge("a", 300)
    assert refused.value.seconds == 31
    rates.charge("b", 10**9)  # more than a bucket holds costs a whole one
    now = 30.5
    rates.charge("a", 300)
    for _ in range(3):
        with pytest.raises(RateLimited):
            rates.charge("a", 300)  # what is refused is not charged
    now = 61.0
    rates.charge("a", 300)
    for n in range(CALLERS + 100):
        rates.charge(str(n), 1)
    assert len(rates._buckets) == CALLERS


def test_an_operation_that_takes_too_long_is_ended_in_the_database(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}"}
    create = 'mutation { r: createCustomer(input: {name: "x"}) { __typename ... on Refusal { code } } }'
    count = "{ improvements { totalCount } customers { totalCount } }"
    with TestClient(make_app(engine, tmp_path, worker=False, guard=Guard(seconds=2)), headers=headers) as client:
        assert ask(client, count).json()["data"] == {"improvements": {"totalCount": 1}, "customers": {"totalCount": 1}}
        with slow(engine):
            (error,) = ask(client, "{ improvements { totalCount } }").json()["errors"]
            assert (error["extensions"], error["path"]) == ({"code": "timed_out"}, ["improvements"])
            assert ask(client, create).json()["data"]["r"] == {"__typename": "Refusal", "code": "timed_out"}
        assert ask(client, count).json()["data"] == {"improvements": {"totalCount": 1}, "customers": {"totalCount": 1}}
    late = Deadline(0)
    with engine.connect() as connection, pytest.raises(Refusal, match="more than 0 seconds"), late.over(connection):
        raise AssertionError("not reached")


def test_bodies_are_bounded_in_size_and_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENJI_BODY_MB", "1")
    from api.settings import settings

    settings.cache_clear()
    client = door(Guard())
    settings.cache_clear()
    headers = {"content-type": "application/json"}
    for content in (b" " * 1_000_001, iter([b" " * 600_000] * 2)):
        answer = client.post("/graphql", content=content, headers=headers)
        assert (answer.status_code, code(answer)) == (413, "too_large")
    fits = json.dumps({"query": "{ __typename }"}).encode().ljust(1_000_000)
    assert client.post("/graphql", content=fits, headers=headers).status_code == 200


def test_large_bodies_find_room_one_after_the_other_and_small_ones_always() -> None:
    go, statuses = asyncio.Event(), dict[str, int]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != "small":
            await go.wait()
        await Response(b"")(scope, receive, send)

    limit = BodyLimit(app, most=1_000_000)

    async def ask(name: str, size: int) -> None:
        parts: list[Message] = [
            {"type": "http.request", "body": b" " * size, "more_body": True},
            {"type": "http.request", "body": b"", "more_body": False},
        ]

        async def receive() -> Message:
            await asyncio.sleep(0)
            return parts.pop(0)

        async def send(message: Message) -> None:
            statuses.setdefault(name, message.get("status", 0))

        await limit({"type": "http", "path": name}, receive, send)

    async def scene() -> None:
        waiting = [asyncio.create_task(ask(str(n), 1_000_000)) for n in range(TOGETHER + 5)]
        await asyncio.sleep(0.1)
        await ask("small", SMALL)
        assert statuses == {"small": 200, **{str(n): 503 for n in range(TOGETHER + 5) if str(n) in statuses}}
        assert len(statuses) > 1
        go.set()
        await asyncio.gather(*waiting)
        await ask("later", 1_000_000)
        assert statuses["later"] == 200
        assert limit.held == 0

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("#" * 100_001 + "\n{ __typename }", None),
        ('{ customer(number: "' + "x" * 100_000 + '") { id } }', None),
        ("{ a" * 900 + " }" * 900, None),
        ("{ customers(filter: {tier: " + "[" * 1400 + "]" * 1400 + "}) { totalCount } }", None),
        ("query Q($f: CustomerFilter) { customers(filter: $f) { totalCount } }", 100),
        ("{ __typename " * 16 + "}" * 16, None),
    ],
)
def test_what_is_nested_or_long_beyond_sense_is_too_large(door: Door, query: str, variables: int | None) -> None:
    nested: Any = {}
    for _ in range(variables or 0):
        nested = {"tier": [nested]}
    answer = ask(door(Guard()), query, variables={"f": nested})
    assert answer.status_code == 400
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"too_large"}


def test_each_answer_has_a_request_id_which_the_log_has_too(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = door(Guard())
    assert ask(client).headers["x-request-id"] != ask(client).headers["x-request-id"]
    headers = {"x-request-id": "frontend-4711"}
    assert client.get("/healthz", headers=headers).headers["x-request-id"] == "frontend-4711"
    for spoofed in ("x", "a b c d e f g h", "x" * 65, "abcdefgh\t"):
        assert client.get("/healthz", headers={"x-request-id": spoofed}).headers["x-request-id"] != spoofed
    monkeypatch.setattr(schema, "prepared", lambda query: 1 / 0)
    with caplog.at_level(logging.ERROR):
        failed = client.post("/graphql", json={"query": TEXT}, headers=headers)
    assert (failed.status_code, code(failed)) == (500, "internal")
    assert "Traceback" not in failed.text
    assert "ZeroDivision" not in failed.text
    assert failed.headers["x-request-id"] == "frontend-4711"
    assert "frontend-4711" in caplog.text
    assert failed.json()["errors"][0]["message"].split()[-1].rstrip(".") in caplog.text


def test_the_log_of_a_defect_names_its_field_and_not_the_callers_alias(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.select.executor.restricted", lambda *_: 1 / 0)
    failed = ask(door(Guard()), "{ a13800001234: customers { totalCount } }")
    assert code(failed) == "internal"
    assert "at customers" in caplog.text
    assert "13800001234" not in caplog.text.split("Traceback")[0]


def test_large_answers_are_compressed_where_the_client_takes_it(door: Door) -> None:
    client = door(Guard())
    packed = ask(client, "{ __schema { types { name description } } }")
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    with client.stream("POST", "/graphql", json={"query": "{ __schema { types { name description } } }"}) as raw:
        bytes_ = b"".join(raw.iter_raw())
    assert len(bytes_) * 2 < len(gzip.decompress(bytes_))
    assert "content-encoding" not in ask(client, "{ __typename }").headers
    plain = client.post("/graphql", json={"query": TEXT}, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
