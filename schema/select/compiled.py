"""SQL compiled once and run on the driver's own connection: SQLAlchemy builds statements, this repeats them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from types import NoneType
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Select
from sqlalchemy.engine.interfaces import Compiled as SQL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Row = Sequence[Any]
# Types of which equal values are shown the same: not so numbers, 1.0 and 1.00.  Instants are all in UTC, or without a zone.
ALIKE = ({str, NoneType}, {date, NoneType}, {datetime, NoneType})
Process = Callable[[Any], Any] | None


class Compiled:
    """The SQL of a statement, for all statements of the same shape: they differ in ``parameters`` alone.

    ``parameters`` are those that the shape's statements carry, in the order of their cache key.
    """

    def __init__(self, statement: Select[Any], parameters: Sequence[BindParameter[Any]], dialect: Dialect) -> None:
        compiled: SQL = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.escaped_bind_names  # no column of ours has such a name
        self.dialect = dialect
        place = {parameter.key: index for index, parameter in enumerate(parameters)}
        names = compiled.bind_names.items()
        # (name in the SQL, its key, its place among the parameters or None, its parameter, how its value is bound)
        self.binds = [
            (name, parameter.key, place.get(parameter.key), parameter, _binder(parameter, dialect))
            for parameter, name in names
        ]
        self.dated = any(parameter.key in ("today", "now") for parameter, _ in names)
        self.text: str = compiled.string
        self.order: Sequence[str] | None = compiled.positiontup
        # An IN has as many places as it has values: SQLAlchemy's compiler, a large thing, is kept for these alone.
        self.expanding = compiled if compiled.post_compile_params or compiled.literal_execute_params else None
        self.types = [column.type for column in compiled._result_columns]
        self.readers: list[tuple[int, Callable[[Any], Any]]] | None = None

    def rows(
        self, connection: Connection, parameters: Sequence[BindParameter[Any]], given: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows for the values of a statement's parameters and those ``given`` by name."""
        values, binders = {}, {}
        for name, key, place, parameter, binder in self.binds:
            own = parameter if place is None else parameters[place]
            if key in given:
                value = given[key]
            elif own.required:
                raise KeyError(f"the parameter {key} wants a value")
            else:
                value = own.effective_value
            if binder is not None:
                if self.expanding is not None:
                    binders[name] = binder
                else:
                    value = binder(value)
            values[name] = value
        text, order = self.text, self.order
        if self.expanding is not None:
            state = self.expanding.construct_expanded_state(values)
            text, values, order = state.statement, dict(state.parameters), state.positiontup
            binders |= state.processors
            values = {n: binders[n](value) if n in binders else value for n, value in values.items()}
        return self._run(connection, text, values if order is None else [values[name] for name in order])

    def _run(self, connection: Connection, text: str, values: Any) -> Sequence[Row]:
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        for announce in connection.dispatch.before_cursor_execute:
            announce(connection, cursor, text, values, None, False)
        try:
            cursor.execute(text, values)
            found: Sequence[Row] = cursor.fetchall()
        except self.dialect.loaded_dbapi.Error as error:
            raise self._failure(connection, cursor, text, error) from error
        if self.readers is None:
            self.readers = self._readers(cursor.description)
        cursor.close()
        if not self.readers or not found:
            return found
        columns = list(zip(*found, strict=True))
        for place, read in self.readers:
            columns[place] = tuple(each(read, columns[place], set(map(type, columns[place]))))
        return list(zip(*columns, strict=True))

    def _readers(self, description: Sequence[Sequence[Any]]) -> list[tuple[int, Callable[[Any], Any]]]:
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for place, (kind, told) in enumerate(zip(self.types, description, strict=True)):
            read = kind.dialect_impl(self.dialect).result_processor(self.dialect, told[1])
            if read is not None:
                found.append((place, read))
        return found

    def _failure(self, connection: Connection, cursor: Any, text: str, error: Exception) -> DBAPIError:
        """Return a driver's error as SQLAlchemy's; a lost server takes all pooled connections with it."""
        driver = connection.connection.dbapi_connection
        lost = self.dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type]  # both are the driver's
        if lost:
            connection.invalidate(error)
            connection.engine.dispose(close=False)
        base = self.dialect.loaded_dbapi.Error
        found: Any = DBAPIError.instance(text, None, error, base, True, lost, self.dialect)
        assert isinstance(found, DBAPIError)
        return found


def each(make: Callable[[Any], Any], values: Sequence[Any], kinds: Set[type]) -> Iterable[Any]:
    """Return what ``make`` makes of each value, whose types are ``kinds``; of equal ones once, where they are the same.

    Rows of one page often have few: texts of enums, the moment at which they were imported together.
    """
    if any(kinds <= alike for alike in ALIKE):
        different = set(values)
        if 2 * len(different) < len(values):
            made = dict(zip(different, map(make, different), strict=True))
            return [made[value] for value in values]
    return map(make, values)


def _binder(parameter: BindParameter[Any], dialect: Dialect) -> Process:
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)
