"""Contracts: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import contract as commands
from api.commands.bulk import contract as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.contract import Contract
from schema.select.global_id import key_of

ContractResult = Annotated[
    Contract | Refusal, strawberry.union("ContractResult", description="The row, or why not. 合同或原因")
]


@strawberry.input(description="Changes; what is left out stays. 合同修改内容")
class ContractPatch:
    """Changes; what is left out stays."""

    title: str | None = optional("Title. 合同名称")
    amount: Decimal | None = optional("Amount in yuan. 合同金额(元)")
    starts_on: date | None = optional("First day. 开始日期")
    ends_on: date | None = optional("Last day. 结束日期")


@strawberry.input(description="A new row. 新合同")
class ContractInput(ContractPatch):
    """A new row."""

    starts_on: date = needed("First day. 开始日期")


@strawberry.input(description="A new row of a bulk call. 合同新增行")
class ContractRow(ContractInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 合同修改行")
class ContractChange(ContractPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


CONTRACTS = Bulk("contracts", "合同", Contract, tables.Contract)


@strawberry.type
class ContractQueries:
    """Reads of contracts."""

    contracts = connected(
        Contract,
        "Contracts, the latest to start first when not told otherwise, by pages. 合同列表",
        [("starts_on", True)],
    )
    contract = single(Contract, "A contract; null when there is none. 单个合同")


@strawberry.type
class ContractMutations:
    """Writes of contracts."""

    @mutation(ContractResult, "Add to a customer: contracts. 新增合同")
    def create_contract(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[ContractInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), given(input))
        return one(tables.Contract, created.id)

    @mutation(ContractResult, "Change a row: contracts. 修改合同")
    def update_contract(
        self, info: Info, id: Identity, input: Annotated[ContractPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Contract")
        info.context.write(commands.update, key, given(input))
        return one(tables.Contract, key)

    create_contracts = CONTRACTS.mutation(
        "createContracts",
        bulk.ContractCreation,
        ContractRow,
        Taken(ids=ON_CUSTOMER),
        "Add rows to customers: contracts. 批量新增合同",
    )
    update_contracts = CONTRACTS.mutation(
        "updateContracts",
        bulk.ContractChange,
        ContractChange,
        Taken(key="Contract"),
        "Change rows: contracts. 批量修改合同",
    )
    delete_contract = CONTRACTS.deletion("deleteContract", bulk.ContractRemoval)
    delete_contracts = CONTRACTS.removal("deleteContracts", bulk.ContractRemoval)
    update_contracts_where = CONTRACTS.mutation_where(
        "updateContractsWhere",
        bulk.ContractChange,
        ContractPatch,
        Taken(),
        "Change the rows that a filter finds: contracts. 按条件修改合同",
    )
    delete_contracts_where = CONTRACTS.removal_where("deleteContractsWhere", bulk.ContractRemoval)
