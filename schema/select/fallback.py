"""What the executor does without a plan: it loads rows with the relations selected, and graphql-core resolves each field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import Select
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from schema.select.fetch import Sees
from schema.select.field import Derived, Relation, model_of, source_of
from schema.select.moment import moment
from schema.select.plan import Details
from schema.select.visibility import visible

if TYPE_CHECKING:
    from schema.select.executor import SelectExecutor


def load(executor: SelectExecutor, type_: Any, details: Details, statement: Select[Any]) -> Sequence[Any]:
    """Return the rows of a statement as objects, the selected relations loaded."""
    return [row[0] for row in load_with(executor, type_, details, statement)]


def load_with(
    executor: SelectExecutor, type_: Any, details: Details, statement: Select[Any], *more: Any
) -> Sequence[Any]:
    """Return rows of an object and the columns ``more``, the object's selected relations loaded."""
    with executor.context_value.reading() as opened, Session(opened) as session:
        chosen = statement.add_columns(*more).options(*_options(executor, type_, model_of_type(type_), details))
        return session.execute(chosen, moment(executor.context_value.viewer)).all()


def model_of_type(type_: Any) -> Any:
    """Return the table of a GraphQL type, or None."""
    return model_of(type_.extensions.get("strawberry-definition")) if isinstance(type_, GraphQLObjectType) else None


def _options(executor: SelectExecutor, type_: Any, model: Any, details: Details) -> Iterator[_AbstractLoad]:
    """Yield the options that load the selected relations, and those that derived fields reach through.

    ``model`` is the table that the rows come from: a type may show the rows of a table or of a view of it.
    """
    if model is None or not details:
        return
    for found in executor.collect_subfields(type_, details).grouped_field_set.values():
        graphql_field = type_.fields.get(found[0].node.name.value)
        if graphql_field is None:
            continue
        definition = graphql_field.extensions["strawberry-definition"]
        source = source_of(definition)
        if isinstance(source, Relation):
            name = source.name or definition.python_name
            load, below = _loading(executor.context_value.viewer, model, name)
            yield load.options(*_options(executor, get_named_type(graphql_field.type), below, found))
        elif isinstance(source, Derived):
            for path in source.paths:
                if "." in path:
                    yield _along(executor.context_value.viewer, model, path.split(".")[:-1])


def _along(viewer: Sees, model: Any, names: Sequence[str]) -> _AbstractLoad:
    """Return the option that loads to-one relations one after the other."""
    first, *others = names
    load, below = _loading(viewer, model, first)
    return load.options(_along(viewer, below, others)) if others else load


def _loading(viewer: Sees, model: Any, name: str) -> tuple[_AbstractLoad, Any]:
    """Return the option that loads a relation's rows, those that the viewer sees, and the model of the rows."""
    below = inspect(model).relationships[name].mapper.class_
    return selectinload(getattr(model, name).and_(*visible(viewer, below))), below
