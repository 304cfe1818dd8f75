"""Many rows of a table read, locked, inserted, updated or deleted with one statement for all, or one per thousand."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    Table,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from schema.tables import Base


def table_of(model: type[Base]) -> Table:
    """Return the table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def one_of(session: Session, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the values, bound as one value, whatever their number."""
    return matching(session.get_bind().dialect.name, column, values)


def matching(dialect: str, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition of ``one_of`` in a dialect."""
    if dialect == "sqlite":
        given = func.json_each(literal(json.dumps(list(values)), String)).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))


def held(session: Session, model: type[Base], keys: Collection[int], *, lock: bool) -> dict[int, dict[str, Any]]:
    """Return rows by key, in the order of their keys; locked until the transaction ends where ``lock`` says so.

    All who lock many rows lock them in this order, so that nobody waits in a circle.
    """
    table = table_of(model)
    statement = select(table).where(one_of(session, table.c.id, keys)).order_by(table.c.id)
    if lock:
        statement = statement.with_for_update()
    return {row["id"]: dict(row) for row in session.connection().execute(statement).mappings()} if keys else {}


def inserted(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], instant: datetime) -> list[int]:
    """Insert rows and return their keys in the same order; of what is left out the table's own default holds.

    ``instant`` is the default of every column that takes the present moment: the rows of a call are known at once.
    """
    table = table_of(model)
    if not rows:
        return []
    keys = _reserved(session, table, len(rows))
    defaults = {column.name: _default(column.default, instant) for column in table.columns if column.name != "id"}
    values = [{**defaults, **row, "id": key} for key, row in zip(keys, rows, strict=True)]
    session.connection().execute(insert(table), values)
    return keys


def _reserved(session: Session, table: Table, count: int) -> list[int]:
    """Take keys for new rows before they are written: what an INSERT returns has no order that SQLite promises."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":  # the transaction is the only writer
        given = text("select seq from sqlite_sequence where name = :name")
        last = connection.scalar(given, {"name": table.name}) or 0
        return list(range(last + 1, last + 1 + count))
    following = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
    series = func.generate_series(1, count).table_valued("number")
    return list(connection.execute(select(following).select_from(series)).scalars())


def _default(default: Any, instant: datetime) -> Any:
    if default is None:
        return None
    return instant if default.is_callable else default.arg


def updated(
    session: Session,
    model: type[Base],
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    before: Mapping[int, Mapping[str, Any]],
) -> None:
    """Update rows, given as (key, columns); a row that lacks a column which another row has keeps what it has."""
    table, changes = table_of(model), list(rows)
    names = sorted({name for _, columns in changes for name in columns})
    if not names:
        return
    values = [
        {"row_id": key, **{name: columns.get(name, before[key][name]) for name in names}} for key, columns in changes
    ]
    session.connection().execute(update(table).where(table.c.id == bindparam("row_id")), values)


def deleted(session: Session, model: type[Base], keys: Collection[int]) -> None:
    """Delete rows by key."""
    table = table_of(model)
    if keys:
        session.connection().execute(delete(table).where(one_of(session, table.c.id, keys)))
