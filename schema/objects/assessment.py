"""Assessments on the wire."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.Assessment, "A rating that people settled, from 0 to 10, valid for a time. 人工评分")
class Assessment(Node):
    """A rating that people settled."""

    id: strawberry.ID = identifier("Assessment", "id")
    word: str = column("Which rating: a word of the vocabulary, such as industry_outlook. 指标")
    rating: int = column("From 0 to 10. 评分")
    proposed_by: str | None = column("Who proposed it. 提议人")
    settled_by: str | None = column("Who settled it. 评定人")
    reason: str | None = personal("reason", "text", "Why; scrubbed unless your role may see it. 理由")
    assessed_on: date = column("When it was settled. 评定日期")
    valid_until: date = column("Last day; after it the rating is missing again. 有效期至")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
