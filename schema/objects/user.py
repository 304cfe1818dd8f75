"""Users and their roles on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, listed, mapped


@strawberry.enum(description="What a user may do follows from their roles. 角色")
class Role(Enum):
    """A role."""

    SALES = strawberry.enum_value("sales", description="Sales. 销售")
    SERVICE = strawberry.enum_value("service", description="Service. 客服")
    MARKETING = strawberry.enum_value("marketing", description="Marketing. 市场")
    FINANCE = strawberry.enum_value("finance", description="Finance. 财务")
    ANALYST = strawberry.enum_value("analyst", description="Analyst: writes and backtests policies. 分析师")
    STRATEGY = strawberry.enum_value("strategy", description="Strategy group: decides on policies. 策略组")
    ADMIN = strawberry.enum_value("admin", description="Administrator. 管理员")


@mapped(tables.UserRole, "A role that a user holds. 用户角色")
class UserRole:
    """A role that a user holds."""

    role: Role = column("The role. 角色")


@mapped(tables.User, "A person who works with Fenji. 用户", criteria=(searched("login", "name"),))
class User(Node):
    """A person who works with Fenji."""

    id: strawberry.ID = identifier("User", "id")
    login: str = column("Login. 登录名")
    name: str = column("Full name. 姓名")
    active: bool = column("Whether the user may sign in. 是否启用")
    created_at: datetime = column("When the user was created. 创建时间")
    roles: list[UserRole] = listed("Roles held. 角色")
