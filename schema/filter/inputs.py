"""The input types of filters, generated from the declarations of the mapped types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from keyword import iskeyword
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from schema.filter.number import MEASURED, numbers_of
from schema.filter.operators import DESCRIPTIONS, RANGE, SAME, operators_of
from schema.filter.word import nouns
from schema.select.field import TYPES, model_of
from schema.tables import Base

# Every input type by its name; annotations are evaluated in it once all are there, since types name each other.
INPUTS: dict[str, Any] = {
    "list": list, "str": str, "int": int, "bool": bool, "Decimal": Decimal, "date": date, "datetime": datetime, "ID": strawberry.ID,
}  # fmt: skip
# Python type -> (how its filter's name begins, what it is)
LEAF_TITLES: dict[type, tuple[str, str]] = {
    str: ("String", "a text. 文本"), int: ("Int", "a whole number. 整数"), bool: ("Boolean", "a truth. 布尔值"),
    Decimal: ("Decimal", "an exact number. 精确数值"), date: ("Date", "a day. 日期"), datetime: ("DateTime", "an instant. 时刻"),
}  # fmt: skip


def made(name: str, description: str, fields: Mapping[str, tuple[str, str]]) -> type[Any]:
    """Return the input type of that name, made when it is not there: field name in GraphQL -> (annotation, description).

    An annotation that ends with ! must be given, as in GraphQL; the others may be left out.
    Its values stay the dictionaries that GraphQL coerced: `condition` reads those, in a resolver as in a plan.
    """
    if name in INPUTS:
        return INPUTS[name]  # type: ignore[no-any-return]  # a type by its name
    names = {f"{given}_" if iskeyword(given) else given: given for given in fields}
    namespace: dict[str, Any] = {"__annotations__": dict.fromkeys(names, Any), "__module__": __name__}
    for python_name, given in names.items():
        annotation, text = fields[given]
        default = {} if annotation.endswith("!") else {"default": UNSET}
        namespace[python_name] = strawberry.field(name=given, description=text, **default)
    created = strawberry.input(type(name, (), namespace), description=description)
    definition = created.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.input
    definition.from_input = _as_given
    for field in definition.fields:
        annotation, _ = fields[names[field.python_name]]
        optional = annotation[:-1] if annotation.endswith("!") else f"{annotation} | None"
        field.type_annotation = StrawberryAnnotation(optional, namespace=INPUTS)
    INPUTS[name] = created
    return created


def _as_given(_type: type, value: Mapping[str, Any], _context: Any) -> Mapping[str, Any]:
    return value


def leaf_filter(python: type) -> str:
    """Return the name of the input type that compares a leaf, made when it is not there."""
    if issubclass(python, Enum):
        INPUTS.setdefault(python.__name__, python)
        return _leaf(python.__name__, python.__name__, "one of the values. 枚举值", operators_of(python))
    return _leaf(LEAF_TITLES[python][0], python.__name__, LEAF_TITLES[python][1], operators_of(python))


def id_filter() -> str:
    """Return the name of the input type that compares a global id, made when it is not there."""
    return _leaf("Id", "ID", "a global id of the type. 全局标识", SAME)


def _leaf(begins: str, annotation: str, title: str, operators: Sequence[str]) -> str:
    types = {"in": f"list[{annotation}]", "notIn": f"list[{annotation}]", "isNull": "bool"}
    fields = {operator: (types.get(operator, annotation), DESCRIPTIONS[operator]) for operator in operators}
    made(f"{begins}Filter", f"All conditions hold together on {title}", fields)
    return f"{begins}Filter"


def name_of(model: type[Base]) -> str:
    """Return the name of a table's type."""
    return str(TYPES[model].__strawberry_definition__.name)


def filter_of(type_: type[Any]) -> type[Any]:
    """Return the input type that filters a mapped type: CustomerFilter of Customer."""
    model = model_of(type_.__strawberry_definition__)
    assert model is not None
    return _filter(model)


