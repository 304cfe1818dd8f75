"""Needs: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import need as commands
from api.commands.bulk import need as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.need import Need, Urgency
from schema.select.global_id import key_of

NeedResult = Annotated[Need | Refusal, strawberry.union("NeedResult", description="The row, or why not. 需求或原因")]


@strawberry.input(description="Changes; what is left out stays. 需求修改内容")
class NeedPatch:
    """Changes; what is left out stays."""

    kind: str | None = optional("Type. 需求类型")
    description: str | None = optional("Description. 需求描述")
    budget_min: Decimal | None = optional("Least budget in yuan. 预算下限(元)")
    budget_max: Decimal | None = optional("Greatest budget in yuan. 预算上限(元)")
    wanted_on: date | None = optional("Wanted date. 期望日期")
    urgency: Urgency | None = optional("Urgency. 紧急程度")
    source: str | None = optional("Where it was heard of. 需求来源")


@strawberry.input(description="A new row. 新需求")
class NeedInput(NeedPatch):
    """A new row."""

    kind: str = needed("Type. 需求类型")


@strawberry.input(description="A new row of a bulk call. 需求新增行")
class NeedRow(NeedInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 需求修改行")
class NeedChange(NeedPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


NEEDS = Bulk("needs", "需求", Need, tables.Need)


@strawberry.type
class NeedQueries:
    """Reads of needs."""

    needs = connected(Need, "Needs, newest first when not told otherwise, by pages. 需求列表", [("id", True)])
    need = single(Need, "A need; null when there is none. 单个需求")


@strawberry.type
class NeedMutations:
    """Writes of needs."""

    @mutation(NeedResult, "Add to a customer: needs. 新增需求")
    def create_need(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[NeedInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), given(input))
        return one(tables.Need, created.id)

    @mutation(NeedResult, "Change a row: needs. 修改需求")
    def update_need(
        self, info: Info, id: Identity, input: Annotated[NeedPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Need")
        info.context.write(commands.update, key, given(input))
        return one(tables.Need, key)

    create_needs = NEEDS.mutation(
        "createNeeds", bulk.NeedCreation, NeedRow, Taken(ids=ON_CUSTOMER), "Add rows to customers: needs. 批量新增需求"
    )
    update_needs = NEEDS.mutation(
        "updateNeeds", bulk.NeedChange, NeedChange, Taken(key="Need"), "Change rows: needs. 批量修改需求"
    )
    delete_need = NEEDS.deletion("deleteNeed", bulk.NeedRemoval)
    delete_needs = NEEDS.removal("deleteNeeds", bulk.NeedRemoval)
    update_needs_where = NEEDS.mutation_where(
        "updateNeedsWhere",
        bulk.NeedChange,
        NeedPatch,
        Taken(),
        "Change the rows that a filter finds: needs. 按条件修改需求",
    )
    delete_needs_where = NEEDS.removal_where("deleteNeedsWhere", bulk.NeedRemoval)
