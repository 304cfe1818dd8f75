"""GraphQL over HTTP: media types, statuses, GET, what is no request of GraphQL, and answers that a client has already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.endpoint.negotiation import JSON, RESPONSE, accepted, readable

ASK = {"query": "{ __typename }"}
BOTH = f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8"


@pytest.fixture
def made(sqlite_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(sqlite_engine, tmp_path, 2, graded=False)


@pytest.fixture
def client(made: world.World) -> Iterator[TestClient]:
    with TestClient(make_app(made.engine, made.home, worker=False)) as client:
        yield client


def post(client: TestClient, body: Any, accept: str = RESPONSE, **headers: str) -> httpx2.Response:
    return client.post("/graphql", json=body, headers={"accept": accept, **headers})


@pytest.mark.parametrize(
    ("header", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (RESPONSE, RESPONSE),
        (RESPONSE.upper(), RESPONSE),
        (BOTH, RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{JSON};q=0.5, {RESPONSE};q=0.9", RESPONSE),
        (f"{RESPONSE};q=0.1, */*;q=0.2", JSON),
        (f"{JSON};q=0, {RESPONSE}", RESPONSE),
        (f"{JSON};q=0, */*", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("text/html", None),
        (f"{JSON}; charset=latin-1", None),
        (f"{JSON};q=x", None),
    ],
)
def test_the_media_type_follows_the_accept_header(header: str | None, media: str | None) -> None:
    assert accepted(header) == media


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("application/json", True),
        ("application/json; charset=UTF-8", True),
        ('Application/JSON;charset="utf-8"', True),
        ("application/json; charset=gbk", False),
        ("application/jsonp", False),
        ("text/plain; application/json", False),
        ("text/plain, application/json", False),
        ("multipart/form-data; boundary=x", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_only_json_in_utf_8_is_read(client: TestClient, header: str, read: bool) -> None:
    assert readable(header) == read
    response = client.post("/graphql", content=b'{"query": "{ __typename }"}', headers={"content-type": header})
    assert response.status_code == (200 if read else 415)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (ASK, 200, None),
        ({"query": "{"}, 400, "invalid"),
        ({"query": "{ nothing }"}, 400, "invalid"),
        ({"query": "query Q($id: ID!) { __typename }", "variables": {"id": None}}, 400, "invalid"),
        ({"query": "query A { __typename } query B { __typename }"}, 400, "invalid"),
        ({"query": "{ __typename }", "operationName": "Absent"}, 400, "invalid"),
        ({"query": "subscription { runProgress { done } }"}, 400, "invalid"),
        ({"query": "{ me { login } }"}, 401, "not_signed_in"),
    ],
)
def test_what_is_not_executed_has_no_data_and_a_status_in_the_new_type_alone(
    client: TestClient, body: dict[str, Any], status: int, code: str | None
) -> None:
    modern, legacy = post(client, body), post(client, body, JSON)
    assert (modern.status_code, legacy.status_code) == (status, 200)
    assert modern.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert legacy.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert modern.json() == legacy.json()
    assert ("data" in modern.json()) == (status == 200)
    if code:
        assert modern.json()["errors"][0]["extensions"]["code"] == code


def test_a_field_that_fails_while_it_is_executed_is_a_partial_answer(client: TestClient, made: world.World) -> None:
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}"}
    response = post(client, {"query": "{ me { login } customers(first: 501) { totalCount } }"}, **headers)
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["path"] == ["customers"]


@pytest.mark.parametrize(
    ("method", "query", "status", "allow"),
    [
        ("GET", {"query": "{ __typename }"}, 200, None),
        ("GET", {"query": "mutation { __typename }"}, 405, "POST"),
        ("GET", {"query": "query Q { __typename } mutation M { __typename }", "operationName": "M"}, 405, "POST"),
        ("GET", {"query": "query Q { __typename } mutation M { __typename }", "operationName": "Q"}, 200, None),
        ("GET", {"query": "{ __typename }", "operationName": ""}, 200, None),
        ("GET", {"query": "{ __typename }", "variables": "{}", "extensions": "{}"}, 200, None),
        ("GET", {"query": "{ __typename }", "variables": "{"}, 400, None),
        ("GET", {"query": "{ __typename }", "variables": "[1]"}, 400, None),
        ("GET", {}, 400, None),
        ("PUT", {}, 405, "GET, POST"),
        ("DELETE", {}, 405, "GET, POST"),
        ("OPTIONS", {}, 405, "GET, POST"),
    ],
)
def test_get_reads_and_never_writes(
    client: TestClient, method: str, query: dict[str, str], status: int, allow: str | None
) -> None:
    response = client.request(method, "/graphql", params=query)
    assert response.status_code == status
    assert response.headers.get("allow") == allow
    assert status == 200 or response.json()["errors"][0]["extensions"]["code"]


def test_an_answer_in_no_type_of_ours_is_refused_before_anything_is_executed(client: TestClient) -> None:
    assert post(client, ASK, "text/html").status_code == 406
    assert post(client, ASK, "image/png").json()["errors"][0]["message"].endswith("name one of them in Accept.")


def test_a_page_of_another_site_may_not_ask(client: TestClient) -> None:
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        assert post(client, ASK, **{"sec-fetch-site": site}).status_code == status
    page = client.get("/graphql", headers={"accept": "text/html", "sec-fetch-site": "cross-site"})
    assert page.status_code == 200
    answer = post(client, ASK, origin="http://evil.example")
    assert "access-control-allow-origin" not in answer.headers


def test_a_client_that_has_the_answer_gets_304(client: TestClient, made: world.World) -> None:
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}"}
    ask = {"query": "{ customers { nodes { number employees } } }"}
    first = client.get("/graphql", params=ask, headers=headers)
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in first.headers["vary"]
    tag = first.headers["etag"]
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get("/graphql", params=ask, headers={**headers, "if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("update customers set employees = 4711 where id = 1")
    changed = client.get("/graphql", params=ask, headers={**headers, "if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert client.post("/graphql", json=ask, headers=headers).headers["cache-control"] == "no-store"
    assert "etag" not in client.get("/graphql", params={"query": "{"}, headers={"accept": RESPONSE}).headers
