"""The database itself: its tables, and the reference tables of the national standards."""

from __future__ import annotations

from sqlalchemy import Engine, func, insert, select

from schema.migrations import upgrade
from schema.reference import industries, regions
from schema.tables import Industry, Region


def upgrade_database(engine: Engine) -> None:
    """Bring the database to the newest revision and fill industries and regions; a second call changes nothing."""
    with engine.begin() as connection:
        upgrade(connection)
        for table, rows in ((Industry, industries()), (Region, regions())):
            if connection.scalar(select(func.count()).select_from(table)) == 0:
                connection.execute(insert(table), [vars(row) for row in rows])
