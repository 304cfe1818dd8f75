"""How large an operation is and what it costs: depth, fields, aliases, directives, and the rows its answer may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from schema.select.bounded import Bounded
from schema.select.page import USUAL

SIZES = {"first", "last", "limit"}
WRITTEN = {"expected"}  # by a bulk mutation with a filter
LIST = 5  # rows of a list for which no size is asked, as relations usually have
# The same for the lists of introspection, as they are on the average; others have 1.
INTROSPECTED = {"types": 100, "fields": 10, "args": 2, "inputFields": 3, "enumValues": 2}
META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
UNBOUNDED = 10**9


class Measure(NamedTuple):
    """The size of a selection; fields, aliases and directives count wherever a fragment is spread.

    ``repeats`` are fields under a response key that the same selection has already: validation compares them in pairs.
    ``rows`` is the cost: how many rows (objects) the answer may hold, by the page sizes asked for.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    rows: int = 0


class Walk:
    """One walk over the operations of a document, for one set of variables; ``sizing`` names those that say a size."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, values: Mapping[str, Any] | None = None) -> None:
        self.schema, self.values = schema, values or {}
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.known: dict[str, tuple[Measure, Counter[str]]] = {}
        self.sizing: set[str] = set()

    def of(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> Measure:
        """Return the measure of an operation, or of a fragment by itself."""
        if isinstance(definition, FragmentDefinitionNode):
            return self._set(definition.selection_set, self.schema.get_type(definition.type_condition.name.value))
        return self._set(definition.selection_set, self.schema.get_root_type(definition.operation))

    def _set(self, selections: SelectionSetNode | None, type_: GraphQLNamedType | None) -> Measure:
        """Return the measure of a selection set."""
        keys: Counter[str] = Counter()
        inside = self._within(selections, type_, keys)
        return inside._replace(repeats=inside.repeats + keys.total() - len(keys))

    def _within(
        self, selections: SelectionSetNode | None, type_: GraphQLNamedType | None, keys: Counter[str]
    ) -> Measure:
        """Return the measure of a part of a selection set, and count its response keys in ``keys``."""
        depth = fields = aliases = directives = repeats = rows = 0
        for node in selections.selections if selections else ():
            part = self._selection(node, type_, keys)
            depth = max(depth, part.depth)
            fields, aliases, repeats = fields + part.fields, aliases + part.aliases, repeats + part.repeats
            directives, rows = directives + part.directives + len(node.directives or ()), rows + part.rows
        return Measure(depth, fields, aliases, directives, repeats, rows)

    def _selection(self, node: SelectionNode, type_: GraphQLNamedType | None, keys: Counter[str]) -> Measure:
        """Return the measure of a field or fragment, its own directives aside."""
        if isinstance(node, FieldNode):
            keys[node.alias.value if node.alias else node.name.value] += 1
            field = META.get(node.name.value) or getattr(type_, "fields", {}).get(node.name.value)
            below = self._set(node.selection_set, get_named_type(field.type) if field else None)
            return below._replace(
                depth=below.depth + 1,
                fields=below.fields + 1,
                aliases=below.aliases + bool(node.alias),
                rows=self._rows(node, field, type_, below.rows),
            )
        if isinstance(node, FragmentSpreadNode):
            below, own = self._fragment(node.name.value)
            keys.update(own)
            return below
        assert isinstance(node, InlineFragmentNode)
        named = node.type_condition.name.value if node.type_condition else None
        return self._within(node.selection_set, self.schema.get_type(named) if named else type_, keys)

    def _fragment(self, name: str) -> tuple[Measure, Counter[str]]:
        if name not in self.known:
            self.known[name] = Measure(), Counter()  # a cycle ends here; validation reports it
            found = self.fragments.get(name)
            if found:
                own: Counter[str] = Counter()
                type_ = self.schema.get_type(found.type_condition.name.value)
                self.known[name] = self._within(found.selection_set, type_, own), own
        return self.known[name]

    def _rows(self, node: FieldNode, field: GraphQLField | None, parent: GraphQLNamedType | None, below: int) -> int:
        """Return the rows that a field may show: a page as many as are asked for, a row with what is below it."""
        if field is None or not is_composite_type(get_named_type(field.type)):
            return 0
        size = self._size(node)
        if _is_connection(get_named_type(field.type)):
            return 1 + (USUAL if size is None else size) * below
        if not is_list_type(get_nullable_type(field.type)) or _is_connection(parent):
            return 1 + below + (self._size(node, WRITTEN) or 0)  # the page's size is its connection's
        if size is None:
            introspected = parent is not None and parent.name.startswith("__")
            size = INTROSPECTED.get(node.name.value, 1) if introspected else LIST
        return size * (1 + below)

    def _size(self, node: FieldNode, named: Set[str] = SIZES) -> int | None:
        sizes = [self._number(one.value) for one in node.arguments or () if one.name.value in named]
        return max((size for size in sizes if size is not None), default=None)

    def _number(self, value: ValueNode) -> int | None:
        if isinstance(value, IntValueNode):
            return max(int(value.value), 0) if len(value.value) < 10 else UNBOUNDED
        if not isinstance(value, VariableNode):
            return None
        self.sizing.add(value.name.value)
        return _size_given(self.values.get(value.name.value))


def _size_given(value: Any) -> int | None:
    """Return the size that a variable's value says, None for what is no number."""
    return min(max(int(value), 0), UNBOUNDED) if isinstance(value, (int, float)) else None


def _key(operation: OperationDefinitionNode, given: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    # Sizes alone: the values are not judged yet, and one that was kept as it came could be as long as a request.
    return (id(operation), *(_size_given(given.get(name)) for name in names))


def _is_connection(type_: GraphQLNamedType | None) -> bool:
    return "pageInfo" in getattr(type_, "fields", ())


class Costs:
    """The costs of a document's operations, each walked once for the page sizes that its variables ask for."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema, self.document = schema, document
        self._sizing: dict[int, tuple[str, ...]] = {}
        self._known: Bounded[tuple[Any, ...], int] = Bounded(50)

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None) -> int:
        """Return the rows that an operation's answer may hold with these variables, and those that a mutation is given."""
        given = self._defaults(operation) | dict(variables or {})
        rows = self._rows(operation, given)
        if operation.operation is not OperationType.MUTATION:
            return rows
        return rows + sum(len(value) for value in given.values() if isinstance(value, list))

    def _rows(self, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> int:
        names = self._sizing.get(id(operation))
        found = None if names is None else self._known.get(_key(operation, given, names))
        if found is not None:
            return found
        walk = Walk(self.schema, self.document, given)
        rows = walk.of(operation).rows
        if names is None:
            names = self._sizing[id(operation)] = tuple(sorted(walk.sizing))
        return self._known.put(_key(operation, given, names), rows)

    @staticmethod
    def _defaults(operation: OperationDefinitionNode) -> dict[str, int]:
        return {
            one.variable.name.value: int(one.default_value.value)
            for one in operation.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode) and len(one.default_value.value) < 10
        }
