"""Migrations: one line of revisions that builds exactly the tables of the code, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from schema.migrations import downgrade, is_current, upgrade
from schema.tables import Base


def test_migrated_database_equals_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda thing, name, kind, *_: not (kind == "table" and thing.info.get("is_view"))},
        )
        assert compare_metadata(context, Base.metadata) == []
        assert is_current(connection)


def test_sqlite_gives_no_id_of_a_table_twice(sqlite_engine: Engine) -> None:
    """PostgreSQL never does."""
    with sqlite_engine.connect() as connection:
        written = text("select name from sqlite_master where type = 'table' and sql like '%AUTOINCREMENT%'")
        kept = set(connection.execute(written).scalars())
    declared = {table.name for table in Base.metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]}
    assert (
        kept == declared == {table.name for table in Base.metadata.sorted_tables if "id" in table.primary_key.columns}
    )


def test_downgrade_and_upgrade_again_leave_no_trace(engine: Engine) -> None:
    with engine.begin() as connection:
        downgrade(connection)
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        assert not is_current(connection)
        upgrade(connection)
        assert is_current(connection)


def test_view_of_current_grades_is_there(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from current_grades")).scalar() == 0
