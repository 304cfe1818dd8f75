"""The one meaning of a filter: a pure function from what was given to a condition in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    FromClause,
    Select,
    and_,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import RelationshipProperty

from policies.refusal import Refusal
from schema.filter.number import MEASURED, measured, numbers_of
from schema.filter.operators import COMPARISONS, bounded, bounded_lists, compared, stored
from schema.filter.word import Identity, nouns, permitted
from schema.select.fetch import Viewer
from schema.select.join import on
from schema.select.node import keys_in
from schema.select.visibility import visible
from schema.tables import Base

MOST_DEPTH, MOST_CONDITIONS = 10, 200
Given = Mapping[str, Any]


def condition(
    model: type[Base], filter: Given | None, viewer: Viewer, table: FromClause | None = None
) -> ColumnElement[bool]:
    """Return the condition that a row of ``model``, in its table or an alias of it, meets a filter.

    The filter is what GraphQL made of its text, under GraphQL's names.  A comparison with an unknown value is not met;
    ``not`` is the exact complement.  Refusal for values that cannot be compared (invalid), for personal values that the
    viewer may not see (forbidden) and for filters larger than allowed (too_large).
    """
    bounded_lists(filter, "filter")
    return _Reading(viewer).of(model, model.__table__ if table is None else table, filter or {}, "filter", 0)


def related(
    relation: RelationshipProperty[Any], filter: Given | None, viewer: Viewer, table: FromClause
) -> Select[Any]:
    """Return the statement of the rows related to one of ``table`` that meet a filter and that the viewer sees."""
    bounded_lists(filter, "filter")
    return _Reading(viewer).rows(relation, table, filter or {}, "filter", 0)


class _Reading:
    """Reads one filter, and counts what it holds."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer, self.conditions = viewer, 0

    def of(self, model: type[Base], table: FromClause, given: Given, where: str, depth: int) -> ColumnElement[bool]:
        """Return the condition of one filter object; all its entries hold together."""
        bounded(depth, MOST_DEPTH, where, "levels")
        offered, parts = nouns(model), []
        for key, value in given.items():
            here = f"{where}.{key}"
            self.conditions += 1
            bounded(self.conditions, MOST_CONDITIONS, where.partition(".")[0], "conditions")
            if value is None:
                raise Refusal(f"{here} is null; leave it out, or ask isNull.", code="invalid")
            if key in ("and", "or"):
                met = [self.of(model, table, one, f"{here}[{at}]", depth + 1) for at, one in enumerate(value)]
                parts.append(and_(true(), *met) if key == "and" else or_(false(), *met))
            elif key == "not":
                parts.append(complement(self.of(model, table, value, here, depth + 1)))
            elif key == "isNull":
                raise Refusal(
                    f"{here}: only a related row can be missing; ask isNull under a relation.", code="invalid"
                )
            elif key == "id" and offered.identity is not None:
                columns = [table.c[column] for column in offered.identity.columns]
                parts += _identified(offered.identity, columns, value, here)
            else:
                parts += self._named(model, table, offered.graphql[key], value, here, depth)
        return and_(true(), *parts)

    def _named(
        self, model: type[Base], table: FromClause, name: str, value: Any, where: str, depth: int
    ) -> list[ColumnElement[bool]]:
        offered = nouns(model)
        if word := offered.words.get(name):
            word.check(self.viewer, where)
            return compared(word.expression(table, self.viewer), value, where)
        if criterion := offered.criteria.get(name):
            for kind in criterion.kinds:
                permitted(kind, self.viewer, where)
            return [criterion.make(table, value, self.viewer)]
        relation = offered.relations[name]
        if relation.uselist:
            return [self._many(relation, table, way, inner, f"{where}.{way}", depth) for way, inner in value.items()]
        return [self._one(relation, table, dict(value), where, depth)]

    def _one(
        self, relation: RelationshipProperty[Any], table: FromClause, given: dict[str, Any], where: str, depth: int
    ) -> ColumnElement[bool]:
        key = self._key_of(relation)
        if key is not None and given.keys() == {"id"} and given["id"]:
            identity, own = key
            return and_(true(), *_identified(identity, [table.c[own]], given["id"], f"{where}.id"))
        missing = given.pop("isNull", False)
        if missing is None:
            raise Refusal(f"{where}.isNull is null; say true or false.", code="invalid")
        found = self.rows(relation, table, given, where, depth).exists()
        return ~found if missing else found

    def _key_of(self, relation: RelationshipProperty[Any]) -> tuple[Identity, str] | None:
        """Return the other type's id and the column that holds it, where a row's own key tells the related row's id.

        None where it does not: a key of several columns, a view, and rows that some viewers do not see.
        """
        model: type[Base] = relation.mapper.class_
        identity, pairs = nouns(model).identity, relation.local_remote_pairs
        if identity is None or len(pairs) != 1 or visible(self.viewer, model):
            return None
        own, other = pairs[0]
        return (identity, str(own.key)) if own.foreign_keys and identity.columns == (other.key,) else None

    def _many(
        self, relation: RelationshipProperty[Any], table: FromClause, way: str, given: Any, where: str, depth: int
    ) -> ColumnElement[bool]:
        if given is None:
            raise Refusal(f"{where} is null; leave it out.", code="invalid")
        if way == "count":
            return self._count(relation, table, dict(given), where, depth)
        if way in MEASURED:
            return self._measured(relation, table, way, dict(given), where, depth)
        found = self.rows(relation, table, given, where, depth, every=way == "every").exists()
        return found if way == "some" else ~found

    def _count(
        self, relation: RelationshipProperty[Any], table: FromClause, given: dict[str, Any], where: str, depth: int
    ) -> ColumnElement[bool]:
        rows = self.rows(relation, table, given.pop("filter", None) or {}, f"{where}.filter", depth)
        number = rows.with_only_columns(func.count(), maintain_column_froms=True).scalar_subquery()
        for operator, value in given.items():
            if value is None:
                raise Refusal(f"{where}.{operator} is null; leave it out.", code="invalid")
            for one in value if isinstance(value, list) else [value]:
                stored(number, one, f"{where}.{operator}")
        return and_(true(), *(COMPARISONS[operator](number, value) for operator, value in given.items()))

    def _measured(
        self,
        relation: RelationshipProperty[Any],
        table: FromClause,
        measure: str,
        given: dict[str, Any],
        where: str,
        depth: int,
    ) -> ColumnElement[bool]:
        model: type[Base] = relation.mapper.class_
        alias = relation.target.alias()
        rows = self.rows(relation, table, given.pop("filter", None) or {}, f"{where}.filter", depth, alias=alias)
        parts: list[ColumnElement[bool]] = []
        for key, wanted in given.items():
            here, name = f"{where}.{key}", nouns(model).graphql[key]
            if wanted is None:
                raise Refusal(f"{here} is null; leave it out.", code="invalid")
            found = measured(measure, numbers_of(model)[name], model, alias, self.viewer)
            value = rows.with_only_columns(found, maintain_column_froms=True).scalar_subquery()
            parts += compared(type_coerce(value, found.type), wanted, here)
        return and_(true(), *parts)

    def rows(
        self,
        relation: RelationshipProperty[Any],
        table: FromClause,
        given: Given,
        where: str,
        depth: int,
        every: bool = False,
        alias: FromClause | None = None,
    ) -> Select[Any]:
        """Return the statement of a row's related rows that meet a filter, or with ``every`` that do not."""
        model = relation.mapper.class_
        alias = relation.target.alias() if alias is None else alias
        met = self.of(model, alias, given, where, depth + 1)
        statement: Select[Any] = select(literal_column("1")).select_from(alias)
        pairs = list(relation.local_remote_pairs)
        if relation.secondary is not None:
            through = relation.secondary.alias()
            between = [(own, other) for own, other in pairs if own.table is relation.target]
            pairs = [(own, other) for own, other in pairs if own.table is not relation.target]
            statement = statement.join(through, on(between, alias, through))
            joined = on(pairs, table, through)
        else:
            joined = on(pairs, table, alias)
        statement = statement.where(joined, complement(met) if every else met).correlate(table)
        return statement.where(*visible(self.viewer, model, alias))


def _identified(
    identity: Identity, columns: Sequence[ColumnElement[Any]], given: Given, where: str
) -> list[ColumnElement[bool]]:
    """Return the conditions that operators put on a global id, whose key the columns hold."""
    parts: list[ColumnElement[bool]] = []
    for operator, value in given.items():
        if value is None:
            raise Refusal(f"{where}.{operator} is null; leave it out.", code="invalid")
        ids = value if isinstance(value, list) else [value]
        keys = [keys_in(one, identity.type_name, columns) for one in ids]
        if len(keys) == 1:
            found: ColumnElement[bool] = and_(*(c == k for c, k in zip(columns, keys[0], strict=True)))
        elif len(columns) == 1:
            found = columns[0].in_([key for (key,) in keys])
        else:
            found = or_(false(), *(and_(*(c == k for c, k in zip(columns, key, strict=True))) for key in keys))
        if operator in ("not", "notIn"):
            found = ~found if keys else and_(*(column.is_not(None) for column in columns))
        parts.append(found)
    return parts


def complement(found: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that holds exactly where ``found`` does not: where it is false, and where it is unknown."""
    return ~found if isinstance(found, Exists) else found.is_not(true())
