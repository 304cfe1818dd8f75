"""What else happens when rows land: numbers and status of customers, tags, order amounts, payments."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from api.commands.customer_number import next_numbers
from api.commands.customer_status import ImpliedStatus, drop_implied, imply, refresh_status
from api.commands.landing import BATCH, Landing, Row
from api.commands.order_amount import forget_amounts, line_amount, settle_amounts
from api.intake.columns import RowError
from schema.tables import (
    Assessment,
    Base,
    Contact,
    Contract,
    Customer,
    CustomerTag,
    Improvement,
    Interaction,
    Need,
    Order,
    OrderLine,
    ServiceRecord,
    StatusChange,
    Survey,
    Tag,
)


class CustomerLanding(Landing):
    """A new customer gets a number; a status gets its change on record."""

    elsewhere = frozenset({"status", "status_since"})

    def on_entry(self, rows: list[Row]) -> None:
        """Give numbers in the order of the file, by month of first contact or of today."""
        today = self.instant.astimezone(self.zone).date()
        months: dict[date, list[Row]] = defaultdict(list)
        for row in rows:
            months[(row.values.get("first_contact_on") or today).replace(day=1)].append(row)
            row.columns["status"] = row.values.get("status") or "potential"
        for month, entered in sorted(months.items()):
            for row, number in zip(entered, next_numbers(self.session, month, len(entered)), strict=True):
                row.columns["number"] = number

    def after(self, new: list[Row], different: list[Row], same: list[Row]) -> None:
        """Put the status that the rows give on record; a row whose status is new counts as changed."""
        if "status" not in self.given:
            return
        entered = {row.key for row in new}
        rows = [row for row in (*new, *different, *same) if row.values["status"] is not None]
        found = self.session.connection().execute(
            select(Customer.source_key, Customer.id, Customer.status).where(
                Customer.source_system == self.source_system, Customer.source_key.in_([row.key for row in rows])
            )
        )
        held = {one.source_key: one for one in found}
        implied = {}
        for row in rows:
            customer = held[row.key]
            dated = row.values.get("status_since") or row.values.get("known_at")
            if dated or row.key in entered or customer.status != row.values["status"]:
                implied[row.key] = self._implied(row, customer.id)
        touched = imply(self.session, self.source_system, self.actor.id, implied.values())
        moved = sum(held[row.key].id in touched for row in same if row.key in implied)
        self.unchanged, self.changed = self.unchanged - moved, self.changed + moved

    def _implied(self, row: Row, customer_id: int) -> ImpliedStatus:
        """Return the change that a row implies; without a date the status is known from the file's own day only."""
        since = row.values.get("status_since")
        known: datetime = row.columns["known_at"]
        if since is None:
            known = row.values.get("known_at") or self.instant
            since = known.astimezone(self.zone).date()
        end = self.end_of(since)
        assert end is not None
        return ImpliedStatus(customer_id, row.key, row.values["status"], since, max(known, end))


class StatusChangeLanding(Landing):
    """The newest change is the customer's status."""

    def after(self, new: list[Row], different: list[Row], same: list[Row]) -> None:
        """Set the status of the customers; what their own file implied gives way to the change itself."""
        landed = [row.columns for row in (*new, *different)]
        if landed:
            told = ((row["customer_id"], row["status"], row["changed_on"]) for row in landed)
            drop_implied(self.session, self.source_system, told)
            refresh_status(self.session, {row["customer_id"] for row in landed})


class OrderLanding(Landing):
    """A payment is known at the end of its own day unless the file says when."""

    made = ("paid_known_at",)

    def before(self, rows: list[Row]) -> list[Row]:
        """Set when payments were known."""
        if "paid_on" in self.given:
            for row in rows:
                row.columns["paid_known_at"] = row.values.get("paid_known_at") or self.end_of(row.values["paid_on"])
        return rows


