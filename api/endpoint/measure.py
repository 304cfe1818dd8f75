"""How large an operation is: its depth, fields, aliases, directives, its answer's rows and what it has computed."""

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
    ListValueNode,
    ObjectValueNode,
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

from schema.aggregate.weight import Weigh, computed_in, weigher_of
from schema.filter.weight import Weighing
from schema.select.page import USUAL
from schema.tables import Base

SIZES = {"first", "last", "limit"}
WRITTEN = {"expected"}  # by a bulk mutation with a filter
LIST = 5  # rows of a list for which no size is asked, as relations usually have
# The same for the lists of introspection, as they are on the average; others have 1.
INTROSPECTED = {"types": 100, "fields": 10, "args": 2, "inputFields": 3, "enumValues": 2}
META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
UNBOUNDED = 10**9
TABLE = 20  # times that a condition at the root counts: it is asked of a whole table, inside a row of few rows
FIGURE = TABLE // LIST  # the same for what is computed of groups: their list counts it LIST times


class Measure(NamedTuple):
    """The size of a selection; fields, aliases and directives count wherever a fragment is spread.

    ``repeats`` are fields under a response key that the same selection has already: validation compares them in pairs.
    ``rows`` is the cost: how many rows (objects) the answer may hold, by the page sizes asked for, and what
    filters, orders and groups weigh.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    rows: int = 0


class Walk:
    """One walk over the operations of a document, for one set of variables.

    ``sizing`` names those that say a size, ``weighed`` are the arguments that hold some, and ``weights`` theirs.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        values: Mapping[str, Any] | None = None,
        weights: Mapping[int, int] | None = None,
    ) -> None:
        self.schema, self.values, self.weights = schema, values or {}, weights or {}
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.known: dict[str, tuple[Measure, Counter[str]]] = {}
        self.sizing: set[str] = set()
        self.weighed: dict[int, tuple[ValueNode, Weigh, type[Base]]] = {}
        self.roots = {schema.get_root_type(kind) for kind in OperationType}
        self.weighing = Weighing(self._plain)
        self._variable_met = False

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
        """Return what a field costs: what it has computed, a page as many rows as are asked for, a row with what is below it."""
        if field is None:
            return 0
        conditions = self._conditions(node, field, parent)
        if not is_composite_type(get_named_type(field.type)):
            return conditions + FIGURE * computed_in(parent.name if parent else "").get(node.name.value, 0)
        size = self._size(node)
        if _is_connection(get_named_type(field.type)):
            return conditions + 1 + (USUAL if size is None else size) * below
        if not is_list_type(get_nullable_type(field.type)) or _is_connection(parent):
            return conditions + 1 + below + (self._size(node, WRITTEN) or 0)  # the page's size is its connection's
        if size is None:
            introspected = parent is not None and parent.name.startswith("__")
            size = INTROSPECTED.get(node.name.value, 1) if introspected else LIST
        return conditions + size * (1 + below)

    def _conditions(self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType | None) -> int:
        """Return what a field's filter, order and groups cost."""
        named = [one for one in node.arguments or () if one.name.value in field.args]
        weight = sum(self._weight(one.value, get_named_type(field.args[one.name.value].type).name) for one in named)
        return weight * (TABLE if parent in self.roots else 1)

    def _weight(self, given: ValueNode, type_: str) -> int:
        """Return what an argument of an input type weighs, and note it where a variable says some of it."""
        weigher = weigher_of(type_)
        if weigher is None:
            return 0
        weight = self.weights.get(id(given))
        if weight is None:
            self._variable_met = False
            weigh, model = weigher
            weight = weigh(self.weighing, model, given)
            if self._variable_met:
                self.weighed[id(given)] = given, weigh, model
        return weight

    def _plain(self, value: Any) -> Any:
        self._variable_met = self._variable_met or isinstance(value, VariableNode)
        return plain(value, {})

    def _size(self, node: FieldNode, named: Set[str] = SIZES) -> int | None:
        sizes = [self._number(one.value) for one in node.arguments or () if one.name.value in named]
        return max((size for size in sizes if size is not None), default=None)

    def _number(self, value: ValueNode) -> int | None:
        if isinstance(value, IntValueNode):
            return max(int(value.value), 0) if len(value.value) < 10 else UNBOUNDED
        if not isinstance(value, VariableNode):
            return None
        self.sizing.add(value.name.value)
        return size_given(self.values.get(value.name.value))


def size_given(value: Any) -> int | None:
    """Return the size that a variable's value says, None for what is no number."""
    return min(max(int(value), 0), UNBOUNDED) if isinstance(value, (int, float)) else None


def plain(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return a value as JSON has it, a literal's or variable's first level."""
    if isinstance(value, VariableNode):
        value = variables.get(value.name.value)
    if not isinstance(value, ValueNode):
        return value
    if isinstance(value, ObjectValueNode):
        return {field.name.value: field.value for field in value.fields}
    return list(value.values) if isinstance(value, ListValueNode) else getattr(value, "value", None)


def _is_connection(type_: GraphQLNamedType | None) -> bool:
    return "pageInfo" in getattr(type_, "fields", ())
