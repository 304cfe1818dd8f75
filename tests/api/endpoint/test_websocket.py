"""Subscriptions over graphql-transport-ws: a run's progress from its first step, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.app import make_app
from api.commands.snapshot import today
from api.endpoint.view import MOST_OF_A_SOCKET
from api.settings import settings

PROGRESS = "subscription P($id: ID) { runProgress(id: $id) { state done total message } }"


def subscribe(socket: Any, query: str, variables: dict[str, Any] | None = None, name: str = "1") -> list[Any]:
    """Start an operation and return the payloads until it completes."""
    socket.send_json({"id": name, "type": "subscribe", "payload": {"query": query, "variables": variables}})
    payloads = []
    while True:
        message = socket.receive_json()
        if message["type"] in ("complete", "error"):
            return [*payloads, message["payload"]] if message["type"] == "error" else payloads
        payloads.append(message["payload"])


def connect(client: TestClient, key: str | None) -> Any:
    return client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"])


def greet(socket: Any, key: str | None) -> Any:
    payload = {"Authorization": f"Bearer {key}"} if key else {}
    socket.send_json({"type": "connection_init", "payload": payload})
    return socket.receive_json()


def test_a_run_started_over_the_socket_tells_its_progress_to_the_end(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 4)
    key = world.key(made, "analyst")
    start = f'mutation {{ r: runGrading(policyKey: "{world.POLICY}", asOf: "{today(settings().zone)}") {{ ... on Run {{ id }} }} }}'
    with TestClient(make_app(engine, tmp_path)) as client, connect(client, key) as socket:
        assert greet(socket, key)["type"] == "connection_ack"
        (answer,) = subscribe(socket, start)
        identity = answer["data"]["r"]["id"]
        live = [payload["data"]["runProgress"] for payload in subscribe(socket, PROGRESS, {"id": identity}, "2")]
        late = [payload["data"]["runProgress"] for payload in subscribe(socket, PROGRESS, {"id": identity}, "3")]
        newest = [payload["data"]["runProgress"] for payload in subscribe(socket, PROGRESS, None, "4")]
        (state,) = subscribe(socket, f'{{ run(id: "{identity}") {{ state counts }} }}', None, "5")
    assert [step["message"] for step in live] == [step["message"] for step in late]
    assert live[-1] == {"state": "DONE", "done": 4, "total": 4, "message": "graded"}
    assert [step["state"] for step in late[:-1]] == ["RUNNING"] * (len(late) - 1)
    assert late == newest
    assert state["data"]["run"]["state"] == "FINISHED"


def test_a_run_that_fails_says_so(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 2)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("update orders set currency = 'USD' where id = (select min(id) from orders)")
        connection.exec_driver_sql("insert into orders (customer_id, ordered_on, amount, currency, source_system, known_at) "
                                   "values (1, '2026-01-01', 1, 'EUR', 'x', '2026-01-02')")  # fmt: skip
    key = world.key(made, "analyst")
    start = f'mutation {{ r: runGrading(policyKey: "{world.POLICY}", asOf: "{today(settings().zone)}") {{ ... on Run {{ id }} }} }}'
    with TestClient(make_app(sqlite_engine, tmp_path)) as client, connect(client, key) as socket:
        greet(socket, key)
        (answer,) = subscribe(socket, start)
        steps = subscribe(socket, PROGRESS, {"id": answer["data"]["r"]["id"]}, "2")
    last = steps[-1]["data"]["runProgress"]
    assert last["state"] == "FAILED"
    assert "currencies" in last["message"]


def test_an_unknown_run_and_a_wrong_id_are_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    key = world.key(made, "sales")
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client, connect(client, key) as socket:
        greet(socket, key)
        (nothing,) = subscribe(socket, PROGRESS)
        (wrong,) = subscribe(socket, PROGRESS, {"id": "abc"}, "2")
        (syntax,) = subscribe(socket, "{ nothing }", None, "3")
    assert nothing["errors"][0]["extensions"]["code"] == "not_found"
    assert wrong["errors"][0]["extensions"]["code"] == "invalid"
    assert "Cannot query field" in syntax[0]["message"]


def test_a_connection_with_an_unknown_key_is_closed_and_one_without_may_only_look_at_the_schema(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    world.build(sqlite_engine, tmp_path, 1, graded=False)
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client:
        with connect(client, None) as socket, pytest.raises(WebSocketDisconnect) as closed:
            greet(socket, "fenji_wrong")
        assert closed.value.code == 4403
        with connect(client, None) as socket:
            assert greet(socket, None)["type"] == "connection_ack"
            (refused,) = subscribe(socket, PROGRESS)
            assert refused[0]["extensions"]["code"] == "not_signed_in"
            (answer,) = subscribe(socket, "{ __typename }", None, "2")
            assert answer["data"] == {"__typename": "Query"}


def test_a_key_revoked_while_the_socket_is_open_opens_nothing_more(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    key = world.key(made, "sales")
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client, connect(client, key) as socket:
        greet(socket, key)
        (answer,) = subscribe(socket, "{ me { login } }")
        assert answer == {"data": {"me": {"login": "sales"}}, "extensions": {"cost": 1}}
        with sqlite_engine.begin() as connection:
            connection.exec_driver_sql("update api_keys set revoked_at = '2026-01-01'")
        (refused,) = subscribe(socket, "{ me { login } }", None, "2")
    assert refused[0]["extensions"]["code"] == "not_signed_in"


def until_closed(socket: Any) -> None:
    while True:
        socket.receive_json()


def test_a_socket_closes_in_order_whatever_its_client_calls_things(sqlite_engine: Engine, tmp_path: Path) -> None:
    world.build(sqlite_engine, tmp_path, 1, graded=False)
    ask = {"type": "subscribe", "id": "名" * 500, "payload": {"query": "{ __schema { types { name } } }"}}
    for messages, code in (([{"type": "x" * 500}], 4400), ([ask, ask], 4409)):
        with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client, connect(client, None) as socket:
            greet(socket, None)
            for message in messages:
                socket.send_json(message)
            with pytest.raises(WebSocketDisconnect) as closed:
                until_closed(socket)
            assert closed.value.code == code
            assert len(closed.value.reason.encode()) <= 123


def test_more_operations_than_a_socket_takes_are_too_many(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    key = world.key(made, "service")
    ask = {"type": "subscribe", "payload": {"query": "subscription { improvementItems { id } }"}}
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client, connect(client, key) as socket:
        greet(socket, key)
        for n in range(MOST_OF_A_SOCKET + 1):
            socket.send_json({**ask, "id": str(n)})
        told = socket.receive_json()
    assert (told["type"], told["id"]) == ("error", str(MOST_OF_A_SOCKET))
    assert told["payload"][0]["extensions"] == {"code": "too_many"}


@pytest.mark.parametrize(
    "text",
    ["[]", "null", '"x"', "{", "{}", '{"type": 1}', '{"type": "subscribe"}', '{"type": "subscribe", "id": "1", "payload": []}',
     '{"type": "subscribe", "id": "1", "payload": {"query": 1}}', '{"type": "subscribe", "id": [], "payload": {"query": "{ me }"}}'],
)  # fmt: skip
def test_a_malformed_message_closes_the_socket(sqlite_engine: Engine, tmp_path: Path, text: str) -> None:
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client, connect(client, None) as socket:
        assert greet(socket, None)["type"] == "connection_ack"
        socket.send_text(text)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4400
