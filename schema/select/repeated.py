"""graphql-core's executor for operations that are asked again and again, and for fields that read rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfoHelpers,
    Node,
    OperationType,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.select.bounded import Bounded
from schema.select.fetch import Context
from schema.select.plan import CONFIG, Details

READ = "fenji_read"  # in a field's metadata: its Read
MOST_ERRORS = 50  # of variables, as graphql-core has it
KEPT = 500  # of what reads find; 7 kB each with two conditions
COUNT = itertools.count()


@dataclass(frozen=True)
class Read:
    """What returns a field's rows by the viewer and the arguments.

    ``plain`` arguments are scalars under the names that they have in Python.  What is found is ``kept`` when it follows
    from the arguments and the viewer's roles and zone alone.
    """

    find: Callable[..., Any]
    plain: bool = False
    kept: bool = False


@dataclass(frozen=True)
class Plans:
    """The plans of one document, found by the identity of its nodes and the values of the variables under them.

    Of a document that is not kept itself nothing is: nobody could find it again.
    """

    kept: bool = True
    document: int = field(default_factory=lambda: next(COUNT))
    variables: Bounded[Hashable, tuple[str, ...]] = field(default_factory=lambda: Bounded(100))


FOUND: Bounded[Hashable, Any] = Bounded(KEPT)


class RepeatedExecutor(StrawberryGraphQLCoreExecutionContext):
    """An executor that others of the same operation are made from: to build one takes longer than a small operation.

    ``plans`` are those of the document and must live as long as it does.
    """

    context_value: Context

    def __init__(self, *args: Any, plans: Plans | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans, self.rows = plans or Plans(), 0
        self.sole = self._sole()

    def kept(self) -> Self:
        """Return an executor to begin ``again`` from, without what belongs to one caller."""
        made = self._copied(None, VariableValues({}, {}))
        made.async_helpers = GraphQLResolveInfoHelpers(gather=made.gather_async_work, track=made.track_async_work)
        return made

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

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute the operation; of one with a single field nothing else is looked for."""
        if self.sole is None or not self.context_value.planning:
            return super().execute_operation(serially)
        (key, details), root = self.sole, self.schema.query_type
        assert root is not None
        data: dict[str, Any] | None
        try:
            data = {key: self.execute_field(root, None, details, Path(None, key, root.name), None)}
        except GraphQLError as error:  # the field cannot be null
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data, self.collected_errors.errors or None)

    def _sole(self) -> tuple[str, Details] | None:
        """Return the only field of a query and its response key, None when there are others or a directive might leave it out."""
        fields = self.operation.selection_set.selections
        if self.operation.operation is not OperationType.QUERY or self.operation.directives or len(fields) != 1:
            return None
        if not isinstance(fields[0], FieldNode) or fields[0].directives:
            return None
        return (fields[0].alias or fields[0].name).value, [FieldDetails(fields[0], None, None)]

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
        read = read_of(field)
        if field is None or read is None or not self.context_value.planning:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        info = self.build_resolve_info(field, to_nodes(field_details_list), parent_type, path)
        try:
            found = self._found(read, field, first)
            return self.complete_value(field.type, field_details_list, info, path, found, position_context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the field's, as in graphql-core
            self.handle_field_error(error, field.type, field_details_list, path)
            return None

    def _found(self, read: Read, field: GraphQLField, detail: FieldDetails) -> Any:
        """Return what a read finds for the field's arguments, from those that are kept if it may be."""
        viewer, node, key, texts = self.context_value.viewer, detail.node, None, []
        if read.kept and self.plans.kept:
            texts = self.values_under(("arguments", id(node)), node.arguments)
            key = (self.plans.document, id(node), viewer.roles, viewer.zone, *texts)
            if (found := FOUND.get(key)) is not None:
                return found
        values = get_argument_values(
            field, node, self.variable_values, detail.fragment_variable_values, self.hide_suggestions
        )
        if not read.plain:
            definition: StrawberryField = field.extensions["strawberry-definition"]
            values = convert_arguments(values, definition.arguments, DEFAULT_SCALAR_REGISTRY, CONFIG)
        found = read.find(viewer, **values)
        written = node.loc.end - node.loc.start if node.loc else 0  # with the selection, which is longer
        return found if key is None else FOUND.put(key, found, 1 + (written + sum(map(len, texts))) // 1000)

    def values_under(self, place: Hashable, nodes: Any) -> list[str]:
        """Return the values of the variables used under nodes, as texts; their ``place`` tells them from others of the document."""
        names = self.plans.variables.get(place)
        if names is None:
            names = self.plans.variables.put(place, tuple(sorted(set(self._variables(nodes)))))
        values = self.variable_values.coerced
        return [repr(values[name]) if name in values else "" for name in names]

    def _variables(self, node: Any) -> Iterator[str]:
        """Yield the names of the variables used under a node, through fragments."""
        if isinstance(node, VariableNode):
            yield node.name.value
        elif isinstance(node, FragmentSpreadNode):
            for directive in node.directives or ():
                yield from self._variables(directive)
            yield from self._variables(self.fragment_definitions[node.name.value].selection_set)
        elif isinstance(node, (list, tuple)):
            for item in node:
                yield from self._variables(item)
        elif isinstance(node, Node):
            for name in node.keys:
                if name != "loc":
                    yield from self._variables(getattr(node, name, None))


def read_of(field: GraphQLField | None) -> Read | None:
    """Return the read of a field that nothing else stands before: an extension may refuse it, as a permission does."""
    definition: StrawberryField | None = field.extensions.get("strawberry-definition") if field else None
    if definition is None or definition.extensions:
        return None
    found: Read | None = definition.metadata.get(READ)
    return found