def _filter(model: type[Base]) -> type[Any]:
    offered, noun = nouns(model), name_of(model)
    own = f"{noun}Filter"
    if own in INPUTS:
        return INPUTS[own]  # type: ignore[no-any-return]  # a type by its name
    fields = {
        "and": (f"list[{own}]", "All of these hold. 全部满足"),
        "or": (f"list[{own}]", "At least one of these holds; none does when the list is empty. 至少满足一个"),
        "not": (own, "Holds exactly where this does not. 不满足"),
        "isNull": ("bool", "Under a relation: there is no such row (true), or there is one (false). 是否没有关联记录"),
    }
    if offered.identity is not None:
        fields["id"] = (id_filter(), "Global id. 全局标识")
    for name, word in offered.words.items():
        fields[to_camel_case(name)] = (leaf_filter(word.python), word.description)
    for name, relation in offered.relations.items():
        target = name_of(relation.mapper.class_)
        description = _described(model, name)
        fields[to_camel_case(name)] = (f"{target}{'List' if relation.uselist else ''}Filter", description)
    for name, criterion in offered.criteria.items():
        INPUTS.setdefault(f"{own}_{name}", criterion.type)
        fields[to_camel_case(name)] = (f"{own}_{name}", criterion.description)
    _lists(model)
    return made(own, f"Conditions on rows of {noun}; all hold together. 筛选条件(同时满足)", fields)


def _lists(model: type[Base]) -> None:
    noun = name_of(model)
    leaf_filter(int)
    count = {operator: ("list[int]" if operator in ("in", "notIn") else "int", DESCRIPTIONS[operator]) for operator in RANGE[:-1]}  # fmt: skip
    made(
        f"{noun}CountFilter",
        f"Conditions on how many rows of {noun} there are; all hold together. 数量条件",
        {"filter": (f"{noun}Filter", "Only rows that meet this are counted. 计数条件"), **count},
    )
    made(
        f"{noun}ListFilter",
        f"Conditions on the related rows of {noun}; all hold together. 关联记录条件",
        {
            "some": (f"{noun}Filter", "At least one row meets this. 至少一条满足"),
            "every": (f"{noun}Filter", "Every row meets this; it holds where there is none. 全部满足(没有记录时成立)"),
            "none": (f"{noun}Filter", "No row meets this. 没有一条满足"),
            "count": (f"{noun}CountFilter", "How many rows there are. 记录数量"),
            **_measures(model),
        },
    )


def _measures(model: type[Base]) -> dict[str, tuple[str, str]]:
    """Return the entries that compare what is computed of related rows' numbers, none where they have none."""
    numbers, noun = numbers_of(model), name_of(model)
    if not numbers:
        return {}
    exact = leaf_filter(Decimal)
    fields = {to_camel_case(name): (exact, number.description) for name, number in numbers.items()}
    made(
        f"{noun}NumbersFilter",
        f"Conditions on what is computed of rows of {noun}; all hold together, none where no value is known or money has several currencies. 汇总条件",
        {"filter": (f"{noun}Filter", "Only of rows that meet this. 计算条件"), **fields},
    )
    return {measure: (f"{noun}NumbersFilter", text) for measure, text in MEASURED.items()}


def _described(model: type[Base], name: str) -> str:
    (field,) = (f for f in TYPES[model].__strawberry_definition__.fields if f.python_name == name)
    return field.description or ""


def enumerate_fields(name: str, summary: str, chinese: str, members: Mapping[str, tuple[str, str]]) -> None:
    """Keep the enum ``name`` of fields for ``made``, unless it is there: its members are name -> (value, description)."""
    if name not in INPUTS:
        values = {key: strawberry.enum_value(value, description=text) for key, (value, text) in members.items()}
        fields: Any = Enum(name, values)  # type: ignore[misc]  # its members are known when it is made
        fields.__doc__ = summary
        INPUTS[name] = strawberry.enum(fields, description=f"{summary} {chinese}")
