"""Sessions of the pages: begun with a key, kept by a cookie that only our own pages can use, over with the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, select
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.app import make_app
from api.commands import api_key as api_keys
from api.commands import user as users
from api.database import reading, writing
from schema.tables import Audit, PageSession
from schema.tables.base import now

OURS = {"x-fenji-csrf": "1"}
ME = {"query": "{ me { login } }"}


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 1, graded=False)


@pytest.fixture
def client(made: world.World) -> Iterator[TestClient]:
    with TestClient(make_app(made.engine, made.home, worker=False)) as client:
        yield client


def begin(client: TestClient, key: str) -> Any:
    return client.post("/session", json={"key": key}, headers=OURS)


def test_a_session_is_begun_used_and_ended(client: TestClient, made: world.World) -> None:
    answer = begin(client, world.key(made, "finance"))
    assert answer.json() == {"login": "finance", "name": "finance", "roles": ["finance"]}
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/", "max-age=43"):
        assert part in cookie
    assert client.get("/session").json()["login"] == "finance"
    assert client.post("/graphql", json=ME, headers=OURS).json()["data"] == {"me": {"login": "finance"}}
    token = client.cookies["fenji_session"]
    assert client.delete("/session", headers=OURS).status_code == 204
    client.cookies.set("fenji_session", token)  # whoever kept it has nothing
    assert client.get("/session").status_code == 401
    assert client.post("/graphql", json=ME, headers=OURS).json()["errors"][0]["extensions"]["code"] == "not_signed_in"
    with reading(made.engine) as connection:
        said = connection.execute(select(Audit.action).where(Audit.noun == "session")).scalars().all()
        kept = connection.execute(select(PageSession.digest)).scalars().all()
    assert said == ["sign_in", "sign_out"]
    assert token not in kept


def test_a_session_ends_with_the_next_one_of_its_browser(client: TestClient, made: world.World) -> None:
    begin(client, world.key(made, "finance"))
    first = client.cookies["fenji_session"]
    assert begin(client, "fenji_wrong").status_code == 401
    assert client.get("/session").json()["login"] == "finance"
    begin(client, world.key(made, "sales"))
    assert client.get("/session").json()["login"] == "sales"
    client.cookies.clear()
    client.cookies.set("fenji_session", first)
    assert client.get("/session").status_code == 401


def test_a_cookie_that_is_planted_is_nobodys_session(client: TestClient, made: world.World) -> None:
    planted = "a" * 43
    client.cookies.set("fenji_session", planted)
    assert planted not in begin(client, world.key(made, "sales")).headers["set-cookie"]
    client.cookies.clear()
    client.cookies.set("fenji_session", planted)
    assert client.get("/session").status_code == 401


def test_the_cookie_alone_does_nothing(client: TestClient, made: world.World) -> None:
    begin(client, world.key(made, "sales"))
    create = {"query": 'mutation { createCustomer(input: {name: "x"}) { __typename } }'}
    for answer in (
        client.post("/graphql", json=create),
        client.get("/graphql", params=ME),
        client.delete("/session"),
        client.post("/session", json={"key": "x"}),
    ):
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "csrf_missing"
    assert made.data("{ customers { totalCount } }") == {"customers": {"totalCount": 1}}
    assert client.get("/session").status_code == 200


def test_a_key_beside_the_cookie_is_who_asks(client: TestClient, made: world.World) -> None:
    begin(client, world.key(made, "sales"))
    headers = {"authorization": f"Bearer {world.key(made, 'finance')}"}
    assert client.post("/graphql", json=ME, headers=headers).json()["data"] == {"me": {"login": "finance"}}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"key": 1}', b'{"key": ""}', b'{"key": "fenji_wrong"}', b"\xff"])
def test_what_is_no_known_key_begins_nothing(client: TestClient, made: world.World, body: bytes) -> None:
    answer = client.post("/session", content=body, headers=OURS)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    with reading(made.engine) as connection:
        assert connection.execute(select(PageSession.id)).all() == []


def test_a_session_ends_with_its_key_its_user_and_its_time(client: TestClient, made: world.World) -> None:
    for end in ("key", "user", "time"):
        login = {"key": "sales", "user": "finance", "time": "service"}[end]
        assert begin(client, world.key(made, login)).status_code == 200
        with writing(made.engine) as session:
            operator = users.operator(session)
            if end == "key":
                api_keys.revoke_all(session, operator, login)
            elif end == "user":
                users.deactivate(session, operator, login)
            else:
                row = session.scalars(select(PageSession).order_by(PageSession.id.desc())).first()
                assert row is not None
                row.expires_at = now() - timedelta(seconds=1)
        assert client.get("/session").status_code == 401, end
        client.cookies.clear()


def test_a_socket_takes_the_cookie_from_our_own_pages_alone(client: TestClient, made: world.World) -> None:
    begin(client, world.key(made, "sales"))
    ask = {"id": "1", "type": "subscribe", "payload": ME}

    def told(origin: str) -> Any:
        with client.websocket_connect(
            "/graphql", subprotocols=["graphql-transport-ws"], headers={"origin": origin}
        ) as socket:
            socket.send_json({"type": "connection_init"})
            assert socket.receive_json()["type"] == "connection_ack"
            socket.send_json(ask)
            return socket.receive_json()

    assert told("http://testserver")["payload"]["data"] == {"me": {"login": "sales"}}
    for origin in ("http://evil.example", "http://testserver.evil.example", "null", ""):
        try:
            answer = told(origin)
        except WebSocketDisconnect:
            continue
        assert answer["payload"][0]["extensions"]["code"] == "not_signed_in"


def test_the_sign_in_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/sign-in")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")
    assert client.get("/static/sign_in.js").status_code == 200


def test_over_https_the_cookie_is_secure(made: world.World) -> None:
    app = make_app(made.engine, made.home, worker=False)
    with TestClient(app, base_url="https://fenji.example") as client:
        assert "secure" in begin(client, world.key(made, "sales")).headers["set-cookie"].lower()
