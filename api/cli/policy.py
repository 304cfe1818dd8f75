"""`fenji policy`: write, check, submit, decide and put in force."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy import select

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.commands import policy as policies_
from api.commands.snapshot import today
from api.database import reading, writing
from api.errors import Invalid
from api.settings import settings
from policies.documents import shipped
from schema.tables import Policy, PolicyVersion

DAY = click.DateTime(["%Y-%m-%d"])
ID = click.IntRange(1, 2**63 - 1)  # what the databases can hold


@click.group()
def policy() -> None:
    """Write, check, submit, decide and put in force."""


def text_of(source: str) -> str:
    """Return the document in a file, or of a shipped policy by its id; Refusal when there is neither."""
    path = shipped().get(source) or Path(source)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"{source!r} is neither a readable UTF-8 file ({error}) nor a shipped policy; shipped: {', '.join(shipped())}."
        ) from error


@policy.command("list")
def list_() -> None:
    """List the versions of every policy."""
    table = Table("id", "policy", "title", "version", "state", "semantic hash")
    with reading(open_database()) as connection:
        rows = connection.execute(
            select(
                PolicyVersion.id,
                Policy.key,
                Policy.title_zh,
                PolicyVersion.number,
                PolicyVersion.state,
                PolicyVersion.semantic_hash,
            )
            .join(Policy)
            .order_by(PolicyVersion.id)
        ).all()
    for row in rows:
        table.add_row(str(row.id), row.key, row.title_zh, str(row.number or "-"), row.state, row.semantic_hash[7:19])
    CONSOLE.print(table if rows else "No policies yet; save one with `fenji policy save`.")


@policy.command("show")
@click.argument("version_id", type=ID)
def show(version_id: int) -> None:
    """Print the document of a version, verbatim."""
    with writing(open_database()) as session:
        click.echo(policies_.find(session, version_id).document)


@policy.command("save")
@click.argument("source")
@as_option
def save(source: str, acting_login: str) -> None:
    """Keep a document, given as a file or as the id of a shipped policy, as a new draft."""
    text = text_of(source)
    with doing(acting_login) as (session, actor):
        draft = policies_.save_draft(session, actor, text)
        CONSOLE.print(f"Draft {draft.id} ({draft.semantic_hash[:19]}…) saved.")


@policy.command("edit")
@click.argument("version_id", type=ID)
@click.argument("source")
@as_option
def edit(version_id: int, source: str, acting_login: str) -> None:
    """Replace the document of a draft."""
    text = text_of(source)
    with doing(acting_login) as (session, actor):
        draft = policies_.edit_draft(session, actor, version_id, text)
        CONSOLE.print(f"Draft {draft.id} ({draft.semantic_hash[:19]}…) changed.")


@policy.command("submit")
@click.argument("version_id", type=ID)
@click.option("--backtest", "backtest_id", type=ID, help="The evidence; the newest fitting backtest when not given.")
@as_option
def submit(version_id: int, backtest_id: int | None, acting_login: str) -> None:
    """Put a draft before the strategy group, with its backtest."""
    with doing(acting_login) as (session, actor):
        policies_.submit(session, actor, version_id, backtest_id)
    CONSOLE.print(f"Version {version_id} is submitted.")


@policy.command("approve")
@click.argument("version_id", type=ID)
@click.option("--reason", required=True, help="Why; it stays with the version.")
@as_option
def approve(version_id: int, reason: str, acting_login: str) -> None:
    """Approve a submitted version that somebody else wrote."""
    with doing(acting_login) as (session, actor):
        number = policies_.approve(session, actor, version_id, reason).number
    CONSOLE.print(f"Version {version_id} is approved as number {number}; put it in force with `fenji policy activate`.")


@policy.command("reject")
@click.argument("version_id", type=ID)
@click.option("--reason", required=True, help="Why; it stays with the version.")
@as_option
def reject(version_id: int, reason: str, acting_login: str) -> None:
    """Reject a submitted version."""
    with doing(acting_login) as (session, actor):
        policies_.reject(session, actor, version_id, reason)
    CONSOLE.print(f"Version {version_id} is rejected.")


@policy.command("withdraw")
@click.argument("version_id", type=ID)
@as_option
def withdraw(version_id: int, acting_login: str) -> None:
    """Take a draft or a submitted version back."""
    with doing(acting_login) as (session, actor):
        policies_.withdraw(session, actor, version_id)
    CONSOLE.print(f"Version {version_id} is withdrawn.")


@policy.command("activate")
@click.argument("version_id", type=ID)
@click.option("--from", "effective_from", type=DAY, help="First day in force; today when not given.")
@as_option
def activate(version_id: int, effective_from: datetime | None, acting_login: str) -> None:
    """Put an approved version in force."""
    day: date = effective_from.date() if effective_from else today(settings().zone)
    with doing(acting_login) as (session, actor):
        policies_.put_in_force(session, actor, version_id, day)
    CONSOLE.print(f"Version {version_id} is in force from {day}.")


@policy.command("main")
@click.argument("policy_key")
@as_option
def main(policy_key: str, acting_login: str) -> None:
    """Make a policy in force the main one: its newest run gives the grades in force."""
    with doing(acting_login) as (session, actor):
        policies_.make_main(session, actor, policy_key)
    CONSOLE.print(f"{policy_key} gives the grades in force.")
