"""The worlds of the tests: one is built and the others are its copies, which know nothing of each other."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from people import person
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.database import writing
from schema.tables import CurrentGrade, Customer, User
from schema.tables.base import now


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_writes_is_not_in_the_next_world(engine: Engine, tmp_path: Path, time: str) -> None:
    made = world.build(engine, tmp_path, 3)
    with Session(engine) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Customer, CurrentGrade)]
    assert counts == [3, 3], time
    assert made.data("{ customers { totalCount } }")["customers"]["totalCount"] == 3
    assert [path.suffix for path in (tmp_path / "snapshots").iterdir()] == [".parquet"]
    with writing(engine) as session:
        session.add(Customer(number="202601-9999", name=time, status="active", known_at=now()))


def test_a_world_is_built_upon_what_a_test_has_written(engine: Engine, tmp_path: Path) -> None:
    person(engine, "earlier", "sales")
    world.build(engine, tmp_path, 3)
    with Session(engine) as session:
        assert set(session.scalars(select(User.login))) >= {"earlier", *world.PEOPLE}
