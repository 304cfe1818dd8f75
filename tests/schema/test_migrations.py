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
