"""The arguments of to-many relations: which of a parent's rows are shown, in which order, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from sqlalchemy import Select, select
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import RelationshipProperty
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.fields.resolver import StrawberryResolver

from schema.filter.condition import condition
from schema.filter.counting import count_beside
from schema.filter.inputs import INPUTS, filter_of, name_of
from schema.filter.order import order_of, ordered
from schema.filter.word import nouns
from schema.select.fetch import Viewer
from schema.select.field import TYPES, check_first
from schema.select.join import parents_of
from schema.tables import Base


def narrowed(
    statement: Select[Any], relation: RelationshipProperty[Any], arguments: Mapping[str, Any], viewer: Viewer
) -> tuple[Select[Any], list[Any]]:
    """Return a statement of related rows with only those that ``filter`` lets through, and the terms of their order."""
    model = relation.mapper.class_
    if arguments.get("filter"):
        statement = statement.where(condition(model, arguments["filter"], viewer))
    if not arguments.get("orderBy"):
        return statement, list(relation.order_by or relation.mapper.primary_key)
    order = ordered(model, arguments["orderBy"], viewer)
    return order.of(statement), [key.ordered(False) for key in order.keys]


def related_rows(
    root: Any, relation: RelationshipProperty[Any], arguments: Mapping[str, Any], viewer: Viewer
) -> Select[Any]:
    """Return the statement of one parent's related rows, for ordinary resolution."""
    statement = select(relation.mapper.class_)
    if relation.secondary is not None:
        assert relation.secondaryjoin is not None
        statement = statement.select_from(relation.target.join(relation.secondary, relation.secondaryjoin))
    for own, other in parents_of(relation):
        statement = statement.where(other == getattr(root, inspect(type(root)).get_property_by_column(own).key))
    statement, order = narrowed(statement, relation, arguments, viewer)
    return statement.order_by(*order).limit(check_first(arguments.get("first")))


def complete() -> None:
    """Make the inputs of every mapped type, and give each of their to-many relations its arguments."""
    for model, type_ in TYPES.items():
        filter_of(type_)
        order_of(type_)
        fields = type_.__strawberry_definition__.fields
        for field in list(fields):
            relation = nouns(model).relations.get(field.python_name)
            if relation is not None and relation.uselist:
                field.base_resolver = StrawberryResolver(_resolver(relation, field.python_name))
                field.arguments = arguments_of(relation.mapper.class_)
                fields.append(count_beside(field, relation, field.arguments[0]))


def arguments_of(model: type[Base]) -> list[StrawberryArgument]:
    """Return the arguments that narrow a list of a table's rows."""
    noun = name_of(model)
    return [
        _argument("filter", f"{noun}Filter | None", "Only rows that meet this. 筛选"),
        _argument("orderBy", f"list[{noun}Order] | None", "In which order; as described when left out. 排序"),
        _argument("first", "int | None", "How many rows at most. 取前几行"),
    ]


def _argument(name: str, annotation: str, description: str) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(annotation, namespace=INPUTS),
        description=description,
        default=None,
    )


def _resolver(relation: RelationshipProperty[Any], name: str) -> Any:
    def resolver(root: Any, info: strawberry.Info[Any, Any], **arguments: Any) -> Any:
        if arguments.get("filter") or arguments.get("orderBy"):
            return related_rows(root, relation, arguments, info.context.viewer)
        return getattr(root, relation.key)[: check_first(arguments.get("first"))]

    resolver.__name__ = name
    return resolver
