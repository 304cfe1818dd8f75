"""A backtest by GraphQL from start to approval; the notebook is run once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import world
from listening import hub_of
from order_history import history
from people import person
from sqlalchemy import Engine
from study_inputs import CANDIDATE

from api import jobs
from api.endpoint.context import Context
from api.operations.root import schema
from schema.select.global_id import parts_of

SAVE = "mutation S($d: String!) { r: savePolicyDraft(document: $d) { ... on PolicyVersion { id semanticHash } } }"
START = """mutation S($v: ID!, $p: JSON) { r: startBacktest(versionId: $v, parameters: $p) {
  ... on Backtest { id state parameters semanticHash startedBy { login } } ... on Refusal { code message } } }"""
LIST = "query L($v: BacktestFilter) { backtests(filter: $v) { nodes { id state error metrics metricsHash semanticHash } } }"
SUBMIT = (
    "mutation S($v: ID!) { r: submitPolicy(versionId: $v) { ... on PolicyVersion { state } ... on Refusal { code } } }"
)
APPROVE = 'mutation A($v: ID!) { r: approvePolicy(versionId: $v, reason: "ok") { ... on PolicyVersion { state semanticHash } ... on Refusal { code } } }'


def progress(made: world.World, identity: str) -> list[Any]:
    """Return every step that runProgress tells of a backtest, until it ends."""

    async def told() -> list[Any]:
        query = "subscription P($id: ID) { runProgress(id: $id) { state message } }"
        async with hub_of(made) as hub:
            context = Context(made.engine, made.home, signed_in=made.people["strategy"], hub=hub)
            events = await schema.stream(query, {"id": identity}, context)
            return [event.data["runProgress"] async for event in events if event.data]

    return asyncio.run(told())


def test_a_backtest_is_started_followed_submitted_and_approved_over_graphql(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    people = {"analyst": ("analyst",), "both": ("analyst", "strategy"), "strategy": ("strategy",)}
    made = world.World(sqlite_engine, tmp_path, {name: person(sqlite_engine, name, *roles) for name, roles in people.items()})  # fmt: skip
    history(sqlite_engine)
    draft = made.data(SAVE, {"d": CANDIDATE}, who="analyst")["r"]
    wanted = {"v": draft["id"], "p": {"dates": ["2026-03-31"], "tier_of_interest": "A"}}
    assert made.data(SUBMIT, wanted, who="analyst")["r"] == {"code": "evidence_missing"}
    started = made.data(START, wanted, who="both")["r"]
    assert (started["state"], started["startedBy"]["login"]) == ("QUEUED", "both")
    assert started["parameters"] == {"dates": ["2026-03-31"], "horizon_months": 6, "tier_of_interest": "A",
                                     "limits": [], "service": None}  # fmt: skip
    jobs.run(sqlite_engine, tmp_path)
    (found,) = made.data(LIST, {"v": {"version": {"id": {"equals": draft["id"]}}}}, who="strategy")["backtests"][
        "nodes"
    ]
    assert (found["id"], found["state"], found["error"]) == (started["id"], "FINISHED", None)
    assert (list(found["metrics"]["dates"]), found["metricsHash"][:7]) == (["2026-03-31"], "sha256:")
    assert (tmp_path / "backtests" / parts_of(found["id"])[1] / "report.html").is_file()
    steps = progress(made, found["id"])
    assert steps[-1] == {"state": "DONE", "message": "backtested"}
    assert {step["state"] for step in steps[:-1]} == {"RUNNING"}
    assert made.data(SUBMIT, wanted, who="analyst")["r"] == {"state": "SUBMITTED"}
    assert made.data(APPROVE, wanted, who="both")["r"] == {"code": "author_cannot_approve"}
    approved = made.data(APPROVE, wanted, who="strategy")["r"]
    assert approved == {"state": "APPROVED", "semanticHash": found["semanticHash"]}


CANCEL = """mutation C($id: ID!) { r: cancelBacktest(id: $id) { ... on Backtest { state error } ... on Refusal { code message } } }"""


def test_a_backtest_is_cancelled_over_graphql_and_shown_so_to_a_late_subscriber(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    people = {name: person(sqlite_engine, name, name) for name in ("analyst", "strategy", "sales")}
    made = world.World(sqlite_engine, tmp_path, people)
    history(sqlite_engine)
    draft = made.data(SAVE, {"d": CANDIDATE}, who="analyst")["r"]
    started = made.data(START, {"v": draft["id"], "p": {}}, who="analyst")["r"]
    assert made.data(CANCEL, started, who="sales")["r"]["code"] == "forbidden"
    assert made.data(CANCEL, started, who="strategy")["r"] == {"state": "CANCELLED", "error": "It was cancelled."}
    assert made.data(CANCEL, started, who="analyst")["r"]["code"] == "transition_not_allowed"
    assert made.data(CANCEL, {"id": draft["id"]}, who="analyst")["r"]["code"] in ("invalid", "not_found")
    shown = {}
    for planning in (True, False):
        query = "{ backtests { nodes { state evidence reportUrl } } }"
        shown[planning] = made.data(query, who="strategy", planning=planning)["backtests"]["nodes"]
    assert shown[True] == shown[False] == [{"state": "CANCELLED", "evidence": None, "reportUrl": None}]
    assert progress(made, started["id"]) == [{"state": "FAILED", "message": "failed: It was cancelled."}]
