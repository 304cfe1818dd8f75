"""Errors as the outside may see them: a refusal with its code, a defect with an id alone that the log has."""

from __future__ import annotations

import logging
from uuid import uuid4

from graphql import FieldNode, GraphQLError

from api.endpoint.identity import REQUEST_ID
from policies.refusal import Refusal

LOG = logging.getLogger("fenji.graphql")


def masked(error: GraphQLError, *, executed: bool = False) -> GraphQLError:
    """Return an error as the outside may see it: a refusal with its code, a defect only with an id that the log has."""
    if error.path is None and not executed:
        return error  # the request's own fault: syntax, validation, variables
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return error
    if isinstance(cause, Refusal):
        return GraphQLError(cause.message, error.nodes, path=error.path, extensions={"code": cause.code})
    identity = uuid4().hex[:12]
    # Its path would quote the caller's aliases.
    fields = " ".join(node.name.value for node in error.nodes or () if isinstance(node, FieldNode))
    LOG.error("an operation failed, id %s, request %s, at %s", identity, REQUEST_ID.get(), fields, exc_info=cause)
    extensions = {"code": "internal", "id": identity}
    return GraphQLError(f"Internal error, id {identity}.", error.nodes, path=error.path, extensions=extensions)
