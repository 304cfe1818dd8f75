"""Contacts: the reads, and the doors to their commands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import contact as commands
from api.commands.bulk import contact as bulk
from api.endpoint.context import Info
from api.operations.arguments import CustomerId, Identity, Reason, Values, given, needed, one, optional
from api.operations.bulk import Bulk
from api.operations.bulk_row import ON_CUSTOMER, Taken
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.contact import Contact
from schema.select.global_id import key_of

ContactResult = Annotated[
    Contact | Refusal, strawberry.union("ContactResult", description="The row, or why not. 联系人或原因")
]


@strawberry.input(description="Changes; what is left out stays. 联系人修改内容")
class ContactPatch:
    """Changes; what is left out stays."""

    name: str | None = optional("Name. 姓名")
    title: str | None = optional("Job title. 职务")
    mobile: str | None = optional("Mobile, 11 digits. 手机")
    landline: str | None = optional("Landline, area code-number. 座机")
    email: str | None = optional("E-mail. 电子邮箱")
    role: str | None = optional("decision_maker, influencer, user or gatekeeper, or the Chinese word. 决策角色")
    is_primary: bool | None = optional("Whether to be called first. 主要联系人")


@strawberry.input(description="A new row. 新联系人")
class ContactInput(ContactPatch):
    """A new row."""

    name: str = needed("Name. 姓名")


@strawberry.input(description="A new row of a bulk call. 联系人新增行")
class ContactRow(ContactInput):
    """A new row of a bulk call."""

    customer_id: strawberry.ID = needed("Global id of the customer. 客户标识")


@strawberry.input(description="Changes with their reason; what is left out stays. 联系人修改内容及原因")
class ContactRevision(ContactPatch):
    """Changes with their reason."""

    reason: str = needed("Why; kept with the change. 原因")
    left_on: date | None = optional("The day the person left. 离开日期")


@strawberry.input(description="Changes of one row; what is left out stays. 联系人修改行")
class ContactChange(ContactRevision):
    """Changes of one row of a bulk call."""

    id: strawberry.ID = needed("Global id of the row. 标识")


CONTACTS = Bulk("contacts", "联系人", Contact, tables.Contact)


@strawberry.type
class ContactQueries:
    """Reads of contacts."""

    contacts = connected(Contact, "Contacts, oldest first when not told otherwise, by pages. 联系人列表")
    contact = single(Contact, "A contact; null when there is none. 单个联系人")


@strawberry.type
class ContactMutations:
    """Writes of contacts."""

    @mutation(ContactResult, "Add to a customer: contacts. 新增联系人")
    def create_contact(
        self,
        info: Info,
        customer_id: CustomerId,
        input: Annotated[ContactInput, strawberry.argument(description=Values)],
    ) -> Select[Any]:
        """Add a row."""
        created = info.context.write(commands.create, key_of(customer_id, "Customer"), given(input))
        return one(tables.Contact, created.id)

    @mutation(ContactResult, "Change a row: contacts. 修改联系人")
    def update_contact(
        self,
        info: Info,
        id: Identity,
        input: Annotated[ContactPatch, strawberry.argument(description=Values)],
        reason: Reason,
        left_on: Annotated[date | None, strawberry.argument(description="The day the person left. 离开日期")] = None,
    ) -> Select[Any]:
        """Change a row."""
        key = key_of(id, "Contact")
        info.context.write(commands.update, key, given(input), reason, left_on)
        return one(tables.Contact, key)

    create_contacts = CONTACTS.mutation(
        "createContacts",
        bulk.ContactCreation,
        ContactRow,
        Taken(ids=ON_CUSTOMER),
        "Add rows to customers: contacts. 批量新增联系人",
    )
    update_contacts = CONTACTS.mutation(
        "updateContacts",
        bulk.ContactChange,
        ContactChange,
        Taken(key="Contact", own=("reason", "left_on")),
        "Change rows: contacts. 批量修改联系人",
    )
    delete_contact = CONTACTS.deletion("deleteContact", bulk.ContactRemoval)
    delete_contacts = CONTACTS.removal("deleteContacts", bulk.ContactRemoval)
    update_contacts_where = CONTACTS.mutation_where(
        "updateContactsWhere",
        bulk.ContactChange,
        ContactRevision,
        Taken(own=("reason", "left_on")),
        "Change the rows that a filter finds: contacts. 按条件修改联系人",
    )
    delete_contacts_where = CONTACTS.removal_where("deleteContactsWhere", bulk.ContactRemoval)
