"""Surveys: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import survey as commands
from api.commands.bulk import survey as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.survey import Survey
from schema.select.global_id import key_of

SurveyResult = Annotated[
    Survey | Refusal, strawberry.union("SurveyResult", description="The row, or why not. 满意度调查或原因")
]


@strawberry.input(description="Changes; what is left out stays. 满意度调查修改内容")
class SurveyPatch:
    """Changes; what is left out stays."""

    surveyed_on: date | None = optional("Date. 调查日期")
    score: int | None = optional("1 to 5. 评分")
    comment: str | None = optional("What the customer said. 意见")


@strawberry.input(description="A new row. 新满意度调查")
class SurveyInput(SurveyPatch):
    """A new row."""

    surveyed_on: date = needed("Date. 调查日期")
    score: int = needed("1 to 5. 评分")


@strawberry.input(description="A new row of a bulk call. 满意度调查新增行")
class SurveyRow(SurveyInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 满意度调查修改行")
class SurveyChange(SurveyPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


SURVEYS = Bulk("surveys", "满意度调查", Survey, tables.Survey)


@strawberry.type
class SurveyQueries:
    """Reads of surveys."""

    surveys = connected(
        Survey, "Surveys, newest first when not told otherwise, by pages. 满意度调查列表", [("surveyed_on", True)]
    )
    survey = single(Survey, "A survey; null when there is none. 单个满意度调查")


@strawberry.type
class SurveyMutations:
    """Writes of surveys."""

    @mutation(SurveyResult, "Add to a customer: surveys. 新增满意度调查")
    def create_survey(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[SurveyInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), given(input))
        return one(tables.Survey, created.id)

    @mutation(SurveyResult, "Change a row: surveys. 修改满意度调查")
    def update_survey(
        self, info: Info, id: Identity, input: Annotated[SurveyPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Survey")
        info.context.write(commands.update, key, given(input))
        return one(tables.Survey, key)

    create_surveys = SURVEYS.mutation(
        "createSurveys",
        bulk.SurveyCreation,
        SurveyRow,
        Taken(ids=ON_CUSTOMER),
        "Add rows to customers: surveys. 批量新增满意度调查",
    )
    update_surveys = SURVEYS.mutation(
        "updateSurveys",
        bulk.SurveyChange,
        SurveyChange,
        Taken(key="Survey"),
        "Change rows: surveys. 批量修改满意度调查",
    )
    delete_survey = SURVEYS.deletion("deleteSurvey", bulk.SurveyRemoval)
    delete_surveys = SURVEYS.removal("deleteSurveys", bulk.SurveyRemoval)
    update_surveys_where = SURVEYS.mutation_where(
        "updateSurveysWhere",
        bulk.SurveyChange,
        SurveyPatch,
        Taken(),
        "Change the rows that a filter finds: surveys. 按条件修改满意度调查",
    )
    delete_surveys_where = SURVEYS.removal_where("deleteSurveysWhere", bulk.SurveyRemoval)
