"""`fenji audit`: the chain of seals over the audit, and what was altered."""

from __future__ import annotations

from collections.abc import Callable

from people import person
from sqlalchemy import Engine, text


def test_the_command_line_tells_the_end_of_the_chain_and_exits_with_1_when_it_does_not_hold(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine
) -> None:
    person(sqlite_engine, "ana", "sales")
    code, out, _ = fenji("audit", "verify")
    assert code == 0
    end = out.split("ends with ")[1].split(" ")[0]
    assert fenji("audit", "verify", "--seal", end)[0] == 0
    with sqlite_engine.begin() as connection:
        connection.execute(text("drop trigger guard_audits_update"))
        connection.execute(text("update audits set action = 'read' where id = 2"))
    code, _, error = fenji("audit", "verify")
    assert code == 1
    assert "altered" in error
