"""The subscription that a noun may have: its rows as commands change them, narrowed by the noun's own filter."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import strawberry
from sqlalchemy import Select, select
from strawberry.types.field import StrawberryField

from api.endpoint.context import Info
from api.hub import keys_of
from api.operations.reading import model_of_type, taking
from schema.filter import condition, filter_of


def changed(type_: type[Any], noun: str, description: str) -> StrawberryField:
    """Declare a subscription to the rows of a mapped type whose changes are announced as ``noun``."""
    model = model_of_type(type_)
    key: Any = model.__table__.c.id

    async def resolver(info: Info, filter: dict[str, Any] | None = None) -> AsyncGenerator[Select[Any]]:
        condition(model, filter, info.context.viewer)  # what it refuses is refused at once
        with info.context.listening(noun) as feed:
            while True:
                for keys in keys_of(await feed.next(), noun):
                    met = condition(model, filter, info.context.viewer)
                    yield select(model).where(key.in_(keys), met).order_by(key)

    rows: Any = list[type_]  # type: ignore[valid-type]  # made of the declarations
    field: Any = strawberry.subscription(resolver=resolver, graphql_type=rows, description=description)
    return taking(field, {"filter": (filter_of(type_), "Which of them are told; all when left out. 筛选")})
