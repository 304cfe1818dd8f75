"""The audit shows tampering: whatever is altered, taken away or slipped in past the triggers breaks the chain of seals."""

from __future__ import annotations

from threading import Thread

import pytest
from people import person
from sqlalchemy import Engine, func, select, text

from api.access import Actor
from api.commands.audit import record
from api.commands.audit_seal import noted, verify
from api.database import reading, writing
from policies.refusal import Refusal
from schema.tables import Audit, AuditSeal

# What somebody with the database's password does first.
DISARM = {
    "sqlite": "drop trigger guard_{0}_{1}",
    "postgresql": "alter table {0} disable trigger guard_{0}_{1}",
}


def written(engine: Engine, transactions: int = 3) -> Actor:
    actor = person(engine, "ana", "sales")
    for n in range(transactions):
        with writing(engine) as session:
            for row in range(n + 1):
                record(session, actor, "update", "customers", row, fields=["名称"], count=n)
    return actor


def test_each_transaction_leaves_one_seal_and_the_chain_holds(engine: Engine) -> None:
    actor = written(engine)
    with reading(engine) as connection:
        found = verify(connection)
        rows = connection.scalar(select(func.count()).select_from(Audit))
    assert (found.differences, found.rows, found.older) == ([], rows, 0)
    assert found.seals == 4  # the operator and ana, then three
    with pytest.raises(ZeroDivisionError), writing(engine) as session:
        record(session, actor, "update", "customers", 1 // 0)
    with writing(engine) as session:
        with session.begin_nested():
            record(session, actor, "update", "customers", 2)
        record(session, actor, "update", "customers", 3)
    with reading(engine) as connection:
        again = verify(connection, (found.seals, found.digest))
    assert (again.differences, again.seals, again.rows) == ([], found.seals + 1, found.rows + 2)


TAMPERED: dict[str, tuple[list[tuple[str, str]], list[str], str]] = {
    "a row altered": ([("audits", "update")], ["update audits set action = 'read' where id = 4"], "not those that were sealed"),
    "a row taken away": ([("audits", "delete")], ["delete from audits where id = 5"], "not those that were sealed"),
    "a row slipped in": (
        [],
        ["insert into audits (at, action, noun, detail) values ('2026-01-01', 'x', 'y', '{}')"],
        "has no seal",
    ),
    "a row slipped under a seal": (
        [],
        ["insert into audits (at, action, noun, detail, seal) select '2026-01-01', 'x', 'y', '{}', seal from audits where id = 4"],
        "not those that were sealed",
    ),
    "a seal and its rows taken away": (
        [("audits", "delete"), ("audit_seals", "delete")],
        ["delete from audits where seal = (select seal from audit_seals where position = 3)", "delete from audit_seals where position = 3"],
        "are missing",
    ),
    "a seal altered": ([("audit_seals", "update")], ["update audit_seals set digest = seal || seal where position = 2"], "not those that were sealed"),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_shows(engine: Engine, how: str) -> None:
    disarmed, statements, said = TAMPERED[how]
    written(engine)
    with engine.begin() as connection:
        for table, event in disarmed:
            connection.execute(text(DISARM[engine.dialect.name].format(table, event)))
        for statement in statements:
            connection.execute(text(statement))
    with reading(engine) as connection:
        found = verify(connection)
    assert any(said in one for one in found.differences), found.differences


def test_an_end_that_was_cut_off_shows_against_a_noted_seal(engine: Engine) -> None:
    written(engine)
    with reading(engine) as connection:
        whole = verify(connection)
    with engine.begin() as connection:
        for table in ("audits", "audit_seals"):
            connection.execute(text(DISARM[engine.dialect.name].format(table, "delete")))
        connection.execute(text("delete from audits where seal = (select seal from audit_seals where position = 4)"))
        connection.execute(text("delete from audit_seals where position = 4"))
    with reading(engine) as connection:
        assert verify(connection).differences == []
        assert verify(connection, noted(f"{whole.seals}:{whole.digest}")).differences == [
            "seal 4 is not the one that was noted"
        ]


@pytest.mark.parametrize("statement", ["update audit_seals set rows = 9", "delete from audit_seals"])
def test_the_database_refuses_to_alter_seals(engine: Engine, statement: str) -> None:
    written(engine, 1)
    with pytest.raises(Exception, match="only ever added"), engine.begin() as connection:
        connection.execute(text(statement))


def test_writers_at_once_make_one_chain(engine: Engine) -> None:
    actor = written(engine, 0)

    def work() -> None:
        for n in range(5):
            with writing(engine) as session:
                record(session, actor, "update", "customers", n)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        found = verify(connection)
        positions = connection.scalars(select(AuditSeal.position).order_by(AuditSeal.position)).all()
    assert found.differences == []
    assert list(positions) == list(range(1, 22))


@pytest.mark.parametrize("given", ["", "1", "x:1", "1:ab", "-1:" + "a" * 64])
def test_a_seal_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(Refusal):
        noted(given)
