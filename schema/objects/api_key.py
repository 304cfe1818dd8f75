"""API keys on the wire: never the key itself."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema import tables
from schema.objects.user import User
from schema.select import column, identifier, mapped, related


@mapped(tables.ApiKey, "An API key of a user; the key itself is shown once, when it is issued. API 密钥")
class ApiKey:
    """An API key."""

    id: strawberry.ID = identifier("ApiKey", "id")
    hint: str = column("Its first characters, to tell keys apart. 前缀")
    name: str | None = column("What it is for. 用途")
    created_at: datetime = column("When it was issued. 签发时间")
    expires_at: datetime | None = column("When it ends by itself; null for never. 到期时间")
    revoked_at: datetime | None = column("When it was revoked. 撤销时间")
    user: User = related("Who signs in with it. 所属用户")
