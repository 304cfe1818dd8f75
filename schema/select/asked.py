"""What a resolver may return besides a statement or a page: something that reads its selection and answers it itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType

if TYPE_CHECKING:
    from schema.select.executor import SelectExecutor
    from schema.select.plan import Details


class Asked(ABC):
    """Something that the executor lets answer the selection under it."""

    @abstractmethod
    def answer(self, executor: SelectExecutor, type_: GraphQLObjectType, details: Details) -> tuple[Any, bool]:
        """Return the response, or without a plan an object that graphql-core resolves, and whether it is the response."""
