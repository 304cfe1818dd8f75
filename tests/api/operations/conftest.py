"""Two databases that differ in nothing but what a caller may not see, for whoever tries to tell them apart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import inference
import pytest
import world
from people import finished_backtest
from sqlalchemy import Engine, text

from api.access import actor_of_login
from api.commands import policy
from api.database import make_engine, reading, writing
from policies.documents import shipped
from schema import tables
from schema.select.field import TYPES, Derived, source_of


def fill(made: world.World) -> None:
    """Add rows of the nouns that the world has none of."""
    day = date(2026, 1, 1)
    with writing(made.engine) as session:
        rater = made.people["analyst"].id
        own: dict[str, Any] = {"customer_id": 2}
        session.add(
            tables.PanelRating(
                word="industry_outlook", rating=5, proposal=True, reason="x", given_on=day, rater_id=rater, **own
            )
        )
        session.add(tables.Appointment(policy_id=1, kind="override", tier="S", reason="x", valid_from=day, valid_until=day, appointed_by_id=rater, evidence="y", **own))  # fmt: skip


def write_secrets(engine: Engine, *, varied: bool) -> None:
    """Put a secret into every personal column of every row; the masks are the same in both databases."""
    with engine.begin() as connection:
        for name in connection.scalars(text("select name from sqlite_master where type = 'trigger'")).all():
            connection.execute(text(f"drop trigger {name}"))
        for table, type_ in TYPES.items():
            for field in type_.__strawberry_definition__.fields:
                source = source_of(field)
                if isinstance(source, Derived) and source.kind is not None:
                    first, second = inference.SECRETS[source.kind]
                    values = "case when rowid % 2 = 1 then :first else :second end" if varied else ":second"
                    given = {"second": second} | ({"first": first} if varied else {})
                    statement = f'update "{table.__tablename__}" set {source.columns[0]} = {values}'  # noqa: S608  # our own names
                    connection.execute(text(statement), given)


@pytest.fixture(scope="session")
def pair(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[world.World, world.World]]:
    """Two databases: in one the secrets vary, in the other all are the second one, and a draft was written and tried."""
    folder = tmp_path_factory.mktemp("inference")
    whole = folder / "whole.db"
    shutil.copyfile(sqlite_template, whole)
    engine = make_engine(f"sqlite:///{whole}")
    built = world.build(engine, folder, 6)
    fill(built)
    engine.dispose()
    made = []
    for name in ("one", "other"):
        shutil.copyfile(whole, folder / f"{name}.db")
        engine = make_engine(f"sqlite:///{folder / name}.db")
        with reading(engine) as connection:
            people = {login: actor_of_login(connection, login) for login in world.PEOPLE}
        made.append(world.World(engine, folder, {login: actor for login, actor in people.items() if actor}))
        write_secrets(engine, varied=name == "one")
    with writing(made[1].engine) as session:
        analyst = made[1].people["analyst"]
        draft = policy.save_draft(session, analyst, shipped()[world.POLICY].read_text() + "\n# a draft\n")
        finished_backtest(session, draft, analyst)
    for one in made:
        one.engine.dispose()  # the last connection writes the log back into the file, which tests copy
    made[0].began = made[1].began  # requests that are open have been so for as long in both
    yield made[0], made[1]
    for one in made:
        one.engine.dispose()
