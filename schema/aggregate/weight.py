"""What groups weigh: their keys, what is computed of them, and having, as the conditions of filters do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from schema.aggregate.key import dates_of, distinct_of, keys_of
from schema.aggregate.measure import MEASURES
from schema.filter.inputs import name_of
from schema.filter.number import numbers_of
from schema.filter.weight import LOOKED_FOR, ORDERED, Weighing
from schema.filter.word import nouns
from schema.select.field import TYPES
from schema.tables import Base

Weigh = Callable[[Weighing, type[Base], Any], int]
# The types whose leaves are what is computed of a group, by what follows the noun, with a measure that weighs the same.
COMPUTED = {"Distinct": "distinct", "Numbers": "sum", "Extremes": "min", "Known": "known", "Shares": "share"}


@cache
def weigher_of(name: str) -> tuple[Weigh, type[Base]] | None:
    """Return how an input type is weighed and the table whose rows it is of, None for one that weighs nothing."""
    return next(
        ((weigh, model) for rest, weigh in WEIGHED.items() for model in TYPES if name_of(model) + rest == name), None
    )


@cache
def computed_in(name: str) -> Mapping[str, int]:
    """Return what the fields of an output type weigh that are computed of groups, by name; nothing for other types."""
    measured = next(
        ((model, of) for rest, of in COMPUTED.items() for model in TYPES if name_of(model) + rest == name), None
    )
    if measured is None:
        return {}
    model, measure = measured
    return {field: weight for (of, field), weight in _measures(model).items() if of == measure}


@cache
def _measures(model: type[Base]) -> Mapping[tuple[str, str], int]:
    """Return what each measure of a table's rows weighs: different values are gathered, a number is added or compared."""
    words = nouns(model).words
    found = {("distinct", name): LOOKED_FOR for name in distinct_of(model)}
    computed = [(measure, name) for name in numbers_of(model) for measure in MEASURES]
    computed += [(measure, name) for name in dates_of(model) for measure in ("min", "max")]
    found |= {(measure, name): LOOKED_FOR if words[name].computed else 1 for measure, name in computed}
    return {(measure, to_camel_case(name)): weight for (measure, name), weight in found.items()}


@cache
def _keys(model: type[Base]) -> Mapping[str, int]:
    """Return what the keys weigh: rows are gathered by each, and ordered by what is computed."""
    return {key.name.upper(): ORDERED if key.computed else LOOKED_FOR for key in keys_of(model).values()}


def _by(weighing: Weighing, model: type[Base], given: Any) -> int:
    fields = [weighing.plain(weighing.entries(one).get("field")) for one in weighing.listed(given)]
    return weighing.bounded(sum(_keys(model).get(one, 0) for one in fields if isinstance(one, str)))


def _having(weighing: Weighing, model: type[Base], given: Any) -> int:
    """Return the weight of having: a comparison weighs 1, and what is compared is computed once."""
    found, named, waiting = 0, set(), [given]
    while waiting and weighing.left >= 0:
        for one in weighing.listed(waiting.pop()):
            for measure, value in weighing.entries(one).items():
                if measure in ("and", "or", "not"):
                    waiting.append(value)
                elif measure == "count":
                    found += weighing.comparisons(value)
                else:
                    compared = weighing.entries(value)
                    found += sum(weighing.comparisons(inner) for inner in compared.values())
                    named |= {(measure, name) for name in compared}
    return weighing.bounded(found + sum(_measures(model).get(one, 0) for one in named))


def _order(weighing: Weighing, model: type[Base], given: Any) -> int:
    named = [
        (measure, name)
        for one in weighing.listed(given)
        for measure, value in weighing.entries(one).items()
        for name in weighing.entries(value)
    ]
    return weighing.bounded(sum(_measures(model).get(one, 0) for one in named))


# By what follows the noun in the name of an input type: CustomerFilter, CustomerGroupBy.
WEIGHED: Mapping[str, Weigh] = {
    "Filter": Weighing.of, "Order": Weighing.order, "GroupBy": _by, "GroupHaving": _having, "GroupOrder": _order,
}  # fmt: skip
