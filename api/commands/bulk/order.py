"""Orders in bulk, new ones with their lines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.journal import Journal
from api.commands.bulk.removal import Removal
from api.commands.bulk.rows import inserted, one_of
from api.commands.order import line_columns, sum_of
from api.errors import Invalid
from schema.tables import Order, OrderLine


class OrderCreation(Creation):
    """New orders; ``own`` may hold ``lines``, whose exact sum is the amount.  A payment is known from now on."""

    noun, table, permission = "orders", Order, "edit_order"
    apart = ("lines",)

    def complete(self, batch: Batch) -> None:
        """Compute the lines and the amount."""
        for entry in batch.standing():
            if entry.columns.get("paid_on") is not None:
                entry.columns["paid_known_at"] = self.instant
            if entry.own.get("lines"):
                self._sum(batch, entry)

    def _sum(self, batch: Batch, entry: Entry) -> None:
        lines = []
        for number, line in enumerate(entry.own["lines"], start=1):
            try:
                lines.append(line_columns(line, number))
            except Invalid as problem:
                batch.refuse(entry, ("lines", str(number - 1)), problem.code, problem.message)
                return
        entry.own["lines"] = lines
        try:
            entry.columns["amount"] = sum_of(lines, entry.columns.get("amount"))
        except Invalid as problem:
            batch.refuse(entry, ("amount",), problem.code, problem.message)

    def follow(self, batch: Batch, entries: list[Entry], journal: Journal) -> None:
        """Insert the lines."""
        lines = [{"order_id": entry.written, **line} for entry in entries for line in entry.own.get("lines") or ()]
        journal.created(OrderLine, inserted(batch.session, OrderLine, lines, self.instant))


class OrderChange(Change):
    """Changes of orders; the amount of an order with lines is their sum and is refused here."""

    noun, table, permission = "orders", Order, "edit_order"

    def complete(self, batch: Batch) -> None:
        """Refuse amounts of orders with lines; a payment is known from now on."""
        order: Any = OrderLine.order_id
        stated = {entry.key for entry in batch.standing() if "amount" in entry.values}
        lined: set[int] = set()
        if stated:
            found = select(order).where(one_of(batch.session, order, stated)).distinct()
            lined = set(batch.session.connection().execute(found).scalars())
        for entry in batch.standing():
            paid = entry.columns.get("paid_on")
            if "amount" in entry.values and entry.key in lined:
                message = f"amount: order {entry.key} has lines, whose sum is its amount; leave it out."
                batch.leave_out(entry, "amount", "invalid", message)
                entry.columns.pop("amount", None)
            if paid is not None and paid != self.former(entry)["paid_on"]:
                entry.columns["paid_known_at"] = self.instant


class OrderRemoval(Removal):
    """Orders deleted, with their lines."""

    noun, table, permission = "orders", Order, "edit_order"
    parts = ((OrderLine, "order_id"),)
