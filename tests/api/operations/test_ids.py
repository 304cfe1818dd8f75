"""An id is given once: a row that was deleted comes back beside the one that was entered after it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from api.commands import database
from api.commands.bulk.removal import Removal
from api.database import make_engine, reading
from policies.refusal import Refusal
from schema import tables
from schema.migrations import downgrade, upgrade
from schema.select.global_id import global_id

CUSTOMER = global_id("Customer", 1)
OF_CUSTOMER = f'customerId: "{CUSTOMER}"'
# (type, its table, its plural, a row of it)
DELETABLE: list[tuple[str, type[tables.Base], str, str]] = [
    ("Contact", tables.Contact, "Contacts", 'name: "李雷"'),
    ("Need", tables.Need, "Needs", 'kind: "技术支持"'),
    ("Order", tables.Order, "Orders", 'orderedOn: "2026-01-05", lines: [{product: "泵", amount: "9"}]'),
    ("Contract", tables.Contract, "Contracts", 'startsOn: "2026-01-01"'),
    ("Interaction", tables.Interaction, "Interactions", 'kind: "电话", happenedAt: "2026-01-05T09:00:00+08:00"'),
    ("ServiceRecord", tables.ServiceRecord, "ServiceRecords", 'kind: "consult", openedAt: "2026-01-05T09:00:00+08:00"'),
    ("Survey", tables.Survey, "Surveys", 'surveyedOn: "2026-01-05", score: 4'),
]
each_noun = pytest.mark.parametrize(
    ("name", "model", "plural", "row"), DELETABLE, ids=[plural for _, _, plural, _ in DELETABLE]
)
QUOTED = re.compile('^CREATE TABLE "([a-z_]+)"')
BULK = "{ __typename ... on BulkAnswer { ids undo { token } } ... on Refusal { message } }"


def call(made: world.World, operation: str) -> Any:
    answer = made.data(f"mutation {{ r: {operation} }}", who="boss")["r"]
    assert answer["__typename"] != "Refusal", answer
    return answer


def newest(made: world.World, model: type[tables.Base]) -> int:
    with reading(made.engine) as connection:
        return connection.scalar(select(func.max(model.__table__.c.id))) or 0


def delete(made: world.World, plural: str, *keys: str) -> str:
    ids = ", ".join(f'"{key}"' for key in keys)
    return str(call(made, f'delete{plural}(ids: [{ids}], reason: "误录") {BULK}')["undo"]["token"])


def undo(made: world.World, token: str) -> None:
    assert call(made, f'undo(token: "{token}") {{ __typename ... on Refusal {{ message }} }}')["__typename"] == "Undone"


def state(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(table).order_by(*table.primary_key)).all()
            for table in tables.Base.metadata.sorted_tables
        }


def named(found: re.Match[str]) -> str:
    return f"CREATE TABLE {found[1]}"


def shape(engine: Engine) -> dict[tuple[str, str], str]:
    """What the database says of its tables, indexes, triggers and views; a rename has put names of tables in quotes."""
    of_ours = text("select type, name, tbl_name, sql from sqlite_master where name <> 'sqlite_sequence'")
    with reading(engine) as connection:
        return {
            (kind, name): f"{table}: {QUOTED.sub(named, sql or '')}"
            for kind, name, table, sql in connection.execute(of_ours)
        }


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[world.World]:
    """A world in an SQLite database as it was before ids were kept."""
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "upgrade", lambda connection: upgrade(connection, "0014"))
        made = world.build(engine, tmp_path, 5, graded=False)
    yield made
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres", "upgraded"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> world.World:
    """A world on each database, and on an SQLite database that was upgraded with its rows."""
    if request.param == "upgraded":
        found: world.World = request.getfixturevalue("old")
        database.upgrade_database(found.engine)
        return found
    return world.build(request.getfixturevalue(f"{request.param}_engine"), tmp_path, 5, graded=False)


@each_noun
def test_a_row_entered_after_a_deletion_has_an_id_of_its_own(
    made: world.World, name: str, model: type[tables.Base], plural: str, row: str
) -> None:
    key = newest(made, model)
    before = state(made.engine)[model.__table__.name]
    deletion = delete(made, plural, global_id(name, key))
    entered = [global_id(name, key + 1), global_id(name, key + 2), global_id(name, key + 3)]
    found = call(made, f"create{plural}(input: [{{{OF_CUSTOMER}, {row}}}, {{{OF_CUSTOMER}, {row}}}]) {BULK}")
    assert found["ids"] == entered[:2]
    call(made, f"create{name}({OF_CUSTOMER}, input: {{{row}}}) {{ __typename ... on Refusal {{ message }} }}")
    assert newest(made, model) == key + 3
    undo(made, deletion)
    after = state(made.engine)[model.__table__.name]
    assert (after[:-3], [global_id(name, one.id) for one in after[-3:]]) == (before, entered)
    last = delete(made, plural, *entered)
    call(made, f"create{plural}(input: [{{{OF_CUSTOMER}, {row}}}]) {BULK}")
    undo(made, last)


def test_an_undone_creation_leaves_its_ids_unused(made: world.World) -> None:
    create = 'createCustomers(input: [{name: "甲公司", status: ACTIVE}, {name: "乙公司"}])' + BULK
    assign = f'assignTags(input: [{{{OF_CUSTOMER}, dimension: "新", name: "乙"}}])' + BULK
    taken = [newest(made, model) for model in (tables.Customer, tables.StatusChange, tables.CustomerTag, tables.Tag)]
    for operation in (create, assign):
        undo(made, call(made, operation)["undo"]["token"])
    customers = call(made, create)["ids"]
    call(made, assign)
    assert customers == [global_id("Customer", taken[0] + 3), global_id("Customer", taken[0] + 4)]
    kept = [newest(made, model) for model in (tables.StatusChange, tables.CustomerTag, tables.Tag)]
    assert kept == [taken[1] + 4, taken[2] + 2, taken[3] + 2]


def test_every_deletion_is_tried_here() -> None:
    assert {removal.table for removal in Removal.__subclasses__()} == {model for _, model, _, _ in DELETABLE}


LATER = {("index", "ix_customers_department_status_number")}  # 0016 makes it


def test_an_upgrade_keeps_every_row_constraint_index_and_trigger(old: world.World) -> None:
    world.grade(old)
    rows, before = state(old.engine), shape(old.engine)
    database.upgrade_database(old.engine)
    after = shape(old.engine)
    assert {
        name: sql.replace("(id AUTOINCREMENT)", "(id)") for name, sql in after.items() if name not in LATER
    } == before
    own = {table.name for table in tables.Base.metadata.tables.values() if "id" in table.primary_key.columns}
    assert {name for (_, name), sql in after.items() if "AUTOINCREMENT" in sql} == own
    assert sum(kind == "trigger" for kind, _ in after) > 60
    with old.engine.begin() as connection:  # an earlier revision keeps the tables
        downgrade(connection, "0014")
        upgrade(connection)
    assert (shape(old.engine), state(old.engine)) == (after, rows)
    with old.engine.connect() as connection, pytest.raises(IntegrityError, match="only ever added"):
        connection.execute(text("delete from audits"))
    with old.engine.connect() as connection, pytest.raises(IntegrityError, match="FOREIGN KEY"):
        connection.execute(text("delete from customers where id = 1"))


@each_noun
def test_what_was_deleted_before_an_upgrade_comes_back_beside_what_is_entered_after_it(
    old: world.World, name: str, model: type[tables.Base], plural: str, row: str
) -> None:
    keys = [one.id for one in state(old.engine)[model.__table__.name]]
    before = state(old.engine)[model.__table__.name]
    deletion = delete(old, plural, *(global_id(name, key) for key in keys))  # every row: no id is left to tell
    database.upgrade_database(old.engine)
    found = call(old, f"create{plural}(input: [{{{OF_CUSTOMER}, {row}}}]) {BULK}")
    assert found["ids"] == [global_id(name, keys[-1] + 1)]
    undo(old, deletion)
    assert state(old.engine)[model.__table__.name][:-1] == before


def test_an_id_that_only_the_audit_tells_of_is_not_given_again(old: world.World) -> None:
    key = newest(old, tables.Contact)
    delete(old, "Contacts", global_id("Contact", key))
    with old.engine.begin() as connection:
        connection.execute(text("update bulk_calls set changes = null"))
    database.upgrade_database(old.engine)
    found = call(old, f'createContact({OF_CUSTOMER}, input: {{name: "李雷"}}) {{ __typename }}')
    assert (found, newest(old, tables.Contact)) == ({"__typename": "Contact"}, key + 1)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (("update needs set customer_id = 99 where id = 2",), "needs 2 names no row of customers"),
        (("pragma ignore_check_constraints = on", "update surveys set score = 9"), "CHECK constraint failed in surveys"),
    ],
    ids=["dangling", "damaged"],
)  # fmt: skip
def test_a_database_that_is_not_sound_is_not_upgraded(old: world.World, harm: tuple[str, ...], told: str) -> None:
    with closing(sqlite3.connect(str(old.engine.url.database))) as raw, raw:  # a hand that knows SQL
        for statement in harm:
            raw.execute(statement)
    before = shape(old.engine), state(old.engine)
    with pytest.raises(Refusal, match=told):
        database.upgrade_database(old.engine)
    assert (shape(old.engine), state(old.engine)) == before
    with old.engine.connect() as connection:
        assert connection.scalar(text("pragma foreign_keys")) == 1
        assert connection.scalar(text("pragma legacy_alter_table")) == 0


def test_rows_are_not_moved_while_foreign_keys_are_enforced(old: world.World) -> None:
    before = state(old.engine)
    with pytest.raises(Refusal, match="fenji database upgrade"), old.engine.begin() as connection:
        upgrade(connection)
    assert state(old.engine) == before
