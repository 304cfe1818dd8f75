"""SQL run on the driver's connection gives what SQLAlchemy gives, for every shape of parameters and types."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, Select, bindparam, func, literal, literal_column, or_, select, text
from sqlalchemy.exc import DBAPIError

from api.endpoint.context import Context
from schema.select.compiled import each
from schema.select.fetch import COMPILED, Reader
from schema.select.moment import NOW, TODAY
from schema.tables import Contact, Customer

C = Customer.__table__.c


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 9, graded=False)


def both(made: world.World, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """The rows that the reader gives, equal to SQLAlchemy's own."""
    context = Context(made.engine, made.home, signed_in=made.people["sales"])
    with Reader(context) as reader:
        found, connection = [tuple(row) for row in reader.rows(statement)], reader.connection
        moment = {"today": context.today, "now": context.now}
        assert found == [tuple(row) for row in connection.execute(statement, moment).all()]
        assert [list(map(type, row)) for row in found] == [
            list(map(type, row)) for row in connection.execute(statement, moment).all()
        ]
    return found


def test_values_have_the_types_of_their_columns(made: world.World) -> None:
    statement = select(C.number, C.annual_revenue, C.created_at, C.founded_on, C.employees, C.number, literal(True))
    rows = both(made, statement.order_by(C.id))
    assert isinstance(rows[1][1], Decimal)
    assert isinstance(rows[1][2], datetime)
    assert isinstance(rows[1][3], date)
    assert all(row[0] == row[5] for row in rows)  # a column that is chosen twice is there twice


def test_a_list_may_have_any_length_in_one_shape(made: world.World) -> None:
    before = len(COMPILED)
    for wanted in ([], ["active"], ["active", "intent"], ["active", "intent", "potential"]):
        rows = both(made, select(C.id).where(C.status.in_(wanted)).order_by(C.id))
        assert len(rows) == 3 * len(wanted)
    assert len(COMPILED) - before <= 1


def test_parameters_are_bound_as_their_columns_keep_them(made: world.World) -> None:
    known = datetime(2020, 1, 1, tzinfo=UTC)
    for least in (Decimal(2000), Decimal("3000.00")):
        statement = select(C.id).where(C.annual_revenue >= least, C.created_at > known, C.created_at < NOW)
        rows = both(made, statement.where(or_(C.founded_on < TODAY, C.founded_on == date(2001, 1, 1))).order_by(C.id))
        assert rows == [(n,) for (n,) in rows if n > least / 1000]


def test_percent_signs_and_colons_of_texts_are_texts(made: world.World) -> None:
    odd = "100%(x)s ? :y %%"
    assert both(made, select(literal(odd), literal_column("'%%:a'"), func.count()).select_from(Contact)) != []
    assert both(made, select(C.id).where(C.name.contains("%", autoescape=True), C.name != odd)) == []


def test_an_error_of_the_driver_is_sqlalchemys_and_holds_no_values(made: world.World) -> None:
    context = Context(made.engine, made.home)
    for _ in range(2):
        with Reader(context) as reader, pytest.raises(DBAPIError) as raised:
            reader.rows(select(literal("a secret"), text("no_such_column")))
        assert "a secret" not in str(raised.value)
        assert raised.value.orig is not None
    assert both(made, select(func.count()).select_from(Customer)) == [(9,)]


def test_a_parameter_without_a_value_is_an_error(made: world.World) -> None:
    context = Context(made.engine, made.home)
    with Reader(context) as reader, pytest.raises(KeyError, match="wanted"):
        reader.rows(select(C.id).where(C.id == bindparam("wanted")))


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b", None, "a", "a", "b", "a"],
        [date(2020, 1, 1)] * 9 + [None],
        [datetime(2020, 1, 1, tzinfo=UTC)] * 5 + [datetime(2020, 1, 2, tzinfo=UTC)],
        [Decimal("1.0"), Decimal("1.00"), Decimal(1), Decimal("1.0"), Decimal("1.0")],
        [1, True, 1.0, 1, 1, 1, True],
        [{"a": 1}, {"a": 1}, {"a": 1}],
        [f"{n}" for n in range(20)],
        [],
    ],
)
def test_what_is_made_of_equal_values_once_is_what_would_be_made_of_each(values: list[Any]) -> None:
    made: list[Any] = []

    def make(value: Any) -> str:
        made.append(value)
        return repr(value)

    assert list(each(make, values, set(map(type, values)))) == [repr(value) for value in values]
    alike = len({*map(type, values)} - {type(None), str, date, datetime}) == 0
    assert len(made) <= len(values)
    assert not alike or len(made) == len(set(values))
