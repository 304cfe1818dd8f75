"""The report page over HTTP: for whom it opens, and under which policy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import world
from people import finished_backtest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.commands import api_key as api_keys
from api.commands import policy
from api.commands import user as users
from api.database import writing
from api.endpoint.context import Context
from api.notebook.evidence import place_of
from api.ticket import SECONDS, ticket
from policies.documents import shipped
from schema.tables import Backtest

EVIDENCE = "sha256:" + "ab" * 32
PAGE = "<!doctype html><title>回测</title>"


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    """A world with one finished backtest whose report page lies in the store."""
    found = world.build(engine, tmp_path, 1, graded=False)
    with writing(engine) as session:
        analyst = found.people["analyst"]
        draft = policy.save_draft(session, analyst, shipped()["sabcd-weighted"].read_text(encoding="utf-8"))
        backtest = finished_backtest(session, draft, analyst)
        session.flush()
        copied = {"version_id": backtest.version_id, "semantic_hash": backtest.semantic_hash, "parameters": {}}
        session.add(Backtest(**copied, started_by_id=analyst.id, state="finished", evidence=EVIDENCE))
        session.add(Backtest(**copied, started_by_id=analyst.id, state="failed", evidence="sha256:" + "cd" * 32))
    for evidence in (EVIDENCE, "sha256:" + "cd" * 32):
        place = place_of(tmp_path, evidence)
        place.mkdir(parents=True)
        (place / "report.html").write_text(PAGE, encoding="utf-8")
        (place / "metrics.json").write_text("{}")
    return found


@pytest.fixture
def client(made: world.World) -> Iterator[TestClient]:
    with TestClient(make_app(made.engine, made.home, worker=False)) as found:
        yield found


def path(evidence: str = EVIDENCE) -> str:
    return f"/evidence/{evidence.removeprefix('sha256:')}/report.html"


def test_the_page_is_served_in_a_sandbox_to_whoever_may_read(made: world.World, client: TestClient) -> None:
    answer = client.get(path(), headers={"Authorization": f"Bearer {world.key(made, 'analyst')}"})
    assert (answer.status_code, answer.text) == (200, PAGE)
    rules = [rule.strip() for rule in answer.headers["content-security-policy"].split(";")]
    assert "sandbox" in rules  # without allow-scripts and allow-same-origin
    assert "default-src 'none'" in rules
    assert not [rule for rule in rules if "script" in rule or "allow" in rule]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_nobody_else_sees_the_page_and_nothing_else_of_the_bundle_is_served(
    made: world.World, client: TestClient
) -> None:
    signed = {"Authorization": f"Bearer {world.key(made, 'analyst')}"}
    assert client.get(path()).status_code == 401
    assert client.get(path(), headers={"Authorization": "Bearer fenji_wrong"}).status_code == 401
    for elsewhere in (path("sha256:" + "cd" * 32), path("sha256:" + "ef" * 32), path("sha256:no"), path().replace("report.html", "metrics.json"),
                      "/evidence/..%2f..%2ffenji.db/report.html", "/evidence/%2e%2e/report.html", "/evidence/%00/report.html"):  # fmt: skip
        assert client.get(elsewhere, headers=signed).status_code == 404, elsewhere
    seller = {"Authorization": f"Bearer {world.key(made, 'sales')}"}
    assert client.get(path(), headers=seller).status_code == 404  # of a draft, which sales does not see
    assert client.post(path(), headers=signed).status_code == 405


def test_a_link_opens_with_its_ticket_alone_and_only_this_page_for_a_while(
    made: world.World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = world.key(made, "analyst")
    link = Context(made.engine, made.home, key).report_url(EVIDENCE)
    assert link is not None
    assert client.get(link).text == PAGE
    assert Context(made.engine, made.home).report_url(EVIDENCE) == path()
    given = ticket(key, EVIDENCE)
    name, until, signature = given.split(".")
    for wrong in (f"{name}.{int(until) + 9}.{signature}", f"{name}.{until}.{signature[:-1]}x", f"{name}.{until}", "", "..", "a.b.c",
                  f"{'%' * 16}.{until}.{signature}", ticket(key, "sha256:" + "cd" * 32), ticket("fenji_other", EVIDENCE),
                  ticket(key, EVIDENCE, now=time.time() - SECONDS - 1), f"{given[:16]}.{'9' * 5000}.{signature}"):  # fmt: skip
        assert client.get(path(), params={"ticket": wrong}).status_code == 401, wrong
    with writing(made.engine) as session:
        api_keys.revoke_all(session, users.operator(session), "analyst")
    assert client.get(link).status_code == 401
