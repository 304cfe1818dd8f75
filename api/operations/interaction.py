"""Interactions: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import interaction as commands
from api.commands.bulk import interaction as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.interaction import Interaction
from schema.select.global_id import key_of

InteractionResult = Annotated[
    Interaction | Refusal, strawberry.union("InteractionResult", description="The row, or why not. 互动记录或原因")
]


@strawberry.input(description="Changes; what is left out stays. 互动记录修改内容")
class InteractionPatch:
    """Changes; what is left out stays."""

    happened_at: datetime | None = optional("When, with zone. 发生时间")
    kind: str | None = optional("visit, call, mail, event or web, or the Chinese word. 互动方式")
    summary: str | None = optional("What was said. 内容")
    by: str | None = optional("Who recorded it. 记录人")


@strawberry.input(description="A new row. 新互动记录")
class InteractionInput(InteractionPatch):
    """A new row."""

    happened_at: datetime = needed("When, with zone. 发生时间")
    kind: str = needed("visit, call, mail, event or web, or the Chinese word. 互动方式")


@strawberry.input(description="A new row of a bulk call. 互动记录新增行")
class InteractionRow(InteractionInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 互动记录修改行")
class InteractionChange(InteractionPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


INTERACTIONS = Bulk("interactions", "互动记录", Interaction, tables.Interaction)


@strawberry.type
class InteractionQueries:
    """Reads of interactions."""

    interactions = connected(
        Interaction,
        "Interactions, newest first when not told otherwise, by pages. 互动记录列表",
        [("happened_at", True)],
    )
    interaction = single(Interaction, "An interaction; null when there is none. 单个互动记录")


@strawberry.type
class InteractionMutations:
    """Writes of interactions."""

    @mutation(InteractionResult, "Add to a customer: interactions. 新增互动记录")
    def create_interaction(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[InteractionInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), given(input))
        return one(tables.Interaction, created.id)

    @mutation(InteractionResult, "Change a row: interactions. 修改互动记录")
    def update_interaction(
        self, info: Info, id: Identity, input: Annotated[InteractionPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Interaction")
        info.context.write(commands.update, key, given(input))
        return one(tables.Interaction, key)

    create_interactions = INTERACTIONS.mutation(
        "createInteractions",
        bulk.InteractionCreation,
        InteractionRow,
        Taken(ids=ON_CUSTOMER),
        "Add rows to customers: interactions. 批量新增互动记录",
    )
    update_interactions = INTERACTIONS.mutation(
        "updateInteractions",
        bulk.InteractionChange,
        InteractionChange,
        Taken(key="Interaction"),
        "Change rows: interactions. 批量修改互动记录",
    )
    delete_interaction = INTERACTIONS.deletion("deleteInteraction", bulk.InteractionRemoval)
    delete_interactions = INTERACTIONS.removal("deleteInteractions", bulk.InteractionRemoval)
    update_interactions_where = INTERACTIONS.mutation_where(
        "updateInteractionsWhere",
        bulk.InteractionChange,
        InteractionPatch,
        Taken(),
        "Change the rows that a filter finds: interactions. 按条件修改互动记录",
    )
    delete_interactions_where = INTERACTIONS.removal_where("deleteInteractionsWhere", bulk.InteractionRemoval)
