"""Bounds a document before it is validated, in one linear walk: each fragment is measured once, however often it is spread."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
)

from api.endpoint.measure import Measure, Walk
from schema.formats import storable

MOST_TOKENS = 3000
MOST_CHARACTERS = 100_000
MOST_NESTED = 50
MOST_OPERATIONS = 30
MOST_SMALL = 2000  # values, read in some milliseconds
MOST = Measure(depth=15, fields=600, aliases=40, directives=40, repeats=80, rows=100_000)
SHAPE = MOST._fields[:-1]  # what does not depend on variables


def oversized(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Return an error for each limit that an operation of the document exceeds, whatever its variables."""
    if len(operations(document)) > MOST_OPERATIONS:
        return [too_large(f"The document has more than {MOST_OPERATIONS} operations.")]
    walk = Walk(schema, document)
    errors = [error for operation in operations(document) for error in _beyond("operation", walk.of(operation))]
    # Validation compares the fields of a fragment that no operation spreads as well.
    unused = [fragment for name, fragment in walk.fragments.items() if name not in walk.known]
    return errors or [error for fragment in unused for error in _beyond("fragment", walk.of(fragment))]


def _beyond(what: str, measure: Measure) -> list[GraphQLError]:
    return [
        too_large(f"The {what} has {value} {name}; at most {most} are allowed.")
        for name, value, most in zip(SHAPE, measure, MOST, strict=False)
        if value > most
    ]


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    """Return the operations of a document."""
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def too_large(message: str) -> GraphQLError:
    """Return the error of what is larger than allowed."""
    return GraphQLError(message, extensions={"code": "too_large"})


def literals(document: DocumentNode) -> list[str]:
    """Return the texts of a document, literals among them."""
    found, token = [], document.loc.start_token if document.loc else None
    while token is not None:
        found.append(token.value or "")
        token = token.next
    return found


def unkept(values: object) -> list[GraphQLError]:
    """Return an error when a text among values is one that no database keeps, or when values are nested too deep."""
    waiting: list[Iterator[object]] = [iter((values,))]  # one a level, so that a long list is not copied
    while waiting:
        for value in waiting[-1]:
            if isinstance(value, str) and not storable(value):
                message = "A text of the request holds a NUL character or half of a surrogate pair; remove it."
                return [GraphQLError(message, extensions={"code": "invalid"})]
            if isinstance(value, (dict, list)):
                if len(waiting) > MOST_NESTED:
                    return [too_large(f"The values are nested deeper than {MOST_NESTED} levels.")]
                waiting.append(chain(value, value.values()) if isinstance(value, dict) else iter(value))
                break
        else:
            waiting.pop()
    return []


def is_small(values: object) -> bool:
    """Say whether values are so few that whoever reads them holds nothing up."""
    waiting, seen = [values], 0
    while waiting and seen <= MOST_SMALL:
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            seen += len(value)
            if seen <= MOST_SMALL:
                waiting += value.values() if isinstance(value, dict) else value
    return seen <= MOST_SMALL


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> set[str]:
    """Return the names of the fields that an operation selects at its root, through fragments."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    found, seen, waiting = set(), set(), [operation.selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.add(node.name.value)
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            elif node.name.value not in seen and node.name.value in fragments:
                seen.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
    return found
