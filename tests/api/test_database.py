"""The database as the application sets it up: reference tables, safe writers, clear refusals."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.orm import Session

from api.commands.database import upgrade_database
from api.database import make_engine, reading, writing
from policies.refusal import Refusal
from schema.tables import CustomerNumber, Industry, Region


def test_reference_tables_are_filled_once(engine: Engine) -> None:
    for _ in range(2):
        upgrade_database(engine)
    with reading(engine) as connection:
        levels = connection.execute(
            select(Industry.level, func.count()).group_by(Industry.level).order_by(Industry.level)
        ).all()
        assert [tuple(row) for row in levels] == [(1, 20), (2, 97), (3, 473), (4, 1382)]
        orphans = select(func.count()).where(Region.level == 2, Region.parent_code.is_(None))
        assert connection.scalar(orphans) == 0


def test_writers_wait_for_each_other_and_none_is_lost(engine: Engine) -> None:
    with writing(engine) as session:
        session.execute(insert(CustomerNumber).values(month="202601", last=0))

    def count() -> None:
        for _ in range(20):
            with writing(engine) as session:  # reads first, then writes: what fails under deferred transactions
                session.scalar(select(CustomerNumber.last).with_for_update())
                session.execute(update(CustomerNumber).values(last=CustomerNumber.last + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(engine) as session:
        assert session.scalar(select(CustomerNumber.last)) == 80


def test_a_reader_is_not_held_up_by_a_writer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        session.execute(insert(CustomerNumber).values(month="202601", last=0))
        with reading(sqlite_engine) as connection:
            assert connection.scalar(select(func.count()).select_from(CustomerNumber)) == 0


def test_sqlite_is_set_to_be_safe(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        found = {
            name: connection.execute(text(f"pragma {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://x", "sqlite+pysqlite2://"])
def test_an_unusable_address_is_refused_with_the_address(url: str) -> None:
    with pytest.raises(Refusal, match=url.split(":")[0].replace("+", r"\+")):
        make_engine(url)
