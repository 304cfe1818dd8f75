"""What an operation costs: the rows that its answer may hold, and what its filters, orders and groups weigh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import DocumentNode, GraphQLSchema, IntValueNode, OperationDefinitionNode, OperationType, ValueNode

from api.endpoint.measure import Walk, plain, size_given
from schema.aggregate.weight import Weigh
from schema.filter.weight import Weighing
from schema.select.bounded import Bounded
from schema.tables import Base


class Varying(NamedTuple):
    """What of an operation's cost depends on its variables: the sizes, filters, orders and groups that they say, and their defaults."""

    sizes: tuple[str, ...]
    weighed: tuple[tuple[ValueNode, Weigh, type[Base]], ...]
    defaults: dict[str, Any]

    def weights(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        """Return what each of the arguments weighs."""
        weighing = Weighing(lambda value: plain(value, values))
        return tuple(weigh(weighing, model, given) for given, weigh, model in self.weighed)


class Costs:
    """The costs of a document's operations, each walked once for what its variables ask for."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema, self.document = schema, document
        self._varying: dict[int, Varying] = {}
        self._known: Bounded[tuple[Any, ...], int] = Bounded(50)

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None) -> int:
        """Return what an operation costs with these variables, and the rows that a mutation is given in them."""
        varying = self._varying.get(id(operation)) or self._first(operation)
        values = {**varying.defaults, **(variables or {})} if varying.defaults else variables or {}
        weights = varying.weights(values) if varying.weighed else ()
        # Sizes and weights alone: the values are not judged yet, and kept as they came they could be as long as a request.
        key = (id(operation), weights, *[size_given(values.get(name)) for name in varying.sizes])
        cost = self._known.get(key)
        if cost is None:
            given = {id(one[0]): weight for one, weight in zip(varying.weighed, weights, strict=True)}
            cost = self._known.put(key, Walk(self.schema, self.document, values, given).of(operation).rows)
        if operation.operation is not OperationType.MUTATION:
            return cost
        return cost + sum(len(value) for value in values.values() if isinstance(value, list))

    def _first(self, operation: OperationDefinitionNode) -> Varying:
        walk = Walk(self.schema, self.document)
        walk.of(operation)
        defaults = {
            one.variable.name.value: _default(one.default_value)
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        found = Varying(tuple(sorted(walk.sizing)), tuple(walk.weighed.values()), defaults)
        return self._varying.setdefault(id(operation), found)


def _default(value: ValueNode) -> Any:
    return int(value.value) if isinstance(value, IntValueNode) and len(value.value) < 10 else value
