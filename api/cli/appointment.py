"""`fenji appointment`: give a customer a tier for a time, or override the computed one; end it, list who is appointed."""

from __future__ import annotations

from datetime import date, datetime

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Date, literal, select

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.cli.grade import find_customer
from api.cli.policy import DAY, ID
from api.commands import appointment as appointments
from api.database import reading
from schema.appointed import holds_on
from schema.tables import Appointment, Customer, Policy


@click.group()
def appointment() -> None:
    """Give a customer a tier for a time, or override the computed one; end it, list who is appointed."""


@appointment.command("add")
@click.argument("customer")
@click.argument("policy_key")
@click.argument("tier")
@click.option("--until", type=DAY, required=True, help="The last day.")
@click.option("--from", "begin", type=DAY, help="The first day; today when not given.")
@click.option("--reason", required=True)
@click.option("--evidence", help="What shows it: a text or a link.")
@as_option
def add(
    customer: str, policy_key: str, tier: str, until: datetime, begin: datetime | None, reason: str, evidence: str | None, acting_login: str
) -> None:  # fmt: skip
    """Give a customer, named by number, key or name, a tier as the policy in force allows it."""
    first: date | None = None if begin is None else begin.date()
    with doing(acting_login) as (session, actor):
        found = find_customer(session, customer)
        made = appointments.appoint(session, actor, found.id, policy_key, tier, until.date(), reason, evidence, first)
        told = f"{made.id}: {found.number} {tier}, {made.valid_from} to {made.valid_until}"
    CONSOLE.print(f"Appointment {told}.", markup=False)


@appointment.command("override")
@click.argument("customer")
@click.argument("policy_key")
@click.argument("tier")
@click.option("--until", type=DAY, required=True, help="The last day, at most 12 months ahead.")
@click.option("--reason", required=True)
@click.option("--evidence", required=True, help="What shows it: a text or a link.")
@as_option
def override(
    customer: str, policy_key: str, tier: str, until: datetime, reason: str, evidence: str, acting_login: str
) -> None:
    """Correct a customer's computed tier from today on; it lapses on its day and becomes no floor."""
    with doing(acting_login) as (session, actor):
        found = find_customer(session, customer)
        made = appointments.override(session, actor, found.id, policy_key, tier, until.date(), reason, evidence)
        told = f"{made.id}: {found.number} {tier}, {made.valid_from} to {made.valid_until}"
    CONSOLE.print(f"Override {told}.", markup=False)


@appointment.command("end")
@click.argument("appointment_id", type=ID)
@click.option("--reason", required=True)
@as_option
def end(appointment_id: int, reason: str, acting_login: str) -> None:
    """End an appointment or an override from today on."""
    with doing(acting_login) as (session, actor):
        ended = appointments.end(session, actor, appointment_id, reason)
    CONSOLE.print(f"{ended.kind.capitalize()} {appointment_id} ended on {ended.ended_on}.")


@appointment.command("list")
@click.option("--on", "day", type=DAY, help="Those that hold on this day; all when not given.")
def list_(day: datetime | None) -> None:
    """List the appointments and overrides by their last day."""
    table = Table(
        "id", "类别 kind", "客户 customer", "", "policy", "等级 tier", "from", "until", "ended", "理由 reason"
    )
    for place in (0, 1, 2, 5):
        table.columns[place].no_wrap = True
    statement = (
        select(Appointment.id, Appointment.kind, Customer.number, Customer.name, Policy.key, Appointment.tier, Appointment.valid_from,
               Appointment.valid_until, Appointment.ended_on, Appointment.reason)
        .join(Customer, Customer.id == Appointment.customer_id)
        .join(Policy, Policy.id == Appointment.policy_id)
        .order_by(Appointment.valid_until, Appointment.id)
    )  # fmt: skip
    if day is not None:
        statement = statement.where(holds_on(literal(day.date(), Date)))
    with reading(open_database()) as connection:
        rows = connection.execute(statement).all()
    for row in rows:
        table.add_row(*("-" if value is None else escape(str(value)) for value in row))
    CONSOLE.print(table if rows else "Nobody is appointed.")
