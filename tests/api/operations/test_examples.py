"""The ready-made operations of the page, each executed: a policy's way from draft to a run, then every query."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import world
from cookbook import measured
from graphql import OperationDefinitionNode, parse
from listening import does, hub_of, subscribed
from people import finished_backtest
from sqlalchemy import Engine

from api.commands import policy
from api.console.cookbook import MEASURED, cookbook_page, kind_of
from api.console.page import examples
from api.database import writing
from policies.documents import shipped
from schema.select.global_id import global_id

READY = {example.name: example for example in examples()}


def answered(made: world.World, name: str, who: str, **instead: Any) -> Any:
    example = READY[name]
    variables = (json.loads(example.variables) if example.variables else {}) | instead
    return made.data(example.query, variables or None, who=who)


def test_every_ready_made_operation_runs(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 6)
    with writing(engine) as session:
        draft = policy.save_draft(session, made.people["analyst"], shipped()[world.POLICY].read_text())
        finished_backtest(session, draft, made.people["analyst"])
    version = global_id("PolicyVersion", draft.id)
    assert answered(made, "13_create_customer", "sales")["createCustomer"]["status"] == "POTENTIAL"
    assert answered(made, "10_submit_policy", "analyst", version=version)["submitPolicy"]["state"] == "SUBMITTED"
    assert answered(made, "11_approve_policy", "analyst", version=version)["approvePolicy"]["code"] == "forbidden"
    assert answered(made, "11_approve_policy", "strategy", version=version)["approvePolicy"]["state"] == "APPROVED"
    assert answered(made, "07_run_grading", "analyst")["runGrading"]["__typename"] == "Run"
    assert answered(made, "16_many_rows", "sales")["createCustomers"]["rejected"] == 1
    done = {"16_many_rows", "13_create_customer", "10_submit_policy", "11_approve_policy", "07_run_grading"}
    subscriptions = {name for name in READY if kind_of(READY[name].query) == "subscription"}
    for name in READY.keys() - done - subscriptions:
        assert answered(made, name, "sales"), name


def test_every_operation_in_the_documentation_is_answered(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 6)
    text = (Path(__file__).resolve().parents[3] / "api" / "README.md").read_text()
    found = re.findall("^```graphql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(found) >= 5
    variables = {"rows": [{"id": global_id("Customer", 1), "employees": 5}]}
    for operation in found:
        assert "errors" not in made.ask(operation, variables), operation


EVERY = ["S", "A", "B", "C", "D"]


async def told(made: world.World, name: str, **variables: Any) -> Any:
    """The first rows that a ready-made subscription tells; the world is graded while it listens."""
    async with (
        hub_of(made) as hub,
        subscribed(made, hub, world.key(made, "service"), READY[name].query, variables) as one,
    ):
        if name == "19_grades_changed":
            await does(world.grade, made)
        return await one.rows()


def test_every_ready_made_subscription_tells_what_happens(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    changed = anyio.run(partial(told, made, "19_grades_changed", tiers=EVERY))
    assert changed
    assert {grade["tier"] for grade in changed} <= set(EVERY)
    assert anyio.run(partial(told, made, "08_run_progress"))["state"] == "RUNNING"  # its first step, however late
    late = anyio.run(partial(told, made, "20_requests_at_risk", tiers=EVERY, hours="1"))
    assert late
    assert all(Decimal(request["hoursOpen"]) >= 1 for request in late)
    subscriptions = {name for name in READY if kind_of(READY[name].query) == "subscription"}
    assert subscriptions == {"08_run_progress", "19_grades_changed", "20_requests_at_risk"}


def test_examples_have_a_title_in_both_languages_and_one_named_operation() -> None:
    assert 8 <= len(READY) <= 30
    for example in READY.values():
        assert example.query.startswith("# ")
        assert any("一" <= letter <= "鿿" for letter in example.title), example.title
        assert any(letter.isascii() and letter.isalpha() for letter in example.title), example.title
        (operation,) = [node for node in parse(example.query).definitions if isinstance(node, OperationDefinitionNode)]
        assert operation.name is not None
        if example.variables:
            assert set(json.loads(example.variables)) <= {
                v.variable.name.value for v in operation.variable_definitions or ()
            }


@pytest.mark.parametrize("customers", [12, 30])
def test_the_cookbook_tells_what_its_operations_take(engine: Engine, tmp_path: Path, customers: int) -> None:
    assert measured(world.build(engine, tmp_path, customers)) == json.loads(MEASURED.read_text()), "make documentation"


def test_the_page_shows_every_operation_with_its_figures_and_loads_nothing_from_elsewhere() -> None:
    page = cookbook_page()
    html = bytes(page.body).decode()
    for example in READY.values():
        assert f'id="{example.name}"' in html
    assert f'<td class="number">{json.loads(MEASURED.read_text())["06_grade_history"]["statements"]}</td>' in html
    assert not [word for word in ("http://", "https://", "<script") if word in html]
    assert "default-src 'none'" in page.headers["content-security-policy"]
