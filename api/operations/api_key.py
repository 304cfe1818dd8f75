"""API keys: the list for administrators, and the doors to issue and revoke one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from api.commands import api_key as commands
from api.endpoint.context import Info
from api.operations.arguments import Identity, one
from api.operations.declaring import Refusal, mutation, query
from api.operations.reading import connected
from api.operations.user import Login
from schema import tables
from schema.objects.api_key import ApiKey
from schema.select.global_id import key_of

ApiKeyResult = Annotated[
    ApiKey | Refusal, strawberry.union("ApiKeyResult", description="The key's row, or why not. 密钥或原因")
]


@strawberry.type(description="A new API key; keep it now, it is not shown again. 新签发的密钥(仅显示一次)")
class IssuedApiKey:
    """A new API key."""

    key: str = strawberry.field(description="The key: send it as Authorization: Bearer fenji_… 密钥")
    key_id: strawberry.Private[int]

    @query(ApiKey, "Its row. 密钥记录")
    def api_key(self) -> Select[Any]:
        """Return its row."""
        return one(tables.ApiKey, self.key_id)


IssuedResult = Annotated[
    IssuedApiKey | Refusal, strawberry.union("IssuedApiKeyResult", description="The key, or why not. 密钥或原因")
]


class ForAdministrators(FieldExtension):
    """Refuses whoever may not manage users."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        """Call the resolver."""
        info.context.actor.require("manage_users")
        return next_(source, info, **arguments)


def _keys(login: str | None = None) -> Select[Any]:
    """Return the statement of all API keys, or of those of one user."""
    statement = select(tables.ApiKey)
    return statement if login is None else statement.join(tables.ApiKey.user).where(tables.User.login == login)


def _listed() -> StrawberryField:
    """Declare the list."""
    field = connected(
        ApiKey,
        "API keys, newest first, by pages; for administrators. API 密钥列表",
        [("id", True)],
        rows=_keys,
        arguments={"login": ("str", "Of this user; of everybody when left out. 登录名")},
    )
    field.extensions = [ForAdministrators()]
    (login,) = (argument for argument in field.arguments if argument.python_name == "login")
    login.deprecation_reason = "Use filter: { user: { login: { equals: … } } }. 改用 filter"
    return field


@strawberry.type
class ApiKeyQueries:
    """Reads of API keys."""

    api_keys = _listed()


@strawberry.type
class ApiKeyMutations:
    """Writes of API keys."""

    @mutation(IssuedResult, "Issue an API key for a user; the answer shows it this once. 签发 API 密钥")
    def issue_api_key(
        self,
        info: Info,
        login: Login,
        name: Annotated[str | None, strawberry.argument(description="What it is for. 用途")] = None,
        expires_at: Annotated[
            datetime | None, strawberry.argument(description="When it ends by itself; never when left out. 到期时间")
        ] = None,
    ) -> IssuedApiKey:
        """Issue an API key."""
        key, row = info.context.write(commands.issue, login, name=name, expires_at=expires_at)
        return IssuedApiKey(key=key, key_id=row.id)

    @mutation(ApiKeyResult, "End an API key and the sessions begun with it. 撤销 API 密钥")
    def revoke_api_key(self, info: Info, id: Identity) -> Select[Any]:
        """End an API key."""
        key = key_of(id, "ApiKey")
        info.context.write(commands.revoke, key)
        return one(tables.ApiKey, key)
