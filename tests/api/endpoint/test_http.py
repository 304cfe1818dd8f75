"""The endpoint over HTTP: keys, limits, the page, and what is closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.console.page import STATIC
from api.endpoint.limits import MOST, MOST_OPERATIONS
from api.endpoint.prepared import KEPT_CHARACTERS, KEPT_TOGETHER
from api.operations.root import schema

HTML = {"accept": "text/html"}


@pytest.fixture
def made(sqlite_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(sqlite_engine, tmp_path, 2, graded=False)


@pytest.fixture
def client(made: world.World) -> Iterator[TestClient]:
    with TestClient(make_app(made.engine, made.home, worker=False)) as client:
        yield client


def test_a_key_signs_in(client: TestClient, made: world.World) -> None:
    headers = {"authorization": f"Bearer {world.key(made, 'finance')}"}
    response = client.post("/graphql", json={"query": "{ me { login } }"}, headers=headers)
    assert response.json() == {"data": {"me": {"login": "finance"}}, "extensions": {"cost": 1}}
    assert client.get("/healthz").json() == {"status": "ok"}


def test_of_several_headers_of_one_name_the_first_counts(client: TestClient, made: world.World) -> None:
    keys = [("authorization", f"Bearer {world.key(made, who)}") for who in ("finance", "sales")]
    ids = [("x-request-id", "first-of-two"), ("X-Request-Id", "second-of-two")]
    response = client.post("/graphql", json={"query": "{ me { login } }"}, headers=[*keys, *ids])
    assert response.json()["data"] == {"me": {"login": "finance"}}
    assert response.headers["x-request-id"] == "first-of-two"


@pytest.mark.parametrize("header", [None, "Bearer", "Basic abc", "fenji_x", "Bearer fenji_wrong", "Bearer  "])
def test_without_a_known_key_the_answer_says_what_to_do(client: TestClient, header: str | None) -> None:
    response = client.post(
        "/graphql", json={"query": "{ me { login } }"}, headers={"authorization": header} if header else {}
    )
    assert response.json()["errors"][0]["extensions"]["code"] == "not_signed_in"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"query": 1}',
        b'{"query": null}',
        b'{"query": ""}',
        b"\xff",
        b'{"query": "{"}',
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": {"a": [' + b"[]," * 600_000 + b"1]}}",
    ],
)
def test_a_malformed_body_is_the_callers_error(client: TestClient, body: bytes) -> None:
    response = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == (200 if body == b'{"query": "{"}' else 413 if len(body) > 1_000_000 else 400)
    assert response.json().keys() == {"errors"}


def bomb(levels: int) -> str:
    """Fragments of which each spreads the one before twice."""
    spreads = " ".join(f"fragment F{n + 1} on Query {{ ...F{n} ...F{n} a{n}: __typename }}" for n in range(levels))
    return f"{{ ...F{levels} }} fragment F0 on Query {{ __typename }} {spreads}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ " + "a { " * (MOST.depth + 1) + "b" + " }" * (MOST.depth + 2), "depth"),
        ("{ " + " ".join(f"x{n}: __typename" for n in range(MOST.aliases + 1)) + " }", "aliases"),
        ("{ " + "a { b } " * (MOST.fields // 2 + 1) + "}", "fields"),
        ("{ " + "__typename " * (MOST.repeats + 2) + "}", "repeats"),
        ("{ " + "...F " * (MOST.repeats + 2) + "} fragment F on Query { __typename }", "repeats"),
        ("{ __typename } fragment F on Query { " + "me { id } " * (MOST.repeats + 2) + "}", "fragment has 81 repeats"),
        ("query A { __typename } " * (MOST_OPERATIONS + 1), "operations"),
        ("{ __typename " + "@include(if: true) " * (MOST.directives + 1) + "}", "directives"),
        (bomb(25), "fields"),
        ("{ " + "__typename " * 5000 + "}", "token"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "Cannot spread fragment"),
    ],
)
def test_documents_are_bounded(client: TestClient, query: str, said: str) -> None:
    errors = client.post("/graphql", json={"query": query}).json()["errors"]
    assert said in " ".join(error["message"] for error in errors)


def test_prepared_documents_are_kept_and_bounded() -> None:
    first = schema.prepared("{ __typename }")
    assert schema.prepared("{ __typename }") is first
    long = "# " + "x" * (KEPT_CHARACTERS - 100)
    for n in range(2 * KEPT_TOGETHER // KEPT_CHARACTERS):
        schema.prepared(f"{{ a{n}: __typename }} {long}")
    assert KEPT_TOGETHER - KEPT_CHARACTERS < schema.documents.kept.weight <= KEPT_TOGETHER
    assert schema.prepared("{ __typename }") is not first
    assert schema.prepared("{ nothing }").errors
    assert schema.prepared("{ nothing }") is not schema.prepared("{ nothing }")


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/graphql", headers=HTML)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval", policy)
    assert not re.search(r"script-src[^;]*unsafe", policy)
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(sources) >= 7
    for source in sources:
        assert source.startswith("/static/") or source in ("/cookbook", "/sign-in")
        assert client.get(source).status_code == 200, source
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page.text)
    assert "一个客户的等级及说明" in page.text
    assert client.get("/", follow_redirects=False).headers["location"] == "/graphql"


def test_static_files_stay_in_their_folder(client: TestClient) -> None:
    for path in ("/static/../page.py", "/static/%2e%2e/page.py", "/static/graphiql/../../page.py"):
        assert client.get(path).status_code == 404
    assert not list(STATIC.rglob("*.html"))  # a page there would be served without its headers
