"""Assessments: the door to the command that settles a rating."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import assessment as commands
from api.commands.bulk import assessment as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.assessment import Assessment
from schema.select.global_id import key_of

AssessmentResult = Annotated[
    Assessment | Refusal, strawberry.union("AssessmentResult", description="The rating, or why not. 评分或原因")
]


@strawberry.input(description="A settled rating. 评分内容")
class AssessmentInput:
    """A settled rating."""

    word: str = needed("A rating word of the vocabulary, such as industry_outlook, or its Chinese name. 指标")
    rating: int = needed("0 to 10. 评分")
    assessed_on: date = needed("When it was settled. 评定日期")
    valid_until: date = needed("Last day; after it the rating is missing again. 有效期至")
    reason: str | None = optional("Why. 理由")
    proposed_by: str | None = optional("Who proposed it. 提议人")
    settled_by: str | None = optional("The panel; you when left out. 评定人")


@strawberry.input(description="A new row of a bulk call. 评分新增行")
class AssessmentRow(AssessmentInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


ASSESSMENTS = Bulk("assessments", "评分", Assessment, tables.Assessment)


@strawberry.type
class AssessmentQueries:
    """Reads of assessments."""

    assessments = connected(
        Assessment,
        "Ratings settled by people, newest first when not told otherwise, by pages. 人工评分列表",
        [("assessed_on", True)],
    )
    assessment = single(Assessment, "A rating; null when there is none. 单个人工评分")


@strawberry.type
class AssessmentMutations:
    """Writes of assessments."""

    @mutation(AssessmentResult, "Settle a rating of a customer. 评定客户指标")
    def settle_assessment(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[AssessmentInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Settle a rating."""
        settled = info.context.write(commands.settle, key_of(customer_id, "Customer"), given(input))
        return one(tables.Assessment, settled.id)

    settle_assessments = ASSESSMENTS.mutation(
        "settleAssessments",
        bulk.AssessmentCreation,
        AssessmentRow,
        Taken(ids=ON_CUSTOMER),
        "Settle ratings of customers: assessments. 批量新增评分",
    )
