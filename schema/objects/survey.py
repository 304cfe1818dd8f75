"""Satisfaction surveys on the wire."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.filter.text import searched
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(
    tables.Survey, "An answer to a satisfaction survey. 满意度调查", criteria=(searched("comment", kinds=("text",)),)
)
class Survey(Node):
    """An answer to a satisfaction survey."""

    id: strawberry.ID = identifier("Survey", "id")
    surveyed_on: date = column("Date of the survey. 调查日期")
    score: int = column("From 1 to 5. 评分")
    comment: str | None = personal(
        "comment", "text", "What the customer said; scrubbed unless your role may see it. 意见"
    )
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
