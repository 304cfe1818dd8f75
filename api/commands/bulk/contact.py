"""Contacts in bulk."""

from __future__ import annotations

from api.commands.bulk.batch import Batch
from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from schema.tables import Contact, ServiceRecord


class ContactCreation(Creation):
    """New contacts of customers."""

    noun, table, permission = "contacts", Contact, "edit_customer"


class ContactChange(Change):
    """Changes of contacts; ``own`` holds the ``reason`` and may hold ``left_on``, the day the person left."""

    noun, table, permission = "contacts", Contact, "edit_customer"
    apart = ("reason",)

    def complete(self, batch: Batch) -> None:
        """Keep the reason with the row."""
        for entry in batch.standing():
            reason = entry.own["reason"].strip()
            if not reason:
                message = (
                    f"A change of contact {entry.key} needs a reason: left the company, moved inside it, new number …"
                )
                batch.refuse(entry, ("reason",), "invalid", message)
            entry.columns["change_reason"] = reason


class ContactRemoval(Removal):
    """Contacts deleted: a person's details that must go."""

    noun, table, permission = "contacts", Contact, "edit_customer"
    named_by = ((ServiceRecord, "contact_id", "a service record"),)
