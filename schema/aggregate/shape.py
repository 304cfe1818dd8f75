"""The types of groups on the wire, generated from the declarations of the mapped types: what is answered, and what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.aggregate.key import GroupKey, dates_of, distinct_of, keys_of
from schema.aggregate.measure import MEASURES
from schema.aggregate.period import DatePart
from schema.filter.inputs import INPUTS, enumerate_fields, filter_of, leaf_filter, made, name_of
from schema.filter.number import numbers_of
from schema.select.field import TYPES, model_of
from schema.tables import Base

INPUTS["DatePart"] = DatePart
OUTPUTS: dict[str, Any] = {}
Fields = Mapping[str, tuple[Any, str]]  # Python name -> (type, description)


def groups_of(type_: type[Any]) -> type[Any]:
    """Return the type that answers groups of a mapped type: CustomerGroups of Customer."""
    model = _model(type_)
    noun, numbers = name_of(model), numbers_of(model)
    keys = {key.name: (_shown(key), key.description) for key in keys_of(model).values()}
    group: dict[str, tuple[Any, str]] = {
        "key": (
            _output(f"{noun}GroupKey", "The keys of a group; each must be among by. 分组键", keys),
            "Its keys. 分组键",
        ),
        "count": (int, "Number of rows. 行数"),
        "distinct": (
            _counts(model, "distinct"),
            "How many different known values of each key there are in it. 去重计数",
        ),
    }
    shares: dict[str, tuple[Any, str]] = {
        "count": (Decimal | None, "Share of the group's rows in all; null where there are none. 行数占比")
    }
    shares |= {name: (Decimal | None, number.description) for name, number in numbers.items()}
    group["share"] = (_output(f"{noun}Shares", "Shares of all groups together. 占比", shares), MEASURES["share"])
    if numbers:
        amounts: Fields = {name: (Decimal | None, number.description) for name, number in numbers.items()}
        counted: Fields = {name: (int, number.description) for name, number in numbers.items()}
        group["known"] = (_output(f"{noun}Known", MEASURES["known"], counted), MEASURES["known"])
        figures = _output(f"{noun}Numbers", "Exact numbers of a group. 分组数值", amounts)
        group |= {name: (figures, MEASURES[name]) for name in ("sum", "avg")}
    if extremes := {name: (python | None, text) for name, (python, text) in _extremes(model).items()}:
        ends = _output(f"{noun}Extremes", "Numbers, days and instants of a group. 分组极值", extremes)
        group |= {name: (ends, MEASURES[name]) for name in ("min", "max")}
    one = _output(f"{noun}Group", "Rows with the same keys. 一组", group)
    parts: Fields = {
        "nodes": (list[one], "The groups. 各组"),  # type: ignore[valid-type]  # made of the declarations
        "total_count": (int, "Number of groups that having lets through, before first. 组数"),
    }
    return _output(f"{noun}Groups", f"Groups of rows of {noun}. 分组统计", parts)


def arguments_of(type_: type[Any]) -> Fields:
    """Return the arguments of a query of groups."""
    model = _model(type_)
    noun = name_of(model)
    return {
        "filter": (filter_of(type_), "Which rows are grouped; all when left out. 筛选"),
        "by": (list[_by(model)], "The keys; none makes one group of all rows. 分组键"),  # type: ignore[misc]  # as above
        "having": (_having(model), f"Which groups of {noun} are shown. 分组筛选"),
        "orderBy": (list[_order(model)], "In which order; then, and when left out, by the keys. 排序"),  # type: ignore[misc]  # as above
        "first": (int, "How many groups, 1 to 1,000; 100 when left out. 取前几组"),
    }


def _model(type_: type[Any]) -> type[Base]:
    model = model_of(type_.__strawberry_definition__)
    assert model is not None
    return model


def _shown(key: GroupKey) -> Any:
    return (TYPES[key.target] if key.target is not None else date if key.parted else key.python) | None


def _extremes(model: type[Base]) -> dict[str, tuple[Any, str]]:
    """Return the type and description of whatever has a least and a greatest value."""
    found: dict[str, tuple[Any, str]] = {name: (Decimal, one.description) for name, one in numbers_of(model).items()}
    return found | {name: (key.python, key.description) for name, key in dates_of(model).items()}


def _counts(model: type[Base], measure: str) -> type[Any]:
    counted: Fields = {key.name: (int, key.description) for key in distinct_of(model).values()}
    return _output(f"{name_of(model)}{measure.title()}", "How many different known values there are. 去重计数", counted)


def _output(name: str, description: str, fields: Fields) -> type[Any]:
    """Return the output type of that name, made when it is not there."""
    if name not in OUTPUTS:
        namespace: dict[str, Any] = {"__annotations__": {field: of for field, (of, _) in fields.items()}}
        namespace |= {field: strawberry.field(description=text) for field, (_, text) in fields.items()}
        OUTPUTS[name] = strawberry.type(type(name, (), namespace | {"__module__": __name__}), description=description)
    return OUTPUTS[name]  # type: ignore[no-any-return]  # a type by its name


def _by(model: type[Base]) -> type[Any]:
    noun = name_of(model)
    members = {key.name.upper(): (key.name, key.description) for key in keys_of(model).values()}
    enumerate_fields(f"{noun}GroupField", f"What rows of {noun} can be grouped by.", "分组字段", members)
    return made(
        f"{noun}GroupBy",
        f"A key of groups of rows of {noun}. 分组键",
        {
            "field": (f"{noun}GroupField!", "The field. 字段"),
            "part": ("DatePart", "Of a date or an instant; the day when left out. 日期粒度"),
            "asOf": ("date", "For a field that is as of a day: the day. 日期"),
        },
    )


def _having(model: type[Base]) -> type[Any]:
    own = f"{name_of(model)}GroupHaving"
    fields = {
        "and": (f"list[{own}]", "All of these hold. 全部满足"),
        "or": (f"list[{own}]", "At least one of these holds. 至少满足一个"),
        "not": (own, "Holds exactly where this does not. 不满足"),
    }
    return made(own, "Conditions on groups; all hold together. 分组条件(同时满足)", fields | _of_each(model, "Having"))


def _order(model: type[Base]) -> type[Any]:
    own = f"{name_of(model)}GroupOrder"
    keys = _inner(model, "Key", "Order", {key.name: (key.python, key.description) for key in keys_of(model).values()})
    fields = {"key": (keys, "By a key; tiers the best first. 按分组键"), **_of_each(model, "Order")}
    return made(own, "An order of groups by exactly one value; unknown values come last. 分组排序", fields)


def _of_each(model: type[Base], use: str) -> dict[str, tuple[str, str]]:
    """Return what having or an order can name besides keys: Having compares it, Order gives a direction."""
    numbers, extremes = numbers_of(model), _extremes(model)
    counts: Fields = {key.name: (int, key.description) for key in distinct_of(model).values()}
    figures: Fields = {name: (Decimal, number.description) for name, number in numbers.items()}
    known: Fields = {name: (int, number.description) for name, number in numbers.items()}
    found = {
        "count": (_compared(int, use), "Number of rows. 行数"),
        "distinct": (_inner(model, "Distinct", use, counts), "Different known values. 去重计数"),
    }
    for name, text in MEASURES.items():
        what, of = ("Known", known) if name == "known" else ("Number", figures)
        what, of = ("Extreme", extremes) if name in ("min", "max") else (what, of)
        if of:
            found[name] = _inner(model, what, use, of), text
    return found


def _compared(python: type, use: str) -> str:
    return leaf_filter(python) if use == "Having" else "Direction"


def _inner(model: type[Base], what: str, use: str, fields: Fields) -> str:
    """Return the name of the input type that holds one entry a field."""
    name = f"{name_of(model)}{what}{use}"
    texts = {to_camel_case(field): (_compared(python, use), text) for field, (python, text) in fields.items()}
    made(name, "Conditions that hold together. 条件" if use == "Having" else "One of these. 排序字段", texts)
    return name