class OrderLineLanding(Landing):
    """An order's amount is the exact sum of its lines, and unknown while one of them is rejected."""

    made = ("amount",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.spoiled: set[str] = set()
        self.nameless = 0

    def reject(self, values: dict[str, Any], errors: list[RowError]) -> None:
        """Remember the order whose line is rejected."""
        super().reject(values, errors)
        if values.get("order_key"):
            self.spoiled.add(values["order_key"])
        else:
            self.nameless += 1

    def before(self, rows: list[Row]) -> list[Row]:
        """Compute the amounts; a line is known with its order."""
        kept = []
        orders = self.references.find("orders", {row.values["order_key"] for row in rows})
        for row in rows:
            values = row.values
            try:
                row.columns["amount"] = line_amount(
                    values.get("quantity"), values.get("unit_price"), values.get("discount") or 0, values.get("amount")
                )
            except ValueError as error:
                self.refuse(row, "amount", str(error))
                continue
            row.columns["known_at"] = row.columns["known_at"] or orders[values["order_key"]].known_at
            kept.append(row)
        return kept

    def after(self, new: list[Row], different: list[Row], same: list[Row]) -> None:
        """Set the amounts of the orders of these lines."""
        settle_amounts(self.session, {row.columns["order_id"] for row in (*new, *different, *same)})

    def at_end(self) -> None:
        """Set the amounts of orders with a rejected line to unknown."""
        spoiled = sorted(self.spoiled)
        for start in range(0, len(spoiled), BATCH):
            keys = spoiled[start : start + BATCH]
            found = self.references.find("orders", keys)
            forget_amounts(self.session, [found[key].id for key in keys if key in found])
        if spoiled:
            shown = ", ".join(spoiled[:5]) + (" …" if len(spoiled) > 5 else "")
            self.notes.append(f"The amount of {len(spoiled)} orders ({shown}) is unknown until their lines are mended.")
        if self.nameless:
            self.notes.append(
                f"{self.nameless} rejected lines do not say of which order they are: its amount lacks them until they are "
                "mended and the file is imported again."
            )


class TagLanding(Landing):
    """A tag of a dimension is made when it is first used; a customer carries it once."""

    elsewhere = frozenset({"dimension", "tag"})
    made = ("tag_id",)

    def before(self, rows: list[Row]) -> list[Row]:
        """Find or make the tags; refuse what the customer carries already from elsewhere."""
        wanted = {(row.values["dimension"], row.values["tag"]) for row in rows}
        ids = self._tags(wanted)
        found = self.session.connection().execute(
            select(
                CustomerTag.customer_id, CustomerTag.tag_id, CustomerTag.source_system, CustomerTag.source_key
            ).where(CustomerTag.customer_id.in_({row.columns["customer_id"] for row in rows}))
        )
        carried = {(one.customer_id, one.tag_id): (one.source_system, one.source_key) for one in found}
        kept = []
        for row in rows:
            row.columns["tag_id"] = ids[row.values["dimension"], row.values["tag"]]
            own = (self.source_system, row.key)
            holder = carried.setdefault((row.columns["customer_id"], row.columns["tag_id"]), own)
            if holder == own:
                kept.append(row)
            else:
                where = " ".join(str(part) for part in holder if part)
                self.refuse(
                    row, "tag", f"{row.values['tag']!r} is on this customer already ({where}); leave the row out"
                )
        return kept

    def _tags(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        connection = self.session.connection()
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        if wanted:
            values = [{"dimension": dimension, "name": name} for dimension, name in sorted(wanted)]
            connection.execute(dialect.insert(Tag).on_conflict_do_nothing(), values)
        rows = connection.execute(
            select(Tag.id, Tag.dimension, Tag.name).where(Tag.dimension.in_({d for d, _ in wanted}))
        )
        return {(row.dimension, row.name): row.id for row in rows}


# How each noun lands: its table, and what else happens.
LANDINGS: dict[str, tuple[type[Base], type[Landing]]] = {
    "customers": (Customer, CustomerLanding),
    "contacts": (Contact, Landing),
    "contracts": (Contract, Landing),
    "orders": (Order, OrderLanding),
    "order_lines": (OrderLine, OrderLineLanding),
    "interactions": (Interaction, Landing),
    "service_records": (ServiceRecord, Landing),
    "surveys": (Survey, Landing),
    "needs": (Need, Landing),
    "tags": (CustomerTag, TagLanding),
    "assessments": (Assessment, Landing),
    "status_changes": (StatusChange, StatusChangeLanding),
    "improvements": (Improvement, Landing),
}
