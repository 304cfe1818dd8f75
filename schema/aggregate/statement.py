"""The one statement of groups: rows with their keys, grouped, measured, then only the groups that are asked for.

Each step is a sub-query of the one before, so that no expression stands in it twice: PostgreSQL does not see that two bound
ones are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.inspection import inspect

from policies.refusal import Refusal
from schema.aggregate.group import By, Groups, Measured, names_of
from schema.aggregate.key import GroupKey, keys_of
from schema.aggregate.measure import share
from schema.aggregate.period import DatePart, period
from schema.filter.condition import complement
from schema.filter.number import mean, numbers_of, stored, sum_of
from schema.filter.operators import compared
from schema.filter.word import nouns
from schema.select.join import on
from schema.select.visibility import visible

# The column that is 1 in every row when amounts of several currencies would be added or compared; and how it is found.
MIXED, LEAST, GREATEST = "mixed", "least", "greatest"


class Statement:
    """The statement of groups with the columns ``wanted``; ``places`` says where each stands in a row.

    A last column is the number of all groups, one before it whether currencies are mixed.
    """

    def __init__(self, asked: Groups, wanted: Collection[Measured], dialect: str) -> None:
        self.asked, self.dialect = asked, dialect
        self.model, self.viewer = asked.model, asked.viewer
        self.table: FromClause = asked.model.__table__
        self.joins: dict[str, tuple[FromClause, ColumnElement[bool]]] = {}
        compared_by = {name for measure, name in asked.asked() if measure in MADE_OF and measure != "known"}
        needed = sorted({*wanted, *asked.asked()})
        numbers = numbers_of(asked.model)
        self.needed: dict[str, set[str]] = {}  # the measures of each number
        for measure, name in needed:
            if measure in MADE_OF and name in numbers:
                self.needed.setdefault(name, set()).add(measure)
        self.numbers = [numbers[name] for name in self.needed]
        self.counts = ("share", "count") in needed
        self.dates = sorted({name for measure, name in needed if measure in ("min", "max") and name not in numbers})
        self.distinct = sorted({name for measure, name in needed if measure == "distinct"})
        self.priced = [number for number in self.numbers if number.priced and self.needed[number.name] != {"known"}]
        # Groups that each hold one currency are still not to be compared, or added up to a whole, when it is not the same.
        self.across = any("share" in self.needed[n.name] or n.name in compared_by for n in self.priced)
        self.keyed = [by.key.name for by in asked.by]
        self.places: dict[Measured, int] = {}
        self.select = self._chosen(self._measured(self._grouped(self._rows())), sorted(wanted))

    def _rows(self) -> Subquery:
        columns: list[ColumnElement[Any]] = [literal_column("1").label("one")]
        for at, by in enumerate(self.asked.by):
            columns.append(self._key(by).label(f"k{at}"))
            if by.key.order is not None:
                columns.append(self._value(by.key, by.key.order, by).label(f"o{at}"))
        columns += [self._key(By(keys_of(self.model)[name], DatePart.DAY)).label(f"d_{name}") for name in self.distinct]
        columns += [stored(number.value(self.table, self.viewer)).label(f"v_{number.name}") for number in self.numbers]
        keys = keys_of(self.model)
        columns += [keys[name].value(self.table, self.viewer).label(f"t_{name}") for name in self.dates]
        if self.priced:
            columns.append(nouns(self.model).words["currency"].expression(self.table, self.viewer).label("currency"))
        statement = self.asked.statement.with_only_columns(*columns, maintain_column_froms=True)
        for alias, condition in self.joins.values():
            statement = statement.outerjoin(alias, condition)
        return statement.order_by(None).subquery("rows_")

    def _key(self, by: By) -> ColumnElement[Any]:
        value = self._value(by.key, by.key.value, by)
        if by.key.parted and by.part is not None:
            zone = self.viewer.zone if by.key.instant else None
            return period(value, by.part, zone, self.viewer.today.year)
        if by.key.target is None or self.viewer.visible(by.key.target) is None:
            return value
        (key,) = inspect(by.key.target).primary_key  # a row that the viewer does not see is as if there were none
        alias = by.key.target.__table__.alias()
        seen = select(alias.c[str(key.key)]).where(
            alias.c[str(key.key)] == value, *visible(self.viewer, by.key.target, alias)
        )
        return seen.correlate_except(alias).scalar_subquery()

    def _value(self, key: GroupKey, expression: Any, by: By) -> ColumnElement[Any]:
        table = self.table
        if key.relation is not None:
            relation = nouns(self.model).relations[key.relation]
            if key.relation not in self.joins:
                alias = relation.target.alias()
                joined = on(relation.local_remote_pairs, self.table, alias)
                seen = and_(joined, *visible(self.viewer, relation.mapper.class_, alias))
                self.joins[key.relation] = alias, seen
            table = self.joins[key.relation][0]
        arguments = {"as_of": by.as_of} if key.dated else {}
        found: ColumnElement[Any] = expression(table, self.viewer, **arguments)
        return found

    def _grouped(self, rows: Subquery) -> Subquery:
        keys = [rows.c[f"k{at}"] for at in range(len(self.keyed))]
        columns: list[ColumnElement[Any]] = [*keys, func.count().label("n")]
        columns += [
            func.min(column).label(name) for name, column in rows.c.items() if name.startswith("o") and name != "one"
        ]
        columns += [func.count(rows.c[f"d_{name}"].distinct()).label(f"d_{name}") for name in self.distinct]
        for name in self.dates:
            value = rows.c[f"t_{name}"]
            columns += [func.min(value).label(f"l_{name}"), func.max(value).label(f"g_{name}")]
        for number in self.numbers:
            value = rows.c[f"v_{number.name}"]
            made: dict[str, Any] = {"c": func.count, "s": sum_of, "l": func.min, "g": func.max}
            used = {letter for measure in self.needed[number.name] for letter in MADE_OF[measure]}
            columns += [made[letter](value).label(f"{letter}_{number.name}") for letter in sorted(used)]
        if self.priced and "currency" not in self.keyed:
            currency = case((or_(*(rows.c[f"v_{n.name}"].is_not(None) for n in self.priced)), rows.c.currency))
            columns += [func.min(currency).label(LEAST), func.max(currency).label(GREATEST)]
        return select(*columns).select_from(rows).group_by(*keys).subquery("groups_")

    def _measured(self, groups: Subquery) -> CTE:
        columns: list[ColumnElement[Any]] = list(groups.c)
        currency = self.keyed.index("currency") if "currency" in self.keyed else None
        for number in self.numbers:
            if "avg" in self.needed[number.name]:
                average = mean(groups.c[f"s_{number.name}"], groups.c[f"c_{number.name}"], number)
                columns.append(average.label(f"a_{number.name}"))
            if "share" not in self.needed[number.name]:
                continue
            total = groups.c[f"s_{number.name}"]
            apart = {} if currency is None or not number.priced else {"partition_by": groups.c[f"k{currency}"]}
            columns.append(share(total, _over(total, apart)).label(f"p_{number.name}"))
        if self.counts:
            columns.append(share(groups.c.n, _over(groups.c.n, {})).label("p_count"))
        if LEAST in groups.c:
            least, greatest = groups.c[LEAST], groups.c[GREATEST]
            mixed: ColumnElement[Any] = func.max(case((least != greatest, 1), else_=0)).over()
            if self.across:
                mixed = case((func.min(least).over() != func.max(greatest).over(), 1), else_=0)
            columns.append(mixed.label(MIXED))
        # Else both databases put each comparison of having where the rows are read, and compute what it compares anew for each:
        # on 20,000 rows 30 comparisons of distinct tiers took 8 s on SQLite, 4 s on PostgreSQL; now a tenth of one.
        return select(*columns).cte("measured").prefix_with("MATERIALIZED")

    def _chosen(self, measured: CTE, wanted: Collection[Measured]) -> Select[Any]:
        columns: list[ColumnElement[Any]] = []
        for measure, name in wanted:
            self.places[measure, name] = len(columns)
            columns.append(self._of(measured, measure, name))
        mixed = measured.c[MIXED] if MIXED in measured.c else literal_column("0")
        statement = select(*columns, mixed, func.count().over()).select_from(measured)
        if self.asked.having:
            met = self._having(measured, self.asked.having, "having")
            # Mixed currencies come through, to be refused: what having compares of them means nothing.
            statement = statement.where(or_(met, measured.c[MIXED] == 1) if MIXED in measured.c else met)
        terms = [(self._order(measured, *what), downward) for what, downward in self.asked.order]
        terms += [(self._order(measured, "key", name), False) for name in self.keyed]
        order = [(term.desc() if downward else term.asc()).nulls_last() for term, downward in terms]
        return statement.order_by(*order).limit(literal_column(str(self.asked.size)))

    def _order(self, measured: CTE, measure: str, name: str) -> ColumnElement[Any]:
        if measure != "key":
            return self._of(measured, measure, name)
        at = self.keyed.index(name)
        column = measured.c.get(f"o{at}", measured.c[f"k{at}"])
        # By code points, as SQLite does, whatever the database's own collation.
        return column.collate("C") if isinstance(column.type, String) and self.dialect == "postgresql" else column

    def _of(self, measured: CTE, measure: str, name: str) -> ColumnElement[Any]:
        """Return the column of what is wanted."""
        if measure == "key":
            return measured.c[f"k{self.keyed.index(name)}"]
        if measure == "count":
            return measured.c.n
        if name == "count":
            return measured.c.p_count
        column = measured.c[f"{PREFIX[measure]}_{name}"]
        number = numbers_of(self.model).get(name)
        return type_coerce(column, number.type) if number and measure in ("sum", "min", "max") else column

    def _having(self, measured: CTE, given: Mapping[str, Any], where: str) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = []
        names = names_of(self.model)
        for measure, value in given.items():
            here = f"{where}.{measure}"
            if value is None:
                raise Refusal(f"{here} is null; leave it out.", code="invalid")
            if measure in ("and", "or"):
                met = [self._having(measured, one, f"{here}[{at}]") for at, one in enumerate(value)]
                parts.append(and_(true(), *met) if measure == "and" else or_(false(), *met))
            elif measure == "not":
                parts.append(complement(self._having(measured, value, here)))
            elif measure == "count":
                parts += compared(measured.c.n, value, here)
            else:
                for name, wanted in value.items():
                    if wanted is None:
                        raise Refusal(f"{here}.{name} is null; leave it out.", code="invalid")
                    parts += compared(self._of(measured, measure, names[name]), wanted, f"{here}.{name}")
        return and_(true(), *parts)


# What each measure is computed of: counts, sums, least and greatest values.
MADE_OF = {"known": "c", "sum": "s", "avg": "cs", "min": "l", "max": "g", "share": "s"}
PREFIX = {"distinct": "d", "known": "c", "sum": "s", "avg": "a", "min": "l", "max": "g", "share": "p"}


def _over(value: Any, apart: Mapping[str, Any]) -> ColumnElement[Any]:
    """Return the sum over all groups, or over those of one currency, as int64."""
    return cast(func.sum(value).over(**apart), BigInteger)
