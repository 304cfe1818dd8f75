"""Service records in bulk."""

from __future__ import annotations

from api.commands.bulk.batch import Batch
from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from api.commands.bulk.rows import held
from schema.tables import Contact, ServiceRecord


class ServiceRecordCreation(Creation):
    """New service records of customers; ``own`` may hold ``contact_id``, one of the customer's contacts."""

    noun, table, permission = "service_records", ServiceRecord, "edit_service"

    def check(self, batch: Batch) -> None:
        """Lock contacts before customers, in the order of the single command, then judge every row."""
        wanted = {entry.own["contact_id"] for entry in batch.standing() if entry.own.get("contact_id") is not None}
        found = held(batch.session, Contact, wanted, lock=not batch.dry_run)
        for entry in batch.standing():
            key = entry.own.get("contact_id")
            if key is None:
                continue
            if key not in found:
                message = f"There is no Contact {key}; it may be of another database."
                batch.leave_out(entry, "contact_id", "not_found", message)
            elif found[key]["customer_id"] != entry.own["customer_id"]:
                message = f"contact: {key} is a contact of another customer; choose one of this customer's."
                batch.leave_out(entry, "contact_id", "invalid", message)
        super().check(batch)


class ServiceRecordChange(Change):
    """Changes of service records."""

    noun, table, permission = "service_records", ServiceRecord, "edit_service"


class ServiceRecordRemoval(Removal):
    """Service records deleted."""

    noun, table, permission = "service_records", ServiceRecord, "edit_service"
