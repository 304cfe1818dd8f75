"""graphql-core's executor for operations that are asked again and again, and for fields that read rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from graphql import GraphQLError, GraphQLField, GraphQLObjectType
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.arguments import convert_arguments

from schema.select.fetch import Context
from schema.select.plan import CONFIG, Details

READ = "fenji_read"  # in a field's metadata: its Read
MOST_ERRORS = 50  # of variables, as graphql-core has it


@dataclass(frozen=True)
class Read:
    """What returns a field's rows by the viewer and the arguments; ``plain`` ones are scalars under the names that they have in Python."""

    find: Callable[..., Any]
    plain: bool = False


class RepeatedExecutor(StrawberryGraphQLCoreExecutionContext):
    """An executor that others of the same operation are made from: to build one takes longer than a small operation."""

    context_value: Context
    rows = 0

    def kept(self) -> Self:
        """Return an executor to begin ``again`` from, without what belongs to one caller."""
        return self._copied(None, VariableValues({}, {}))

    def again(self, context: Context, inputs: Mapping[str, Any] | None) -> Self | list[GraphQLError]:
        """Return an executor for another context and other variables, or what is wrong with them."""
        wanted = self.operation.variable_definitions or ()
        found = get_variable_values(self.schema, wanted, dict(inputs or {}), MOST_ERRORS, self.hide_suggestions)
        return found if isinstance(found, list) else self._copied(context, found)

    def _copied(self, context: Context | None, variables: VariableValues) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)  # graphql-core copies an executor for each event of a subscription
        made.variable_values, made.collected_errors, made.rows = variables, CollectedErrors(), 0
        made._relevant_sub_fields = {}  # they follow from directives, whose arguments may be variables
        made.context_value = context  # type: ignore[assignment]  # one that is kept has none
        return made

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Details,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Execute a field: one that reads rows without the layers that Strawberry lays around a resolver."""
        first = field_details_list[0]
        field: GraphQLField | None = parent_type.fields.get(first.node.name.value)
        definition = field.extensions.get("strawberry-definition") if field else None
        read: Read | None = definition.metadata.get(READ) if definition is not None else None
        if field is None or definition is None or read is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        info = self.build_resolve_info(field, to_nodes(field_details_list), parent_type, path)
        try:
            values = get_argument_values(
                field, first.node, self.variable_values, first.fragment_variable_values, self.hide_suggestions
            )
            if not read.plain:
                values = convert_arguments(values, definition.arguments, DEFAULT_SCALAR_REGISTRY, CONFIG)
            found = read.find(self.context_value.viewer, **values)
            return self.complete_value(field.type, field_details_list, info, path, found, position_context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the field's, as in graphql-core
            self.handle_field_error(error, field.type, field_details_list, path)
            return None
