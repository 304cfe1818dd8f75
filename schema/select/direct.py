"""A query for one row, by what names it, answered without an executor: to make one takes longer than to find the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLObjectType,
    VariableNode,
    coerce_input_literal,
    coerce_input_value,
    get_nullable_type,
    is_leaf_type,
    located_error,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.pyutils import Undefined

from policies.refusal import Refusal
from schema.select.executor import SelectExecutor, known
from schema.select.fetch import Context, Reader
from schema.select.level import Unshown
from schema.select.repeated import Plans, Read, read_of


@dataclass(frozen=True)
class Direct:
    """How a query of one field that reads a ``Row`` is answered: graphql-core's part of it, done once for all requests.

    ``key`` is the response key.  ``fixed`` are the arguments that the document says, ``varying`` those of a request:
    their names in Python, those of the variables and their types.
    """

    plans: Plans
    key: str
    node: FieldNode
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
        fixed, varying = {}, []
        for one in node.arguments or ():
            argument = field.args[one.name.value]
            name = argument.out_name or one.name.value
            if isinstance(one.value, VariableNode):
                variable = one.value.name.value
                varying.append((name, variable, types[variable]))
            else:
                fixed[name] = coerce_input_literal(one.value, argument.type)
        if not all(is_leaf_type(get_nullable_type(type_)) for _, _, type_ in varying):
            return None
        return cls(executor.plans, key, node, field.type, read, fixed, tuple(varying))

    def result(self, context: Context, inputs: Mapping[str, Any] | None) -> ExecutionResult | None:
        """Return the result; None when graphql-core has to say what is wrong, or the selection is not planned yet."""
        given, values = inputs or {}, dict(self.fixed)
        level = known(self.plans, context, self.type_, (id(self.node),))
        if level is None:
            return None
        for name, variable, type_ in self.varying:
            value = values[name] = coerce_input_value(given.get(variable), type_)
            if value is None or value is Undefined:
                return None
        try:
            row = self.read.find(context.viewer, **values)
        except Refusal:
            return None
        try:
            with Reader(context) as reader:
                found = level.answers(reader, level.row(reader, row))
            return ExecutionResult({self.key: found.values[0] if found.rows else None}, None)
        except (GraphQLError, Unshown):
            return None
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the field's; asked again it would take its time again
            return ExecutionResult({self.key: None}, [located_error(error, [self.node], [self.key])])
