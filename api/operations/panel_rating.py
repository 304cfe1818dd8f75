"""Ratings of panels: the doors to propose one and to give one."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import panel_rating as commands
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Values, given, needed, one, optional
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.panel_rating import PanelRating
from schema.select.global_id import key_of

PanelRatingResult = Annotated[
    PanelRating | Refusal, strawberry.union("PanelRatingResult", description="The rating, or why not. 打分或原因")
]


@strawberry.input(description="One person's rating. 打分内容")
class PanelRatingInput:
    """One person's rating."""

    word: str = needed("A rating word of the vocabulary, such as industry_outlook, or its Chinese name. 指标")
    rating: int = needed("0 to 10. 评分")
    reason: str | None = optional("Why. 理由")


@strawberry.type
class PanelRatingQueries:
    """Reads of panel ratings."""

    panel_ratings = connected(
        PanelRating,
        "Ratings of panels, newest first when not told otherwise, by pages. 评审小组打分列表",
        [("given_on", True)],
    )
    panel_rating = single(PanelRating, "A rating of a panel; null when there is none. 单个评审小组打分")


@strawberry.type
class PanelRatingMutations:
    """Writes of panel ratings."""

    @mutation(PanelRatingResult, "Open a panel with a proposed rating, which does not count. 提议评分")
    def propose_rating(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[PanelRatingInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Open a panel."""
        row = info.context.write(commands.propose, key_of(customer_id, "Customer"), **given(input))
        return one(tables.PanelRating, row.id)

    @mutation(PanelRatingResult, "Rate in an open panel; the last of its raters settles the median. 小组打分")
    def give_rating(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[PanelRatingInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Rate in an open panel."""
        row = info.context.write(commands.give, key_of(customer_id, "Customer"), **given(input))
        return one(tables.PanelRating, row.id)
