"""The pages of the console in a real browser: signing in, GraphiQL with its recipes, the cookbook; `make browser` runs this."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
import world
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from api.app import make_app
from api.cli.serve import listening

PASSWORD = "Password field is not contained in a form"


@pytest.fixture
def served(sqlite_engine: Engine, tmp_path: Path) -> Iterator[tuple[world.World, str]]:
    """A graded world behind a server."""
    made = world.build(sqlite_engine, tmp_path, 3)
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(
            uvicorn.Config(make_app(sqlite_engine, tmp_path, worker=False), log_config=None, access_log=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield made, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(browser: Browser, served: tuple[world.World, str]) -> Iterator[Page]:
    """A page that may ask nobody but our server, and complains of nothing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened, foreign, complaints = context.new_page(), list[str](), list[str]()
    opened.on("request", lambda request: foreign.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [url for url in foreign if not url.startswith((served[1], "data:", "blob:"))] == []
    assert [one for one in complaints if "401" not in one and PASSWORD not in one] == []


def test_who_signs_in_asks_with_the_session_and_signs_out(page: Page, served: tuple[world.World, str]) -> None:
    made, address = served
    page.goto(f"{address}/sign-in")
    expect(page.locator("#who")).to_have_text("未登录 not signed in")
    page.fill("#key", "fenji_wrong")
    page.click("form button")
    expect(page.locator("#problem")).to_have_text("密钥无效 unknown key")
    page.fill("#key", world.key(made, "marketing"))
    page.click("form button")
    page.wait_for_url("**/graphql")
    expect(page.locator("#who")).to_have_text("marketing · MARKETING")
    assert page.evaluate("document.cookie + JSON.stringify({...sessionStorage, ...localStorage})") == "{}"
    page.select_option("#example", "03_customers_with_contacts")
    page.click(".graphiql-execute-button")
    expect(page.locator(".result-window")).to_contain_text("公司1号")
    page.goto(f"{address}/sign-in")
    page.click("#out")
    expect(page.locator("#who")).to_have_text("未登录 not signed in")
    assert page.context.cookies() == []


def test_a_key_in_the_address_leaves_it_and_a_subscription_is_told(page: Page, served: tuple[world.World, str]) -> None:
    made, address = served
    page.goto(f"{address}/graphql#key={world.key(made, 'sales')}&example=08_run_progress")
    expect(page.locator("#who")).to_have_text("sales · SALES")
    assert page.url == f"{address}/graphql"
    page.click(".graphiql-execute-button")
    expect(page.locator(".result-window")).to_contain_text("DONE")


def test_a_recipe_of_the_cookbook_opens_in_graphiql(page: Page, served: tuple[world.World, str]) -> None:
    page.goto(f"{served[1]}/cookbook")
    assert page.locator("tbody tr").count() == page.locator("section").count() >= 20
    page.click('[id="18_groups"] a')
    expect(page.locator("#example")).to_have_value("18_groups")
    assert page.evaluate("document.querySelector('header').offsetHeight") < 60  # one line at this width
