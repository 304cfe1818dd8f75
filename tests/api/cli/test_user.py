"""`fenji user`: people, their roles, and keys that sign in."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from api.access import actor_of_key
from api.database import reading


def test_a_user_is_added_listed_and_signs_in_with_the_key(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine
) -> None:
    assert fenji("user", "add", "ana", "--name", "安娜", "--role", "analyst", "--role", "finance")[0] == 0
    code, out, _ = fenji("user", "list")
    assert code == 0
    assert "安娜" in out
    assert "analyst, finance" in out
    key = fenji("user", "key", "ana")[1].strip()
    with reading(sqlite_engine) as connection:
        actor = actor_of_key(connection, key)
        assert actor is not None
        assert actor.roles == {"analyst", "finance"}
        assert actor_of_key(connection, key + "x") is None


def test_a_taken_login_an_unknown_person_and_an_actor_without_the_role_are_refused(
    fenji: Callable[..., tuple[int, str, str]],
) -> None:
    fenji("user", "add", "ana", "--role", "analyst")
    assert fenji("user", "add", "ana", "--role", "sales")[::2] == (
        1,
        "fenji: The login 'ana' is taken; choose another.",
    )
    assert "No user 'bob'" in fenji("user", "key", "bob")[2]
    code, _, error = fenji("user", "add", "eve", "--role", "strategy", "--as", "ana")
    assert code == 1
    assert "may not manage_users" in error


def test_revoked_keys_and_deactivated_people_no_longer_come_in(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine
) -> None:
    for login in ("ana", "bob"):
        fenji("user", "add", login, "--role", "analyst")
    keys = {login: fenji("user", "key", login)[1].strip() for login in ("ana", "bob")}
    assert fenji("user", "revoke", "ana")[1].strip() == "1 keys of ana revoked."
    assert fenji("user", "deactivate", "bob")[0] == 0
    with reading(sqlite_engine) as connection:
        assert [actor_of_key(connection, key) for key in keys.values()] == [None, None]
    assert "No active user 'bob'" in fenji("policy", "save", "sabcd-weighted", "--as", "bob")[2]
    assert fenji("policy", "save", "sabcd-weighted", "--as", "ana")[0] == 0
    assert "cannot deactivate themselves" in fenji("user", "deactivate", "admin")[2]
    assert "may not manage_users" in fenji("user", "revoke", "bob", "--as", "ana")[2]
