"""A to-many relation by a key of several columns is fetched for all parents in one statement, each parent with its own rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import strawberry
import world
from graphql import execute, parse
from sqlalchemy import Engine, Select, and_, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, relationship
from strawberry.schema.config import StrawberryConfig

from api.database import writing
from api.endpoint.context import Context
from api.operations.declaring import query
from schema import tables
from schema.objects.exact import SCALARS
from schema.select import SelectExecutor, column, field, listed, mapped


class Mappings(DeclarativeBase):
    """Further mappings of the product's tables."""


class Rated(Mappings):
    """A rating, as what hangs on a day of a customer."""

    __table__ = tables.Assessment.__table__


class Change(Mappings):
    """A change of status, with the ratings of the same customer and day: a key of two columns, which may be unknown."""

    __table__ = tables.StatusChange.__table__
    rated: Mapped[list[Rated]] = relationship(
        viewonly=True, lazy="raise", order_by=lambda: Rated.__table__.c.word,
        primaryjoin=lambda: and_(
            tables.StatusChange.__table__.c.customer_id == foreign(tables.Assessment.__table__.c.customer_id),
            tables.StatusChange.__table__.c.changed_on == foreign(tables.Assessment.__table__.c.assessed_on),
        ),
    )  # fmt: skip


@mapped(Rated, "A rating.")  # type: ignore[arg-type]  # of another base, so that the product's tables stay as they are
class RatedShown:
    """A rating."""

    word: str = column("Which.")
    rating: int = column("How much.")


@mapped(Change, "A change.")  # type: ignore[arg-type]  # as above
class ChangeShown:
    """A change of status."""

    status: str = column("The new status.")
    rated: list[RatedShown] = listed("The ratings of the same customer and day.")


for model in (Rated, Change):  # what reads every type of the product is to read these no more
    del field.TYPES[model], field.CRITERIA[model]  # type: ignore[arg-type]  # as above


@strawberry.type
class Query:
    """The changes."""

    @query(list[ChangeShown], "All changes.")
    def changes(self) -> Select[Any]:
        """Return all changes."""
        return select(Change).order_by(tables.StatusChange.__table__.c.id)


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema
DOCUMENT = parse("{ changes { status rated { word rating } two: rated(first: 2) { w: word } } }")


def test_rows_below_a_composite_key_are_each_parents_own(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 6, graded=False)
    with writing(engine) as session:  # the third customer's ratings are of another day
        day = session.execute(select(tables.Assessment.assessed_on)).scalars().first()
        assert day is not None
        move = update(tables.Assessment).where(tables.Assessment.customer_id == 3)
        session.execute(move.values(assessed_on=day.replace(year=day.year - 1)))
    answers = []
    for planning in (True, False):
        context = Context(engine, tmp_path, planning=planning, signed_in=made.people["sales"])
        with made.statements() as seen:
            result = execute(SCHEMA, DOCUMENT, context_value=context, executor_class=SelectExecutor)
        assert result.errors is None
        answers.append(json.dumps(result.data))
        if planning:
            assert len(seen) == 3, seen  # the changes, their ratings, the first two of their ratings
            assert result.data is not None
            assert [len(change["rated"]) for change in result.data["changes"]] == [5, 0, 0, 0, 5, 0]
            assert [len(change["two"]) for change in result.data["changes"]] == [2, 0, 0, 0, 2, 0]
    assert answers[0] == answers[1]
