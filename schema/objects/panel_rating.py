"""Ratings of panels on the wire."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema import tables
from schema.objects.assessment import Assessment
from schema.objects.user import User
from schema.select import Node, column, identifier, mapped, personal, related

if TYPE_CHECKING:
    from schema.objects.customer import Customer


@mapped(tables.PanelRating, "What one person of a panel proposes or gives, until the median is settled. 评审小组打分")
class PanelRating(Node):
    """What one person of a panel proposes or gives."""

    id: strawberry.ID = identifier("PanelRating", "id")
    word: str = column("Which rating: a word of the vocabulary. 指标")
    rating: int = column("From 0 to 10. 评分")
    proposal: bool = column("Whether it opened the panel; then it does not count. 是否提议")
    reason: str | None = personal("reason", "text", "Why; scrubbed unless your role may see it. 理由")
    given_on: date = column("When it was given. 打分日期")
    rater: User = related("Who gave it. 打分人")
    assessment: Assessment | None = related("What it settled; null while the panel is open. 评定结果")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
