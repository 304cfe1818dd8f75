"""Tags of customers: the list, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.commands import tag as commands
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, one
from api.operations.customer import CustomerResult
from api.operations.declaring import mutation, query
from schema import tables
from schema.objects.tag import Tag
from schema.select.field import key_of


@strawberry.type
class TagQueries:
    """Reads of tags."""

    @query(list[Tag], "All tags, by dimension and name. 标签列表")
    def tags(self) -> Select[Any]:
        """Return all tags."""
        return select(tables.Tag).order_by(tables.Tag.dimension, tables.Tag.name)


@strawberry.type
class TagMutations:
    """Writes of tags."""

    @mutation(CustomerResult, "Put a tag on a customer; a new tag is created. 给客户打标签")
    def assign_tag(
        self,
        info: Info,
        customer_id: CustomerId,
        dimension: Annotated[str, strawberry.argument(description="Dimension. 维度")],
        name: Annotated[str, strawberry.argument(description="Name. 名称")],
        reason: Annotated[str | None, strawberry.argument(description="Why. 原因")] = None,
        ends_on: Annotated[date | None, strawberry.argument(description="Last day. 截止日期")] = None,
    ) -> Select[Any]:
        """Put a tag on a customer."""
        key = key_of(customer_id, "Customer")
        info.context.write(commands.assign, key, dimension, name, reason, ends_on)
        return one(tables.Customer, key)

    @mutation(CustomerResult, "Take a tag off a customer. 移除客户标签")
    def remove_tag(
        self,
        info: Info,
        customer_id: CustomerId,
        tag_id: Annotated[strawberry.ID, strawberry.argument(description="Global id of the tag. 标签标识")],
    ) -> Select[Any]:
        """Take a tag off a customer."""
        key = key_of(customer_id, "Customer")
        info.context.write(commands.remove, key, key_of(tag_id, "Tag"))
        return one(tables.Customer, key)
