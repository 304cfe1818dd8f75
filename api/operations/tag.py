"""Tags of customers: the list, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import tag as commands
from api.commands.bulk import tag as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, needed, one, optional
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.customer import CUSTOMERS, CustomerResult
from api.operations.declaring import mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.tag import Tag
from schema.select.global_id import key_of


@strawberry.input(description="A tag put on customers; a new tag is created. 标签内容")
class TagGiven:
    """A tag put on customers."""

    dimension: str = needed("Dimension. 维度")
    name: str = needed("Name. 名称")
    reason: str | None = optional("Why. 原因")
    ends_on: date | None = optional(
        "Last day on which no rule overwrites the tag, which stays afterwards. 保护截止日期"
    )


@strawberry.input(description="A tag put on a customer; a new tag is created. 打标签行")
class TagAssignment(TagGiven):
    """A tag put on a customer."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="A tag taken off customers. 移除的标签")
class TagTaken:
    """A tag taken off customers."""

    tag_id: strawberry.ID = needed("Global id of the tag. 标签标识")


@strawberry.input(description="A tag taken off a customer. 移除标签行")
class TagRemoval(TagTaken):
    """A tag taken off a customer."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.type
class TagQueries:
    """Reads of tags."""

    tags = connected(Tag, "Tags, by dimension and name. 标签列表", [("dimension", False), ("name", False)])
    tag = single(Tag, "A tag; null when there is none. 单个标签")


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
        ends_on: Annotated[
            date | None,
            strawberry.argument(
                description="Last day on which no rule overwrites the tag, which stays afterwards. 保护截止日期"
            ),
        ] = None,
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

    assign_tags = CUSTOMERS.mutation(
        "assignTags",
        bulk.TagAssignment,
        TagAssignment,
        Taken(ids=ON_CUSTOMER, own=("reason", "ends_on"), named={"name": "tag"}),
        "Put tags on customers; who carries a tag already counts as unchanged. 批量打标签",
    )
    remove_tags = CUSTOMERS.mutation(
        "removeTags",
        bulk.TagRemoval,
        TagRemoval,
        Taken(ids={**ON_CUSTOMER, "tag_id": "Tag"}),
        "Take tags off customers; who does not carry a tag counts as unchanged. 批量移除标签",
    )
    assign_tag_where = CUSTOMERS.mutation_where(
        "assignTagWhere",
        bulk.TagAssignment,
        TagGiven,
        Taken(own=("reason", "ends_on"), named={"name": "tag"}),
        "Put a tag on the customers that a filter finds. 按条件打标签",
        into="customer_id",
    )
    remove_tag_where = CUSTOMERS.mutation_where(
        "removeTagWhere",
        bulk.TagRemoval,
        TagTaken,
        Taken(ids={"tag_id": "Tag"}),
        "Take a tag off the customers that a filter finds. 按条件移除标签",
        into="customer_id",
    )
