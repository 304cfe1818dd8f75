"""Tags put on many customers, or taken off them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from api.commands.audit import record_all
from api.commands.bulk.action import Action
from api.commands.bulk.batch import Batch
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import deleted, held, inserted, one_of
from api.commands.tag import created
from schema.tables import CustomerTag, Tag


class TagAssignment(Action):
    """Puts tags on customers; a new tag is created, a customer who carries the tag counts as unchanged.

    ``values`` hold ``dimension`` and ``tag``; ``own`` holds ``customer_id``, ``reason`` and ``ends_on``.
    """

    noun, table, permission = "tags", CustomerTag, "edit_customer"

    def check(self, batch: Batch) -> None:
        """Judge every row; find the tags that are there, and who carries them."""
        self.customers(batch)
        for entry in batch.standing():
            entry.written = entry.own["customer_id"]
            ends_on = entry.own.get("ends_on")
            if ends_on is not None and ends_on < self.today:
                message = f"ends_on: {ends_on} is over; choose today or later, or leave it out."
                batch.leave_out(entry, "ends_on", "invalid", message)
            if not entry.failed:
                entry.columns = self.read(batch, entry, partial=False)
        rows = batch.standing()
        self.tags = _tags(batch, {(entry.columns["dimension"], entry.columns["tag"]) for entry in rows})
        carried = carrying(batch, {entry.own["customer_id"] for entry in rows})
        first: dict[tuple[int, str, str], int] = {}
        for entry in rows:
            customer, dimension, name = entry.own["customer_id"], entry.columns["dimension"], entry.columns["tag"]
            entry.same = (customer, self.tags.get((dimension, name))) in carried
            earlier = first.setdefault((customer, dimension, name), entry.index)
            if earlier != entry.index:
                message = f"Row {earlier} of this call puts {dimension}:{name} on the same customer already."
                batch.refuse(entry, ("name",), "conflict", message)

    def write(self, batch: Batch, journal: Journal) -> None:
        """Create the tags that are new and put them on the customers."""
        entries = batch.to_write()
        pairs = [(entry.columns["dimension"], entry.columns["tag"]) for entry in entries]
        new = sorted(set(pairs) - self.tags.keys())
        made = created(batch.session, new)
        journal.created(Tag, sorted(made.values()))
        self.tags |= made
        if len(made) < len(new):  # the others were created by somebody else since the check
            self.tags |= _tags(batch, {*new} - made.keys())
        rows = [
            {
                "customer_id": entry.own["customer_id"],
                "tag_id": self.tags[pair],
                "author_id": batch.actor.id,
                "reason": entry.own.get("reason"),
                "ends_on": entry.own.get("ends_on"),
            }
            for entry, pair in zip(entries, pairs, strict=True)
        ]
        journal.created(CustomerTag, inserted(batch.session, CustomerTag, rows, self.instant))
        told = [(row["tag_id"], {"customer": row["customer_id"]}) for row in rows]
        record_all(batch.session, batch.actor, "assign", "tags", told)


class TagRemoval(Action):
    """Takes tags off customers; who does not carry the tag counts as unchanged.  ``own`` holds ``customer_id`` and ``tag_id``."""

    noun, table, permission = "tags", CustomerTag, "edit_customer"

    def check(self, batch: Batch) -> None:
        """Judge every row; find who carries the tags."""
        self.customers(batch)
        tags = held(batch.session, Tag, {entry.own["tag_id"] for entry in batch.standing()}, lock=False)
        self.carried = carrying(batch, {entry.own["customer_id"] for entry in batch.standing()})
        first: dict[tuple[int, int], int] = {}
        for entry in batch.standing():
            pair = (entry.own["customer_id"], entry.own["tag_id"])
            entry.written, entry.same = pair[0], pair not in self.carried
            earlier = first.setdefault(pair, entry.index)
            if pair[1] not in tags:
                batch.refuse(
                    entry, ("tag_id",), "not_found", f"There is no Tag {pair[1]}; it may be of another database."
                )
            elif earlier != entry.index:
                message = f"Row {earlier} of this call takes the same tag off the same customer already."
                batch.refuse(entry, ("tag_id",), "conflict", message)

    def write(self, batch: Batch, journal: Journal) -> None:
        """Take the tags off."""
        pairs = [(entry.own["customer_id"], entry.own["tag_id"]) for entry in batch.to_write()]
        keys = [self.carried[pair] for pair in pairs]
        before = held(batch.session, CustomerTag, keys, lock=True)
        deleted(batch.session, CustomerTag, keys)
        journal.removed(CustomerTag, before, keys)
        told = [(tag, {"customer": customer}) for customer, tag in pairs]
        record_all(batch.session, batch.actor, "remove", "tags", told)


def _tags(batch: Batch, pairs: set[tuple[Any, Any]]) -> dict[tuple[str, str], int]:
    """Return the ids of tags that are there, and of others of the same names."""
    name: Any = Tag.name
    if not pairs:
        return {}
    rows = batch.session.connection().execute(
        select(Tag.dimension, name, Tag.id).where(one_of(batch.session, name, {name for _, name in pairs}))
    )
    return {(row.dimension, row.name): row.id for row in rows}


def carrying(batch: Batch, customers: set[int]) -> dict[tuple[int, int], int]:
    """Return the keys of the tags on customers, by customer and tag."""
    customer: Any = CustomerTag.customer_id
    rows = batch.session.connection().execute(
        select(customer, CustomerTag.tag_id, CustomerTag.id).where(one_of(batch.session, customer, customers))
    )
    return {(row.customer_id, row.tag_id): row.id for row in rows}
