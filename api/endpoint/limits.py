"""Bounds a document before it is validated, in one linear walk: each fragment is measured once, however often it is spread."""

from __future__ import annotations

from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from schema.formats import storable

MOST_TOKENS = 3000


class Measure(NamedTuple):
    """The size of a selection; fields, aliases and directives count wherever a fragment is spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


MOST = Measure(depth=15, fields=600, aliases=40, directives=40)


def oversized(document: DocumentNode) -> list[GraphQLError]:
    """Return an error for each limit that an operation of the document exceeds."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    known: dict[str, Measure] = {}

    def of_set(selections: SelectionSetNode | None) -> Measure:
        parts = [of(selection) for selection in (selections.selections if selections else ())]
        return Measure(
            max((part.depth for part in parts), default=0),
            *(sum(column) for column in list(zip(*parts, strict=True))[1:]),
        )

    def of(node: SelectionNode) -> Measure:
        directives = len(node.directives or ())
        if isinstance(node, FieldNode):
            below = of_set(node.selection_set)
            return Measure(
                below.depth + 1, below.fields + 1, below.aliases + bool(node.alias), below.directives + directives
            )
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in known:
                known[name] = Measure()  # a cycle ends here; validation reports it
                known[name] = of_set(fragments[name].selection_set) if name in fragments else Measure()
            below = known[name]
        else:
            below = of_set(getattr(node, "selection_set", None))
        return below._replace(directives=below.directives + directives)

    return [
        GraphQLError(f"The operation has {value} {name}; at most {most} are allowed.", extensions={"code": "too_large"})
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for name, value, most in zip(Measure._fields, of_set(operation.selection_set), MOST, strict=True)
        if value > most
    ]


def literals(document: DocumentNode) -> list[str]:
    """Return the texts of a document, literals among them."""
    found, token = [], document.loc.start_token if document.loc else None
    while token is not None:
        found.append(token.value or "")
        token = token.next
    return found


def unkept(values: object) -> list[GraphQLError]:
    """Return an error when a text among values, however nested, is one that no database keeps."""
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and not storable(value):
            message = "A text of the request holds a NUL character or half of a surrogate pair; remove it."
            return [GraphQLError(message, extensions={"code": "invalid"})]
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
    return []


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
