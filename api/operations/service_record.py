"""Service records: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import service_record as commands
from api.commands.bulk import service_record as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.service_record import ServiceRecord
from schema.select.global_id import key_of

ServiceRecordResult = Annotated[
    ServiceRecord | Refusal, strawberry.union("ServiceRecordResult", description="The row, or why not. 服务记录或原因")
]


@strawberry.input(description="Changes; what is left out stays. 服务记录修改内容")
class ServiceRecordPatch:
    """Changes; what is left out stays."""

    opened_at: datetime | None = optional("When it was opened, with zone. 受理时间")
    kind: str | None = optional("consult, complaint, visit or technical_support, or the Chinese word. 服务类型")
    problem: str | None = optional("The problem. 问题")
    result: str | None = optional("What was done. 处理结果")
    served_by: str | None = optional("Who served. 服务人员")
    closed_at: datetime | None = optional("When it was closed, with zone. 完成时间")
    satisfaction: int | None = optional("1 to 5. 满意度")


@strawberry.input(description="A new row. 新服务记录")
class ServiceRecordInput(ServiceRecordPatch):
    """A new row."""

    opened_at: datetime = needed("When it was opened, with zone. 受理时间")
    contact_id: strawberry.ID | None = optional("Global id of the contact who asked. 联系人标识")
    kind: str = needed("consult, complaint, visit or technical_support, or the Chinese word. 服务类型")


@strawberry.input(description="A new row of a bulk call. 服务记录新增行")
class ServiceRecordRow(ServiceRecordInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes of one row; what is left out stays. 服务记录修改行")
class ServiceRecordChange(ServiceRecordPatch):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


SERVICE_RECORDS = Bulk("service records", "服务记录", ServiceRecord, tables.ServiceRecord)


@strawberry.type
class ServiceRecordQueries:
    """Reads of service records."""

    service_records = connected(
        ServiceRecord,
        "Service records, newest first when not told otherwise, by pages. 服务记录列表",
        [("opened_at", True)],
    )
    service_record = single(ServiceRecord, "A service record; null when there is none. 单个服务记录")


@strawberry.type
class ServiceRecordMutations:
    """Writes of service records."""

    @mutation(ServiceRecordResult, "Add to a customer: service records. 新增服务记录")
    def create_service_record(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[ServiceRecordInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        values = given(input)
        contact = values.pop("contact_id", None)
        contact_id = None if contact is None else key_of(contact, "Contact")
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), values, contact_id=contact_id)
        return one(tables.ServiceRecord, created.id)

    @mutation(ServiceRecordResult, "Change a row: service records. 修改服务记录")
    def update_service_record(
        self, info: Info, id: Identity, input: Annotated[ServiceRecordPatch, strawberry.argument(description=Values)]
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "ServiceRecord")
        info.context.write(commands.update, key, given(input))
        return one(tables.ServiceRecord, key)

    create_service_records = SERVICE_RECORDS.mutation(
        "createServiceRecords",
        bulk.ServiceRecordCreation,
        ServiceRecordRow,
        Taken(ids={**ON_CUSTOMER, "contact_id": "Contact"}),
        "Add rows to customers: service records. 批量新增服务记录",
    )
    update_service_records = SERVICE_RECORDS.mutation(
        "updateServiceRecords",
        bulk.ServiceRecordChange,
        ServiceRecordChange,
        Taken(key="ServiceRecord"),
        "Change rows: service records. 批量修改服务记录",
    )
    delete_service_record = SERVICE_RECORDS.deletion("deleteServiceRecord", bulk.ServiceRecordRemoval)
    delete_service_records = SERVICE_RECORDS.removal("deleteServiceRecords", bulk.ServiceRecordRemoval)
    update_service_records_where = SERVICE_RECORDS.mutation_where(
        "updateServiceRecordsWhere",
        bulk.ServiceRecordChange,
        ServiceRecordPatch,
        Taken(),
        "Change the rows that a filter finds: service records. 按条件修改服务记录",
    )
    delete_service_records_where = SERVICE_RECORDS.removal_where("deleteServiceRecordsWhere", bulk.ServiceRecordRemoval)
