"""API keys are issued, listed, end by themselves and are revoked, by administrators alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, func, select

from api.access import actor_of_key
from api.database import reading, writing
from schema.tables import ApiKey, Audit, User
from schema.tables.base import now

ISSUE = (
    "mutation I($login: String!, $at: DateTime, $name: String) { k: issueApiKey(login: $login, name: $name, expiresAt: $at) "
    "{ __typename ... on IssuedApiKey { key apiKey { id hint name expiresAt revokedAt user { login } } } ... on Refusal { code message } } }"
)
REVOKE = (
    "mutation R($id: ID!) { k: revokeApiKey(id: $id) { ... on ApiKey { hint revokedAt } ... on Refusal { code } } }"
)
LIST = "query L($login: String) { apiKeys(login: $login) { totalCount nodes { hint name user { login } } } }"


def holder(engine: Engine, key: str) -> str | None:
    with reading(engine) as connection:
        actor = actor_of_key(connection, key)
    return actor.login if actor else None


def test_a_key_is_issued_listed_used_and_revoked(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    issued = made.data(ISSUE, {"login": "sales", "name": "crm"}, who="boss")["k"]
    assert issued["apiKey"] | {"id": ""} == {
        "id": "", "hint": issued["key"][:10], "name": "crm", "expiresAt": None, "revokedAt": None, "user": {"login": "sales"},
    }  # fmt: skip
    assert holder(engine, issued["key"]) == "sales"
    made.data(ISSUE, {"login": "finance"}, who="boss")
    listed = made.data(LIST, {"login": "sales"}, who="boss")["apiKeys"]
    assert listed == {
        "totalCount": 1,
        "nodes": [{"hint": issued["key"][:10], "name": "crm", "user": {"login": "sales"}}],
    }
    assert made.data(LIST, who="boss")["apiKeys"]["totalCount"] == 2
    by_filter = '{ apiKeys(filter: {user: {login: {equals: "sales"}}, revokedAt: {isNull: true}}) { totalCount nodes { hint name user { login } } } }'
    assert made.data(by_filter, who="boss")["apiKeys"] == listed
    assert made.data(REVOKE, {"id": issued["apiKey"]["id"]}, who="boss")["k"]["revokedAt"] is not None
    assert holder(engine, issued["key"]) is None
    with reading(engine) as connection:
        actions = connection.execute(select(Audit.action).where(Audit.action.like("%_key"))).scalars().all()
        kept = str(connection.execute(select(Audit.detail)).scalars().all())
    assert actions == ["issue_key", "issue_key", "revoke_key"]
    assert issued["key"] not in kept


def test_a_key_ends_by_itself(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    key = made.data(ISSUE, {"login": "sales", "at": (now() + timedelta(days=1)).isoformat()}, who="boss")["k"]["key"]
    assert holder(engine, key) == "sales"
    with writing(engine) as session:
        session.scalars(select(ApiKey)).one().expires_at = now() - timedelta(seconds=1)
    assert holder(engine, key) is None


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"login": "nobody"}, "not_found"),
        ({"login": "sales", "at": "2020-01-01T00:00:00+00:00"}, "invalid"),
        ({"login": "sales", "name": " "}, "invalid"),
        ({"login": "sales", "name": "x" * 61}, "invalid"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_nothing_is_written(
    sqlite_engine: Engine, tmp_path: Path, variables: dict[str, Any], code: str
) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    assert made.data(ISSUE, variables, who="boss")["k"]["code"] == code
    with reading(sqlite_engine) as connection:
        assert connection.scalar(select(func.count()).select_from(ApiKey)) == 0


def test_roles_are_set_for_others_and_a_user_is_created_and_deactivated(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    user = "... on User { login active roles { role } } ... on Refusal { code }"
    create = f'mutation {{ u: createUser(login: "ana", name: "安娜", roles: [ANALYST, SALES]) {{ {user} }} }}'
    assert made.data(create, who="boss")["u"] == {
        "login": "ana", "active": True, "roles": [{"role": "ANALYST"}, {"role": "SALES"}],
    }  # fmt: skip
    assert made.data(create, who="boss")["u"] == {"code": "conflict"}
    roles = 'mutation {{ u: setUserRoles(login: "{}", roles: [{}]) {{ {} }} }}'
    assert made.data(roles.format("ana", "FINANCE, SALES", user), who="boss")["u"]["roles"] == [
        {"role": "FINANCE"}, {"role": "SALES"},
    ]  # fmt: skip
    assert made.data(roles.format("ana", "", user), who="boss")["u"] == {"code": "invalid"}
    assert made.data(roles.format("boss", "STRATEGY", user), who="boss")["u"] == {"code": "invalid"}
    key = made.data(ISSUE, {"login": "ana"}, who="boss")["k"]["key"]
    ended = made.data(f'mutation {{ u: deactivateUser(login: "ana") {{ {user} }} }}', who="boss")["u"]
    assert ended["active"] is False
    assert holder(engine, key) is None
    assert made.data(ISSUE, {"login": "ana"}, who="boss")["k"]["code"] == "invalid"
    with reading(engine) as connection:
        assert connection.scalar(select(User.active).where(User.login == "ana")) is False


def test_keys_are_for_administrators_alone(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    made.data(ISSUE, {"login": "sales"}, who="boss")
    for who in ("sales", "strategy"):
        for asked in (LIST, '{ apiKeys(filter: {hint: {equals: "x"}}) { totalCount } }'):
            with made.statements() as seen:
                (error,) = made.ask(asked, who=who)["errors"]
            assert (error["extensions"]["code"], seen) == ("forbidden", [])
        assert made.data(ISSUE, {"login": who}, who=who)["k"]["code"] == "forbidden"
    for query, variables in (
        (LIST, None),
        (LIST, {"login": "sales"}),
        ("{ apiKeys { nodes { id createdAt user { roles { role } } } } }", None),
    ):
        assert made.ask(query, variables, who="boss") == made.ask(query, variables, who="boss", planning=False)
