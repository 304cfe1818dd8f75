"""Answers a selection of groups: one statement for the groups, one more for each key that is a row of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLObjectType, get_named_type, is_leaf_type
from sqlalchemy import select
from sqlalchemy.inspection import inspect

from policies.refusal import Refusal
from schema.aggregate.group import Groups, Measured, check
from schema.aggregate.key import GroupKey, keys_of
from schema.aggregate.measure import MEASURES
from schema.aggregate.statement import Statement
from schema.select import fallback
from schema.select.fetch import Reader, among
from schema.select.field import model_of
from schema.select.level import Level
from schema.select.plan import Details, selected
from schema.select.visibility import restricted

if TYPE_CHECKING:
    from schema.select.executor import SelectExecutor

Values = Mapping[str, Any]
Show = Callable[[Values], dict[str, Any]]


@dataclass
class Rows:
    """The rows that a key names, where they are selected: their place in the selection, and each by its key."""

    key: GroupKey
    details: Details
    type: GraphQLObjectType
    level: Level | None = None
    found: dict[Any, Any] = field(default_factory=dict)


class Answer:
    """The answer to one selection of groups."""

    def __init__(self, executor: SelectExecutor, type_: GraphQLObjectType, details: Details, asked: Groups) -> None:
        self.executor, self.asked, self.viewer = executor, asked, asked.viewer
        self.wanted: set[Measured] = {("count", "")}
        self.rows: list[Rows] = []
        self.planned = executor.context_value.planning
        self.show = self._shower(type_, details, ())

    def _shower(self, type_: GraphQLObjectType, details: Details, path: tuple[str, ...]) -> Show:
        """Return how values are shown as the selection wants them; notes what it wants."""
        constants: dict[str, Any] = {}
        parts: list[tuple[str, str, Callable[[Any], Any]]] = []
        for response_key, found, graphql_field in selected(self.executor, type_, details):
            constants[response_key] = type_.name if graphql_field is None else None
            if graphql_field is None:
                continue
            name = graphql_field.extensions["strawberry-definition"].python_name
            inner: Any = get_named_type(graphql_field.type)
            if is_leaf_type(inner):
                self._want(path, name)
                parts.append((response_key, name, inner.coerce_output_value))
            elif model_of(inner.extensions["strawberry-definition"]) is not None:
                self._want(path, name)
                parts.append((response_key, name, self._row(name, inner, found)))
            elif name == "nodes":
                parts.append((response_key, name, _each(self._shower(inner, found, path))))
            else:
                parts.append((response_key, name, self._shower(inner, found, (*path, name))))

        def show(values: Values) -> dict[str, Any]:
            answer = dict(constants)
            for response_key, name, part in parts:
                if (value := values[name]) is not None:
                    answer[response_key] = part(value)
            return answer

        return show

    def _want(self, path: tuple[str, ...], name: str) -> None:
        if not path:  # count of a group; total_count comes with every row
            return
        (measure,) = path
        if measure == "key" and name not in {by.key.name for by in self.asked.by}:
            raise Refusal(f"key.{name} is selected, and is not among by; add it there.", code="invalid")
        check(self.asked, measure, name, "selection")
        self.wanted.add((measure, name))

    def _row(self, name: str, type_: GraphQLObjectType, details: Details) -> Callable[[Any], Any]:
        rows = Rows(keys_of(self.asked.model)[name], details, type_, self.executor.plan(type_, details))
        self.planned = self.planned and rows.level is not None
        self.rows.append(rows)
        return rows.found.get

    def groups(self, reader: Reader) -> dict[str, Any]:
        """Return the values of the groups, nested as their types are; Refusal for mixed currencies."""
        statement = Statement(self.asked, self.wanted, reader.dialect)
        found = reader.rows(statement.select)
        if found and found[0][-2]:
            names = " and ".join(number.name for number in statement.priced)
            message = f"{names} of several currencies would be added or compared; group by CURRENCY too, or filter by one currency."
            raise Refusal(message, code="mixed_currencies")
        self.executor.count(len(found))
        nodes = [_nested(statement.places, row) for row in found]
        return {"nodes": nodes, "total_count": found[0][-1] if found else 0}

    def answered(self) -> dict[str, Any] | None:
        """Return the response, or None when the rows of a key cannot be planned."""
        if not self.planned:
            return None
        with Reader(self.executor.context_value) as reader:
            values = self.groups(reader)
            try:
                for rows in self.rows:
                    assert rows.level is not None
                    table, own = _table_of(rows.key)
                    statement = restricted(select(table), self.viewer, table).where(among(own, reader.dialect))
                    fetched = reader.rows(rows.level.select_from(statement, own), keys=self._keys(rows, values))
                    made = rows.level.answers(reader, fetched)
                    rows.found |= {row[-1]: one for row, one in zip(fetched, made.values, strict=True)}
                    self.executor.count(made.rows)
                return self.show(values)
            except GraphQLError:  # a value that its scalar refuses: ordinary resolution says where
                return None

    def loaded(self) -> Any:
        """Return the groups as objects, for graphql-core to resolve."""
        with Reader(self.executor.context_value) as reader:
            values = self.groups(reader)
        for name in {rows.key.name for rows in self.rows}:
            same = [rows for rows in self.rows if rows.key.name == name]
            table, own = _table_of(same[0].key)
            statement = restricted(select(table), self.viewer, table).where(own.in_(self._keys(same[0], values)))
            details = [detail for rows in same for detail in rows.details]
            found = {
                getattr(row, inspect(table).primary_key[0].key): row
                for row in fallback.load(self.executor, same[0].type, details, statement)
            }
            for group in values["nodes"]:
                group["key"][name] = found.get(group["key"][name])
        return _objects(values)

    @staticmethod
    def _keys(rows: Rows, values: Values) -> list[Any]:
        keys = {group["key"][rows.key.name] for group in values["nodes"]} - {None}
        return sorted(keys)


def _table_of(key: GroupKey) -> tuple[Any, Any]:
    assert key.target is not None
    (own,) = inspect(key.target).primary_key
    return key.target, own


def _each(show: Show) -> Callable[[Iterable[Values]], list[dict[str, Any]]]:
    return lambda values: [show(one) for one in values]


def _nested(places: Mapping[Measured, int], row: Sequence[Any]) -> dict[str, Any]:
    """Return the values of a group by measure, then by name."""
    values: dict[str, Any] = {measure: {} for measure in ("key", "distinct", *MEASURES)}
    for (measure, name), place in places.items():
        if measure == "count":
            values["count"] = row[place]
        else:
            values[measure][name] = row[place]
    return values


def _objects(value: Any) -> Any:
    """Return nested values as objects with attributes; rows of tables stay what they are."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: _objects(inner) for name, inner in value.items()})
    return [_objects(inner) for inner in value] if isinstance(value, list) else value
