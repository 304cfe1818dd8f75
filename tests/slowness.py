"""Databases that are slow for real, so that what bounds and shares time is tested with statements that run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


@contextmanager
def slow(engine: Engine) -> Iterator[None]:
    """Make the database slow for real: PostgreSQL by a lock on both tables, SQLite by a view and a trigger without end."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("lock table customers, improvements in access exclusive mode")
            yield
        return
    endless = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000000000) select count(*) c from n"
    )
    begin = [
        f"create view endless as {endless}",
        "alter table improvements rename to improvements_",
        "create view improvements as select * from improvements_ where (select c from endless) > 0",
        "create trigger endless_insert before insert on customers begin select c from endless; end",
    ]
    end = [
        "drop trigger endless_insert",
        "drop view improvements",
        "alter table improvements_ rename to improvements",
        "drop view endless",
    ]
    with engine.begin() as connection:
        for statement in begin:
            connection.exec_driver_sql(statement)
    yield
    with engine.begin() as connection:
        for statement in end:
            connection.exec_driver_sql(statement)
