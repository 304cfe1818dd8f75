"""Server-sent events: the graphql-sse protocol's distinct connections mode, of operations that end by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app

STREAM = {"Accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    """Read a stream as a browser does: (event, data), comments left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            data = orjson.loads(fields["data"]) if fields["data"] else None
            if data is not None:
                data.pop("extensions", None)  # the cost
            found.append((fields["event"], data))
    return found


@pytest.fixture
def client(sqlite_engine: Engine, tmp_path: Path) -> TestClient:
    made = world.build(sqlite_engine, tmp_path, 1)
    key = world.key(made, "analyst")
    return TestClient(make_app(sqlite_engine, tmp_path, worker=False), headers={"Authorization": f"Bearer {key}"})


def test_a_query_is_answered_by_next_and_complete(client: TestClient) -> None:
    answer = client.post("/graphql", json={"query": "{ me { login } }"}, headers=STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert events(answer.text) == [("next", {"data": {"me": {"login": "analyst"}}}), ("complete", None)]


def test_a_subscription_that_ends_is_told_step_by_step_and_completed(client: TestClient) -> None:
    with client:
        answer = client.post("/graphql", json={"query": "subscription { runProgress { state } }"}, headers=STREAM)
    told = events(answer.text)
    assert told[-1] == ("complete", None)
    assert told[-2] == ("next", {"data": {"runProgress": {"state": "DONE"}}})
    assert {kind for kind, _ in told[:-1]} == {"next"}


@pytest.mark.parametrize(
    ("query", "key", "code"),
    [("{ nothing }", True, "invalid"), ("subscription { runProgress(id: \"abc\") { state } }", True, "invalid"),
     ("{ me { login } }", False, "not_signed_in"), ("subscription { runs { id } }", False, "not_signed_in")],
)  # fmt: skip
def test_what_is_wrong_with_an_operation_is_told_in_the_stream(
    client: TestClient, query: str, key: bool, code: str
) -> None:
    if not key:
        del client.headers["Authorization"]
    with client:
        (kind, data), end = events(client.post("/graphql", json={"query": query}, headers=STREAM).text)
    assert (kind, end) == ("next", ("complete", None))
    assert data["errors"][0].get("extensions", {}).get("code") == code


@pytest.mark.parametrize(
    ("accept", "streamed"),
    [
        ("text/event-stream", True),
        ("text/event-stream, multipart/mixed", True),  # urql, of a subscription
        ("text/event-stream, */*", True),
        ("application/json;q=0.5, TEXT/Event-Stream", True),
        ("application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", False),
        ("application/json, text/event-stream;q=0", False),
        ("*/*", False),
    ],
)  # fmt: skip
def test_a_stream_answers_who_prefers_one(client: TestClient, accept: str, streamed: bool) -> None:
    answer = client.post("/graphql", json={"query": "{ me { login } }"}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream" if streamed else "application/")


def test_what_is_no_request_has_its_status(client: TestClient) -> None:
    assert (
        client.post("/graphql", content=b"\xff{", headers=STREAM | {"Content-Type": "application/json"}).status_code
        == 400
    )
    assert client.post("/graphql", json=[{"query": "{ me { login } }"}], headers=STREAM).status_code == 400
    assert client.post("/graphql", content="{}", headers=STREAM | {"Content-Type": "text/plain"}).status_code == 415
    assert client.put("/graphql", json={"query": "{ me { login } }"}, headers=STREAM).status_code == 405


def test_get_streams_queries_and_changes_nothing(client: TestClient) -> None:
    (kind, data), _ = events(client.get("/graphql", params={"query": "{ me { login } }"}, headers=STREAM).text)
    assert (kind, data) == ("next", {"data": {"me": {"login": "analyst"}}})
    mutation = 'mutation { runGrading(policyKey: "x", asOf: "2026-01-01") { __typename } }'
    (kind, data), _ = events(client.get("/graphql", params={"query": mutation}, headers=STREAM).text)
    assert kind == "next"
    assert "data" not in data
    assert data["errors"]
