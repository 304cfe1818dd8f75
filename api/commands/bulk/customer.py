"""Customers in bulk: new ones with their numbers, changes of their records, and moves of their status."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select

from api.commands.audit import record_all
from api.commands.bulk.action import Action, missing
from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.change import Change, once
from api.commands.bulk.creation import Creation
from api.commands.bulk.journal import Journal
from api.commands.bulk.rows import held, inserted, one_of
from api.commands.credit_code import require_unique
from api.commands.customer import TRANSITIONS
from api.commands.customer_number import next_numbers
from api.commands.customer_status import refresh_status
from schema.tables import Customer, StatusChange, User


class CustomerCreation(Creation):
    """New customers; ``own`` may hold ``owner``, a login, and ``referrer_id``."""

    noun, table, permission = "customers", Customer, "edit_customer"
    hangs, apart = False, ("owner",)

    def complete(self, batch: Batch) -> None:
        """Find owners and referrers; refuse companies that are there already."""
        owners(batch)
        wanted = {entry.own["referrer_id"] for entry in batch.standing() if "referrer_id" in entry.own}
        found = held(batch.session, Customer, wanted, lock=not batch.dry_run)
        for entry in batch.standing():
            key = entry.own.get("referrer_id", None)
            if key is not None and key not in found:
                message = f"There is no Customer {key}; it may be of another database."
                batch.leave_out(entry, "referrer_id", "not_found", message)
        credit_codes(batch)

    def prepare(self, batch: Batch, entries: list[Entry]) -> None:
        """Give numbers in the order of the rows."""
        numbers = next_numbers(batch.session, self.today, len(entries))
        for entry, number in zip(entries, numbers, strict=True):
            entry.columns["number"] = number

    def follow(self, batch: Batch, entries: list[Entry], journal: Journal) -> None:
        """Put the first status on record."""
        changes = [
            {
                "customer_id": entry.written,
                "status": entry.columns.get("status", "potential"),
                "changed_on": self.today,
                "reason": "record created",
                "author_id": batch.actor.id,
            }
            for entry in entries
        ]
        journal.created(StatusChange, inserted(batch.session, StatusChange, changes, self.instant))
        require_unique(batch.session, given_codes(entries))


class CustomerChange(Change):
    """Changes of customers' records; ``own`` may hold ``owner``, a login or None for nobody."""

    noun, table, permission = "customers", Customer, "edit_customer"
    apart = ("owner",)

    def complete(self, batch: Batch) -> None:
        """Find owners; refuse credit codes that belong to another."""
        owners(batch)
        credit_codes(batch)

    def write(self, batch: Batch, journal: Journal) -> None:
        """Update the rows that stand and differ."""
        super().write(batch, journal)
        require_unique(batch.session, given_codes(batch.to_write()))


class StatusMove(Action):
    """Moves customers to another status; ``own`` holds ``status``, ``reason`` and ``changed_on``, a day or None for today."""

    noun, table, permission = "customers", Customer, "edit_customer"

    def check(self, batch: Batch) -> None:
        """Judge every move by the graph, the reason and the day."""
        once(batch)
        session, wanted = batch.session, {entry.key for entry in batch.standing() if entry.key is not None}
        self.before = held(session, Customer, wanted, lock=not batch.dry_run)
        column: Any = StatusChange.customer_id
        newest = select(column, func.max(StatusChange.changed_on)).where(one_of(session, column, wanted))
        last: dict[int, date] = {row[0]: row[1] for row in session.connection().execute(newest.group_by(column))}
        for entry in batch.standing():
            missing(batch, entry, Customer, entry.key, self.before, "id")
        for entry in batch.standing():
            assert entry.key is not None
            number, before = self.before[entry.key]["number"], self.before[entry.key]["status"]
            after, day = entry.own["status"], entry.own.get("changed_on") or self.today
            if after not in TRANSITIONS[before]:
                allowed = ", ".join(TRANSITIONS[before])
                message = f"{number} is {before}; from there it may become {allowed}, not {after}."
                batch.refuse(entry, ("status",), "transition_not_allowed", message)
            elif not entry.own["reason"].strip():
                batch.refuse(entry, ("reason",), "invalid", f"A change of the status of {number} needs a reason.")
            elif day > self.today or (entry.key in last and day < last[entry.key]):
                known = last.get(entry.key) or "none"
                message = f"changed_on {day} must lie between the last change ({known}) and today."
                batch.refuse(entry, ("changed_on",), "invalid", message)
            entry.columns, entry.written = {"status": after, "changed_on": day}, entry.key

    def write(self, batch: Batch, journal: Journal) -> None:
        """Put the changes on record and set the status of the customers."""
        entries = batch.to_write()
        keys = [entry.key for entry in entries if entry.key is not None]
        changes = [
            {
                "customer_id": entry.key,
                "reason": entry.own["reason"].strip(),
                "author_id": batch.actor.id,
                **entry.columns,
            }
            for entry in entries
        ]
        made = inserted(batch.session, StatusChange, changes, self.instant)
        refresh_status(batch.session, keys)
        journal.created(StatusChange, made)
        journal.changed(Customer, self.before, keys)
        told = [
            (key, {"before": self.before[key]["status"], "after": entry.columns["status"]})
            for key, entry in zip(keys, entries, strict=True)
        ]
        record_all(batch.session, batch.actor, "change_status", "customers", told)


def owners(batch: Batch) -> None:
    """Find the people whom rows name as account manager."""
    wanted = {entry.own["owner"] for entry in batch.standing() if entry.own.get("owner") is not None}
    login: Any = User.login
    found: dict[str, int] = {}
    if wanted:
        statement = select(login, User.id).where(one_of(batch.session, login, wanted), User.active)
        found = {row[0]: row[1] for row in batch.session.connection().execute(statement)}
    for entry in batch.standing():
        name = entry.own.get("owner")
        if "owner" in entry.own and name is None:
            entry.columns["owner_id"] = None
        elif name in found:
            entry.columns["owner_id"] = found[name]
        elif name is not None:
            message = f"No active user {name!r} to own the customer; `fenji user add` creates one."
            batch.leave_out(entry, "owner", "not_found", message)


def given_codes(entries: list[Entry]) -> list[int]:
    """Return the keys of rows that have been given a credit code: another call may have given the same since the check."""
    return [entry.written for entry in entries if entry.written is not None and entry.columns.get("uscc") is not None]


def credit_codes(batch: Batch) -> None:
    """Fail rows whose credit code belongs to another customer, or to an earlier row of the call: it is the same company."""
    rows = [entry for entry in batch.standing() if entry.columns.get("uscc") is not None]
    if not rows:
        return
    code: Any = Customer.uscc
    statement = select(code, Customer.id, Customer.number).where(
        one_of(batch.session, code, {entry.columns["uscc"] for entry in rows})
    )
    holders: dict[str, list[tuple[int, str]]] = {}
    for uscc, key, number in batch.session.connection().execute(statement):
        holders.setdefault(uscc, []).append((key, number))
    earlier: dict[str, int] = {}
    for entry in rows:
        uscc = entry.columns["uscc"]
        other = next((number for key, number in holders.get(uscc, ()) if key != entry.key), None)
        first = earlier.setdefault(uscc, entry.index)
        if other is not None:
            message = f"The credit code {uscc} belongs to customer {other} already; update that one."
            batch.refuse(entry, ("uscc",), "conflict", message)
        elif first != entry.index:
            message = f"The credit code {uscc} stands in row {first} of this call already; it is the same company."
            batch.refuse(entry, ("uscc",), "conflict", message)
