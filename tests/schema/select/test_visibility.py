"""Rows that a viewer does not see are nowhere: not listed, not counted, not joined, not found by id."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from people import finished_backtest
from sqlalchemy import Engine, select

from api.access import EVERYONE, NOBODY, ROWS
from api.commands import policy as policies_
from api.database import reading, writing
from policies.documents import shipped
from schema import tables
from schema.select.global_id import global_id
from schema.select.visibility import restricted, visible

LISTS = "{ policies { nodes { key versions { number backtests { id } } } } backtests { totalCount nodes { id version { number } } } }"
NODE = (
    "query Q($id: ID!) { node(id: $id) { __typename id ... on Backtest { version { id number } } ... on PolicyVersion { document } } "
    "policyVersion(id: $version) { state } }"
).replace("$id: ID!", "$id: ID!, $version: ID!")


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    """A world with a version in force and a draft, each with a backtest."""
    made = world.build(engine, tmp_path, 2)
    with writing(engine) as session:
        analyst = made.people["analyst"]
        text = shipped()[world.POLICY].read_text() + "\n# another\n"
        finished_backtest(session, policies_.save_draft(session, analyst, text), analyst)
    return made


@pytest.mark.parametrize("who", [*sorted(world.PEOPLE)])
def test_drafts_and_their_backtests_are_seen_by_those_who_prepare_them(made: world.World, who: str) -> None:
    sees = who in ("analyst", "strategy", "boss")
    found = made.data(LISTS, who=who)
    (policy,) = [one for one in found["policies"]["nodes"] if one["key"] == world.POLICY]
    assert [version["number"] for version in policy["versions"]] == ([1, None] if sees else [1])
    assert found["backtests"]["totalCount"] == len(found["backtests"]["nodes"]) == (2 if sees else 1)
    draft, backtest = global_id("PolicyVersion", 2), global_id("Backtest", 2)
    for identity in (draft, backtest):
        answer = made.data(NODE, {"id": identity, "version": draft}, who=who)
        assert (answer["node"] is not None) == sees
        assert (answer["policyVersion"] is not None) == sees
    known = made.data(NODE, {"id": global_id("Backtest", 1), "version": global_id("PolicyVersion", 1)}, who=who)
    assert known["node"]["version"]["number"] == 1


def test_the_plan_of_one_role_is_not_that_of_another(made: world.World) -> None:
    for who, versions in (("analyst", 2), ("sales", 1), ("analyst", 2), ("finance", 1)):
        (policy,) = made.data("{ policies { nodes { versions { state } } } }", who=who)["policies"]["nodes"]
        assert len(policy["versions"]) == versions


def test_the_progress_of_a_hidden_backtest_is_not_told(made: world.World) -> None:
    query = f'subscription {{ runProgress(id: "{global_id("Backtest", 2)}") {{ done }} }}'
    assert made.ask(query, who="sales")["data"] is None


def test_a_condition_holds_on_an_alias_and_beside_the_table_that_it_asks(made: world.World) -> None:
    version, backtest = tables.PolicyVersion, tables.Backtest
    alias = version.__table__.alias()
    with reading(made.engine) as connection:
        (condition,) = visible(NOBODY, version, alias)
        assert connection.execute(select(alias.c.id).where(condition)).scalars().all() == [1]
        joined = select(backtest.id).join(version, version.id == backtest.version_id)
        assert connection.execute(restricted(joined, NOBODY, backtest)).scalars().all() == [1]


def test_the_table_names_roles_that_there_are() -> None:
    for seen in ROWS.values():
        assert seen.roles <= EVERYONE
