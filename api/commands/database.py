"""The database itself: its tables, and the reference tables of the national standards."""

from __future__ import annotations

from sqlalchemy import Engine, func, insert, select

from schema.migrations import migrating, upgrade
from schema.reference import industries, regions
from schema.tables import Industry, Region


def upgrade_database(engine: Engine) -> None:
    """Bring the database to the newest revision and fill industries and regions; a second call changes nothing."""
    with migrating(engine) as connection:
        upgrade(connection)
    with engine.begin() as connection:
        if connection.scalar(select(func.count()).select_from(Industry)) == 0:
            names = ("code", "level", "name_zh", "name_en")
            rows = [{name: getattr(row, name) for name in names} | {"parent_code": row.parent} for row in industries()]
            connection.execute(insert(Industry), rows)
        if connection.scalar(select(func.count()).select_from(Region)) == 0:
            names = ("code", "level", "name", "area")
            rows = [{name: getattr(row, name) for name in names} | {"parent_code": row.parent} for row in regions()]
            connection.execute(insert(Region), rows)
