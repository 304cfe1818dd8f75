"""API keys: the list for administrators, and the doors to issue and revoke one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.commands import api_key as commands
from api.endpoint.context import Info
from api.operations.arguments import After, Before, First, Identity, Last, one
from api.operations.declaring import Refusal, mutation, query
from api.operations.user import Login
from schema import tables
from schema.objects.api_key import ApiKey
from schema.select import Connection, Key, Page, page
from schema.select.field import key_of

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


@strawberry.type
class ApiKeyQueries:
    """Reads of API keys."""

    @query(Connection[ApiKey], "API keys, newest first, by pages; for administrators. API 密钥列表")
    def api_keys(
        self,
        info: Info,
        login: Annotated[
            str | None, strawberry.argument(description="Of this user; of everybody when left out. 登录名")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Page:
        """Return a page of API keys."""
        info.context.actor.require("manage_users")
        statement = select(tables.ApiKey)
        if login is not None:
            statement = statement.where(
                tables.ApiKey.user_id.in_(select(tables.User.id).where(tables.User.login == login))
            )
        keys = [Key(tables.ApiKey.id, descending=True)]
        return page(statement, keys, "newest", first=first, after=after, last=last, before=before)


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
