"""How operations are declared: with the type they answer, and with expected refusals as members of result unions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from sqlalchemy.exc import DBAPIError
from strawberry.extensions import FieldExtension

from policies import refusal

# What PostgreSQL says when a command's checks held and another transaction ended in between: a value is taken, a row is
# gone or named, two wait for each other.  SQLite has one writer at a time.
RACES = {"23505", "23503", "40P01"}


@strawberry.type(description="Something that was not done, for a reason a person can act on. 未执行及其原因")
class Refusal:
    """Something that was not done."""

    code: str = strawberry.field(description="Stable code, listed in api/README.md. 代码")
    message: str = strawberry.field(description="What is wrong, with the values, and what to do. 说明")


class RefusalAsMember(FieldExtension):
    """Returns a refusal of a command, or a lost race, as the member ``Refusal``; any other exception goes on."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        """Call the resolver."""
        try:
            return next_(source, info, **arguments)
        except refusal.Refusal as refused:
            return Refusal(code=refused.code, message=refused.message)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RACES:
                raise
            message = (
                "Somebody else wrote the same at the same moment, so nothing was written; look at it and ask again."
            )
            return Refusal(code="conflict", message=message)


Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def query(type_: object, description: str) -> Callable[[Resolver], Resolver]:
    """Declare a field of a root whose resolver returns a statement or a page, for the executor to answer ``type_``."""
    return strawberry.field(graphql_type=type_, description=description)  # type: ignore[no-any-return]  # Strawberry's own overloads lose the resolver's type


def mutation(type_: object, description: str) -> Callable[[Resolver], Resolver]:
    """Declare a mutation; refusals are members of its result ``type_``."""
    return strawberry.mutation(graphql_type=type_, description=description, extensions=[RefusalAsMember()])  # type: ignore[no-any-return]  # as above


def subscription(type_: object, description: str) -> Callable[[Resolver], Resolver]:
    """Declare a subscription; its resolver yields what answers ``type_`` at each event: a statement, or ready objects."""
    return strawberry.subscription(graphql_type=type_, description=description)  # type: ignore[no-any-return]  # as above
