"""The report page in a real browser without a network; `make browser` runs this, `make test` does not."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import world
from people import finished_backtest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from study_inputs import DATES, write_inputs

from api.app import make_app
from api.cli.serve import listening
from api.commands import policy
from api.database import writing
from api.endpoint.context import Context
from api.notebook import NOTEBOOKS
from api.notebook.evidence import place_of
from api.notebook.runner import run
from policies.documents import shipped
from schema.select.global_id import global_id
from schema.tables import Backtest, PolicyVersion

EVIDENCE = "sha256:" + "ab" * 32
SEEN = """() => {
  const pictures = [...document.images];
  const text = document.body.innerText;
  return {
    pictures: pictures.length,
    drawn: pictures.filter(picture => picture.complete && picture.naturalWidth > 100 && picture.naturalHeight > 50).length,
    foreign: pictures.filter(picture => !picture.src.startsWith('data:image/')).length,
    fonts: [...document.fonts].map(font => font.family + ' ' + font.status),
    chinese: (text.match(/[\\u4e00-\\u9fff]/g) || []).length,
    missing: [...new Set(text.match(/[\\u4e00-\\u9fff]/g))].filter(one => !document.fonts.check("15px 'Fenji Sans SC'", one)),
    scripts: document.scripts.length,
    width: document.documentElement.scrollWidth,
    text,
  };
}"""
# Widths tell a letter of the font from the box of a missing one only together with its picture.
INK = """async (letter) => {
  await document.fonts.ready;
  const draw = (what) => {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    canvas.width = canvas.height = 40;
    pen.font = "30px 'Fenji Sans SC'";
    pen.fillText(what, 4, 32);
    return canvas.toDataURL();
  };
  return draw(letter) !== draw('\\u{10fffd}') && draw(letter) !== draw(' ');
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report page of a run."""
    folder = tmp_path_factory.mktemp("run")
    write_inputs(folder / "inputs")
    parameters = {"folder": "inputs", "dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"}
    run(NOTEBOOKS / "backtest_policy.py", parameters, folder, cache=folder / "cache")
    return folder / "report.html"


class Watched:
    """A page that notes what it asked for and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def asked(self) -> list[str]:
        """What was asked of anybody else than the page itself."""
        return [url for url in self.requests if not url.startswith("data:")]


@pytest.fixture
def offline(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    yield Watched(context.new_page())
    context.close()


def test_the_report_opens_without_a_network_with_pictures_and_chinese(offline: Watched, report: Path) -> None:
    offline.page.goto(report.as_uri(), wait_until="load")
    offline.page.wait_for_function("document.fonts.status === 'loaded'")
    seen: dict[str, Any] = offline.page.evaluate(SEEN)
    assert offline.asked == [report.as_uri()]
    assert offline.complaints == []
    assert seen["pictures"] >= 4
    assert (seen["drawn"], seen["foreign"], seen["scripts"]) == (seen["pictures"], 0, 0)
    assert seen["fonts"] == ["Fenji Sans SC loaded"]
    assert seen["chinese"] > 200
    assert seen["missing"] == []
    assert "等级迁移" in seen["text"]
    assert seen["width"] <= 1280  # wide tables scroll within themselves
    assert all(offline.page.evaluate(INK, letter) for letter in "等级迁移草案")


@pytest.fixture
def served(sqlite_engine: Engine, tmp_path: Path) -> Iterator[tuple[world.World, str, list[str]]]:
    """The application on a port, a submitted version, and every request that reaches it."""
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    with writing(sqlite_engine) as session:
        analyst = made.people["analyst"]
        draft = policy.save_draft(session, analyst, shipped()["sabcd-weighted"].read_text(encoding="utf-8"))
        evidence = finished_backtest(session, draft, analyst)
        policy.submit(session, analyst, draft.id)
        session.add(Backtest(version_id=draft.id, semantic_hash=evidence.semantic_hash, parameters={}, state="finished",
                             evidence=EVIDENCE, started_by_id=analyst.id))  # fmt: skip
    app, reached = make_app(sqlite_engine, tmp_path, worker=False), list[str]()
    app.add_middleware(Noting, reached=reached)
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made, f"http://127.0.0.1:{listener.getsockname()[1]}", reached
        server.should_exit = True
        thread.join(10)


class Noting:
    """Notes each request."""

    def __init__(self, app: Any, reached: list[str]) -> None:
        self.app, self.reached = app, reached

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.reached.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


def hostile(version_id: int, key: str) -> str:
    """A page that wants to approve a version with a key it knows, in every way that a page has."""
    query = f'mutation {{ approvePolicy(versionId: \\"{global_id("PolicyVersion", version_id)}\\", reason: \\"x\\") {{ __typename }} }}'
    body = f'{{"query": "{query}"}}'
    script = (
        f"fetch('/graphql', {{method: 'POST', body: '{body}', "
        f"headers: {{'Content-Type': 'application/json', 'Authorization': 'Bearer {key}'}}}});"
    )
    quoted = script.replace('"', "&quot;")
    return (
        f"<!doctype html><meta charset=utf-8><title>回测</title><h1>回测</h1><script>{script}</script>"
        f'<img src="/graphql?query=1" onerror="{quoted}"><svg onload="{quoted}"></svg><link rel=stylesheet href="/static/x.css">'
        f'<iframe srcdoc="<script>{quoted}</script>"></iframe><meta http-equiv=refresh content="0;url=/graphql">'
        f'<form id=f method=post action="/graphql"><input name=query value=x><button id=b>approve</button></form>'
        f'<a id=a href="javascript:{quoted}">approve</a>'
    )


def test_a_hostile_page_on_our_own_origin_reaches_nothing_and_approves_nothing(
    browser: Browser, served: tuple[world.World, str, list[str]]
) -> None:
    made, address, reached = served
    strategist = world.key(made, "strategy")
    place = place_of(made.home, EVIDENCE)
    place.mkdir(parents=True)
    (place / "report.html").write_text(hostile(1, strategist), encoding="utf-8")
    link = Context(made.engine, made.home, strategist).report_url(EVIDENCE)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}{link}", wait_until="load")
    assert page.inner_text("h1") == "回测"
    assert page.evaluate("self.origin") == "null"  # an origin of its own
    for what in ("#b", "#a"):
        page.locator(what).click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert [one for one in reached if "/graphql" in one or "/static" in one] == []
    assert [one for one in reached if one != "GET /favicon.ico"] == [f"GET {str(link).split('?')[0]}"]
    with writing(made.engine) as session:
        assert session.get_one(PolicyVersion, 1).state == "submitted"
    context.close()


def test_the_report_of_a_run_looks_the_same_served_as_from_a_file(
    browser: Browser, served: tuple[world.World, str, list[str]], report: Path
) -> None:
    made, address, reached = served
    place = place_of(made.home, EVIDENCE)
    place.mkdir(parents=True)
    shutil.copyfile(report, place / "report.html")
    context = browser.new_context()
    watched = Watched(context.new_page())
    link = Context(made.engine, made.home, world.key(made, "analyst")).report_url(EVIDENCE)
    watched.page.goto(f"{address}{link}", wait_until="load")
    watched.page.wait_for_function("document.fonts.status === 'loaded'")
    seen = watched.page.evaluate(SEEN)
    assert (seen["drawn"], seen["fonts"], seen["missing"]) == (seen["pictures"], ["Fenji Sans SC loaded"], [])
    assert seen["pictures"] >= 4
    assert watched.asked == [f"{address}{link}"]
    assert watched.complaints == []
    assert len([one for one in reached if "favicon" not in one]) == 1
    context.close()
