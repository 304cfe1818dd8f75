"""Users: the reads, who is signed in, and the doors to administer users and their roles."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import user as commands
from api.endpoint.context import Info
from api.operations.arguments import one
from api.operations.declaring import Refusal, mutation, query
from api.operations.reading import connected, single
from schema import tables
from schema.objects.user import Role, User

Login = Annotated[str, strawberry.argument(description="Login of the user. 登录名")]
Roles = Annotated[list[Role], strawberry.argument(description="Roles to hold, all of them. 角色")]
UserResult = Annotated[User | Refusal, strawberry.union("UserResult", description="The user, or why not. 用户或原因")]


@strawberry.type
class UserQueries:
    """Reads of users."""

    users = connected(User, "Users, by login, by pages. 用户列表", [("login", False)])
    user = single(User, "A user, by id or by login; null when there is none. 单个用户", "login")

    @query(User, "Who is signed in. 当前用户")
    def me(self, info: Info) -> Select[Any]:
        """Return who is signed in."""
        return one(tables.User, info.context.actor.id)


@strawberry.type
class UserMutations:
    """Writes of users."""

    @mutation(UserResult, "Create a user; issueApiKey lets them sign in. 新建用户")
    def create_user(
        self,
        info: Info,
        login: Login,
        name: Annotated[str, strawberry.argument(description="Full name. 姓名")],
        roles: Roles,
    ) -> Select[Any]:
        """Create a user."""
        created = info.context.write(commands.create, login, name, [role.value for role in roles])
        return one(tables.User, created.id)

    @mutation(UserResult, "Give a user exactly these roles; not oneself. 设置用户角色")
    def set_user_roles(self, info: Info, login: Login, roles: Roles) -> Select[Any]:
        """Give a user exactly these roles."""
        changed = info.context.write(commands.set_roles, login, [role.value for role in roles])
        return one(tables.User, changed.id)

    @mutation(UserResult, "End a user's access; what they did stays. 停用用户")
    def deactivate_user(self, info: Info, login: Login) -> Select[Any]:
        """End a user's access."""
        ended = info.context.write(commands.deactivate, login)
        return one(tables.User, ended.id)
