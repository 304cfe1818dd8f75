"""A query for one row, by what names it, answered without an executor: to make one takes longer than to find the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLObjectType,
    VariableNode,
    coerce_input_value,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import get_argument_values
from graphql.pyutils import Undefined

from schema.select.executor import SelectExecutor
from schema.select.fetch import Context, Reader
from schema.select.repeated import Read, read_of


@dataclass(frozen=True)
class Direct:
    """How a query of one field that reads a ``Row`` is answered: graphql-core's part of it, done once for all requests.

    ``key`` is the response key, ``nodes`` are what the plan of its selection is known by.  ``fixed`` are the arguments that the document says, ``varying`` those of a request: their names in Python, those of
    the variables and their types.
    """

    executor: SelectExecutor
    key: str
    nodes: tuple[int]
    type_: GraphQLObjectType
    read: Read
    fixed: Mapping[str, Any]
    varying: tuple[tuple[str, str, GraphQLInputType], ...]

    @classmethod
    def of(cls, executor: SelectExecutor) -> Self | None:
        """Return how an executor's query is answered; None when it asks for something else, or for more."""
        if executor.sole is None or executor.schema.query_type is None:
            return None
        key, details = executor.sole
        node = details[0].node
        field = executor.schema.query_type.fields.get(node.name.value)
        read = read_of(field)
        if field is None or read is None or not read.plain or not isinstance(field.type, GraphQLObjectType):
            return None
        if executor.values_under((id(node),), [node.selection_set]):
            return None
        signatures = (
            get_variable_signature(executor.schema, one) for one in executor.operation.variable_definitions or ()
        )
        types = {one.name: one.type for one in signatures if not isinstance(one, GraphQLError)}
        varying = tuple(
            (field.args[one.name.value].out_name or one.name.value, name := one.value.name.value, types[name])
            for one in node.arguments or ()
            if isinstance(one.value, VariableNode)
        )
        if not all(is_leaf_type(get_nullable_type(type_)) for _, _, type_ in varying):
            return None
        given = get_argument_values(field, node, executor.variable_values)
        names = {name for name, _, _ in varying}
        fixed = {name: value for name, value in given.items() if name not in names}
        return cls(executor.kept(), key, (id(node),), field.type, read, fixed, varying)

    def data(self, context: Context, inputs: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return an answer's data; None when graphql-core has something to say, or the selection is not planned yet."""
        given, values = inputs or {}, dict(self.fixed)
        level = self.executor.known(context, self.type_, self.nodes)
        if level is None:
            return None
        for name, variable, type_ in self.varying:
            value = values[name] = coerce_input_value(given.get(variable), type_)
            if value is None or value is Undefined:
                return None
        try:
            row = self.read.find(context.viewer, **values)
            with Reader(context) as reader:
                found = level.answers(reader, level.row(reader, row))
            return {self.key: found.values[0] if found.rows else None}
        except Exception:  # noqa: BLE001  # whatever it is, graphql-core meets it again at its place
            return None
