"""Documents prepared: parsed, bounded and validated once while they are kept, with their operations and plans."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    parse,
    specified_rules,
    validate,
)
from strawberry.types.graphql import OperationType

from api.endpoint.cost import Costs
from api.endpoint.limits import (
    MOST_CHARACTERS,
    MOST_TOKENS,
    literals,
    operations,
    oversized,
    root_fields,
    too_large,
    unkept,
)
from schema.select import Context, Direct, Plans, SelectExecutor
from schema.select.bounded import Bounded
from schema.select.fallback import model_of_type

KEPT_CHARACTERS = 32_000  # of one document
KEPT_TOGETHER = 1_000_000  # of all documents
LEAST = 500  # what a document weighs beside its characters: the smallest takes 4 kB
MOST_ERRORS = 8  # told of one document


@dataclass(frozen=True)
class Operation:
    """An operation of a document: its node, its kind, and the fields at its root.

    A ``light`` one reads rows alone, in statements: it takes so little time beside them that it may hold up the loop.
    """

    node: OperationDefinitionNode
    kind: OperationType
    fields: tuple[str, ...]
    light: bool

    @classmethod
    def of(cls, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> Operation:
        """Return an operation of a valid document."""
        kind, names = OperationType(node.operation.value), root_fields(document, node)
        root = schema.get_root_type(node.operation)
        light = kind is OperationType.QUERY and all(shows_rows(root, name) for name in names)
        return cls(node, kind, tuple(sorted(names)), light)

    @property
    def name(self) -> str | None:
        """Its name, None when it has none."""
        return self.node.name.value if self.node.name else None


@dataclass
class Prepared:
    """A document that was parsed, bounded and validated, with the plans of its selections."""

    document: DocumentNode | None
    errors: list[GraphQLError]
    costs: Costs | None = None
    operations: tuple[Operation, ...] = ()
    plans: Plans = field(default_factory=Plans)
    executors: dict[str | None, SelectExecutor] = field(default_factory=dict)
    direct: dict[str | None, Direct | None] = field(default_factory=dict)

    def executor(
        self, schema: GraphQLSchema, operation: Operation, context: Context, variables: dict[str, Any] | None
    ) -> SelectExecutor | list[GraphQLError]:
        """Return the executor of an operation, or what is wrong with its variables; the first one is made anew, others of it."""
        kept = self.executors.get(operation.name)
        if kept is not None:
            return kept.again(context, variables)
        assert self.document is not None
        made = SelectExecutor.build(
            schema, self.document, context_value=context, raw_variable_values=variables, operation_name=operation.name,
            is_awaitable=_never, plans=self.plans,
        )  # fmt: skip
        if isinstance(made, SelectExecutor):
            self.executors[operation.name], self.direct[operation.name] = made.kept(), Direct.of(made)
            return made
        assert isinstance(made, list)
        return made

    def operation(self, name: str | None) -> Operation | None:
        """Return the operation of a name, or the only one."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((one for one in self.operations if one.name == name), None)


class PreparedDocuments:
    """The documents of a schema that were asked last."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.kept: Bounded[str, Prepared] = Bounded(KEPT_TOGETHER)

    def get(self, query: str) -> Prepared | None:
        """Return a document that is kept, or None."""
        return self.kept.get(query)

    def made(self, query: str) -> Prepared:
        """Return a document newly prepared, kept when it is valid and not long; its errors say what is wrong with it."""
        if len(query) > MOST_CHARACTERS:
            return Prepared(None, [too_large(f"The document has more than {MOST_CHARACTERS:,} characters.")])
        try:
            document = parse(query, max_tokens=MOST_TOKENS)
            errors = oversized(self.schema, document) or unkept(literals(document))
            errors = errors or validate(self.schema, document, specified_rules, MOST_ERRORS)[:MOST_ERRORS]
        except GraphQLError as error:
            aborted = "Parsing aborted" in error.message  # too many tokens, or nested too deep
            return Prepared(None, [too_large(error.message) if aborted else error])
        except RecursionError:
            return Prepared(None, [too_large("The document is nested too deep.")])
        found = tuple(Operation.of(self.schema, document, node) for node in ([] if errors else operations(document)))
        kept = not errors and len(query) <= KEPT_CHARACTERS
        made = Prepared(document, errors, Costs(self.schema, document), found, Plans(kept))
        return self.kept.put(query, made, LEAST + len(query)) if kept else made


def _never(_value: Any) -> TypeGuard[Awaitable[Any]]:
    """Say that a value is no awaitable: resolvers of queries and mutations are synchronous."""
    return False


def shows_rows(root: GraphQLNamedType | None, name: str) -> bool:
    """Say whether a root field's answer is a row, or a page of rows, of a table."""
    field = getattr(root, "fields", {}).get(name)
    shown = get_named_type(field.type) if field else None
    if isinstance(shown, GraphQLObjectType):
        return "pageInfo" in shown.fields or model_of_type(shown) is not None
    return isinstance(shown, GraphQLInterfaceType) or name == "__typename"
