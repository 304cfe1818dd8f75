"""`fenji fall`: list the falls that wait for a decision, approve or refuse one."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.cli.grade import find_customer
from api.commands import fall as falls
from api.commands.fall import Decision
from schema.tables import Customer, Policy, PolicyVersion, Run, Standing


@click.group()
def fall() -> None:
    """List the falls that wait for a decision, approve or refuse one."""


@fall.command("list")
@click.argument("policy_key", required=False)
@click.option("--most", type=click.IntRange(0), default=50, show_default=True, help="How many are listed.")
def list_(policy_key: str | None, most: int) -> None:
    """List the falls that wait for a decision in the newest run of a policy, or of every policy."""
    table = Table("run", "as of", "policy", "客户 customer", "", "等级 tier", "拟降 proposed", "偏低期数 below")
    for place in (1, 3):
        table.columns[place].no_wrap = True
    found = aliased(Standing, falls.open_falls(policy_key).subquery())
    statement = (
        select(
            found.run_id, Run.as_of, Policy.key, Customer.number, Customer.name, found.tier, found.proposed, found.below
        )
        .join(Run, Run.id == found.run_id)
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .join(Customer, Customer.id == found.customer_id)
        .order_by(found.run_id, Customer.number)
    )
    with Session(open_database()) as session:
        rows = session.execute(statement.limit(most + 1)).all()
    for row in rows[:most]:
        table.add_row(*(escape(str(value)) for value in row))
    CONSOLE.print(table if rows else "No fall waits for a decision.")
    if len(rows) > most:
        CONSOLE.print(f"There are more than {most}; show more with --most.")


def _decide(policy_key: str, customer: str, decision: Decision, reason: str, login: str) -> None:
    with doing(login) as (session, actor):
        found, run_id = find_customer(session, customer), falls.newest_of(session, policy_key)
        falls.decide(session, actor, run_id, found.id, decision, reason)
        standing = session.get_one(Standing, (run_id, found.id))
        told = f"{found.number} {standing.tier} to {standing.proposed}, run {run_id}: {decision}"
    CONSOLE.print(f"Fall of {told}.", markup=False)


@fall.command("approve")
@click.argument("policy_key")
@click.argument("customer")
@click.option("--reason", required=True)
@as_option
def approve(policy_key: str, customer: str, reason: str, acting_login: str) -> None:
    """Approve the fall that the newest run proposes for a customer: the proposed tier takes effect."""
    _decide(policy_key, customer, "approved", reason, acting_login)


@fall.command("refuse")
@click.argument("policy_key")
@click.argument("customer")
@click.option("--reason", required=True)
@as_option
def refuse(policy_key: str, customer: str, reason: str, acting_login: str) -> None:
    """Refuse the fall that the newest run proposes for a customer: the tier stays, lower gradings count anew."""
    _decide(policy_key, customer, "refused", reason, acting_login)
