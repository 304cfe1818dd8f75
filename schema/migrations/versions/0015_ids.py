"""Ids that are never given twice: on SQLite each table with an id of its own is built anew with AUTOINCREMENT.

The steps are those of sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes", on the texts that the
database holds, so that every constraint, index and trigger stays as it is.  Alembic's batch mode loses the triggers.
"""

# ruff: noqa: S608  # every name is one of the database's own tables
from alembic import op
from sqlalchemy import Connection

from policies.refusal import Refusal

revision = "0015"
down_revision = "0014"

KEY, KEPT = "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)"
TABLES = f"select name, sql from sqlite_master where type = 'table' and instr(sql, '{KEY}') order by name"
PARTS = "select sql from sqlite_master where tbl_name = ? and type in ('index', 'trigger') and sql is not null"
# Ids that are named although their rows may be gone: by audit rows, and by what undoes a bulk call.
NAMED = (
    "select noun, max(cast(noun_id as integer)) from audits where noun_id not glob '*[^0-9]*' group by noun",
    "select json_extract(value, '$[0]'), max(json_extract(value, '$[1]')) from bulk_calls, json_each(changes) group by 1",
)


def upgrade() -> None:
    """Build the tables anew and begin each where its highest known id ends; PostgreSQL never gives an id twice."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    # Triggers that name a table are not to be touched when the new one takes its name.
    legacy = connection.exec_driver_sql("pragma legacy_alter_table").scalar()
    connection.exec_driver_sql("pragma legacy_alter_table = on")
    try:
        for name, sql in connection.exec_driver_sql(TABLES).all():
            _build_anew(connection, name, sql)
    finally:
        connection.exec_driver_sql(f"pragma legacy_alter_table = {legacy}")
    for statement in NAMED:
        for name, highest in connection.exec_driver_sql(statement).all():
            connection.exec_driver_sql("update sqlite_sequence set seq = max(seq, ?) where name = ?", (highest, name))
    _check(connection)


def _build_anew(connection: Connection, name: str, sql: str) -> None:
    enforced = connection.exec_driver_sql("pragma foreign_keys").scalar()
    if enforced and connection.exec_driver_sql(f"select 1 from {name} limit 1").scalar():
        raise Refusal(
            f"{name} has rows and SQLite enforces foreign keys; upgrade inside schema.migrations.migrating, as "
            "`fenji database upgrade` does."
        )
    parts = connection.exec_driver_sql(PARTS, (name,)).scalars().all()
    columns_and_constraints = sql[sql.index("(") :].replace(KEY, KEPT)
    connection.exec_driver_sql(f"create table new_{name} {columns_and_constraints}")
    connection.exec_driver_sql(f"insert into new_{name} select * from {name}")
    connection.exec_driver_sql(f"drop table {name}")
    connection.exec_driver_sql(f"alter table new_{name} rename to {name}")
    for part in parts:
        connection.exec_driver_sql(part)


def _check(connection: Connection) -> None:
    """Refuse the upgrade of a database in which SQLite finds anything wrong."""
    lost = connection.exec_driver_sql("pragma foreign_key_check").fetchmany(3)
    if lost:
        told = ", ".join(f"{table} {row} names no row of {parent}" for table, row, parent, _ in lost)
        raise Refusal(f"Not upgraded, nothing was changed: {told}. Mend or delete what dangles, then upgrade again.")
    found = connection.exec_driver_sql("pragma integrity_check(3)").scalars().all()
    if found != ["ok"]:
        raise Refusal(
            f"Not upgraded, nothing was changed: SQLite finds the file damaged ({'; '.join(found)}). Restore a backup, or "
            "take its rows out with `sqlite3 FILE .recover`, then upgrade again."
        )


def downgrade() -> None:
    """Leave the tables: every earlier revision works with them, and ids that were given stay given."""
