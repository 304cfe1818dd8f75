"""Users: who is signed in."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import Select

from api.endpoint.context import Info
from api.operations.arguments import one
from api.operations.declaring import query
from schema import tables
from schema.objects.user import User


@strawberry.type
class UserQueries:
    """Reads of users."""

    @query(User, "Who is signed in. 当前用户")
    def me(self, info: Info) -> Select[Any]:
        """Return who is signed in."""
        return one(tables.User, info.context.actor.id)
