"""Signing in asks the database once a second, and what is revoked ends within that second."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine

from api import recent
from api.cli.serve import listening
from api.commands import api_key as api_keys
from api.database import make_engine
from api.endpoint.context import Context
from policies.refusal import Refusal

REVOKED = "update api_keys set revoked_at = '2026-01-01'"


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 0, graded=False)


def signs_in(made: world.World, key: str) -> Context:
    context = Context(made.engine, made.home, key)
    context.sign_in()
    return context


def test_a_burst_of_requests_signs_in_once_and_a_wrong_key_is_looked_up_each_time(made: world.World) -> None:
    key = world.key(made, "sales")
    with made.statements() as seen:
        for _ in range(10):
            assert signs_in(made, key).actor == made.people["sales"]
    assert len(seen) == 2  # the user and the roles
    with made.statements() as seen:
        for _ in range(2):
            with pytest.raises(Refusal, match="not known, is over or is revoked"):
                signs_in(made, f"{key}x")
    assert len(seen) == 2


def test_a_key_that_another_process_revokes_ends_within_a_second(made: world.World) -> None:
    key = world.key(made, "sales")
    signs_in(made, key)
    other = make_engine(made.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.exec_driver_sql(REVOKED)
    other.dispose()
    time.sleep(recent.SECONDS)
    with pytest.raises(Refusal, match="not known, is over or is revoked"):
        signs_in(made, key)


def test_a_key_that_this_process_revokes_ends_at_once(made: world.World) -> None:
    key, boss = world.key(made, "sales"), signs_in(made, world.key(made, "boss"))
    signs_in(made, key)
    assert boss.write(api_keys.revoke_all, "sales") == 1
    with pytest.raises(Refusal, match="not known, is over or is revoked"):
        signs_in(made, key)


def test_answers_do_not_wait_for_the_acknowledgement_of_their_first_part() -> None:
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY for these alone


def test_who_is_deactivated_while_being_looked_up_is_not_remembered(
    made: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, looked_up = world.key(made, "sales"), recent.signed_in

    def slowly(*given: Any) -> Any:
        found = looked_up(*given)
        with made.engine.begin() as connection:
            connection.exec_driver_sql("update users set active = false where login = 'sales'")
        return found

    monkeypatch.setattr(recent, "signed_in", slowly)
    signs_in(made, key)
    monkeypatch.setattr(recent, "signed_in", looked_up)
    with pytest.raises(Refusal, match="not known"):
        signs_in(made, key)
