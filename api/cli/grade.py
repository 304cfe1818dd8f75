"""`fenji grade` and `fenji snapshot`: run a grading, explain one customer, list whom to look at, keep the facts of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Date, Engine, case, func, literal, or_, select
from sqlalchemy.orm import Session

from api import jobs
from api.cli.door import CONSOLE, acting, as_option, open_database, progress
from api.cli.policy import DAY, ID
from api.cli.seats import print_seats
from api.cli.shared_out import print_shared_out, shared_out_in_run
from api.commands import review as reviews
from api.commands import run as runs
from api.commands import snapshot as snapshots
from api.commands import standing as standings
from api.database import reading, writing
from api.errors import Invalid, NotFound
from api.settings import settings
from policies import Explanation, Plan, compile_plan, parse
from policies import explain as explain_policy
from policies.picture import waterfall
from policies.ranking import frozen
from policies.states import PENDING
from policies.values import Labels
from policies.vocabulary import WORDS
from schema.appointed import holds_on
from schema.previous import previous_tiers
from schema.tables import Appointment, CurrentGrade, Customer, Grade, Order, Policy, PolicyVersion, Run, facts

STATUS_LABELS = {"pending": "待定 pending", "not_applicable": "不适用 not applicable", "error": "错误 error"}


@click.group()
def grade() -> None:
    """Run a grading, list runs, explain one customer, list whom to look at."""


@grade.command("run")
@click.argument("policy_key")
@click.option("--as-of", type=DAY, required=True, help="The day of the facts.")
@as_option
def run(policy_key: str, as_of: datetime, acting_login: str) -> None:
    """Grade all customers as of a day with the version of the policy in force."""
    engine = open_database()
    actor = acting(engine, acting_login)
    with writing(engine) as session:
        started = runs.start(session, actor, policy_key, as_of.date())
    with progress("grading") as report:
        jobs.run(engine, settings().home, started.job_id, report)
    print_tiers(engine, started.id)


def print_tiers(engine: Engine, run_id: int) -> None:
    """Print the tiers of a run: customers, their share, and their share of the last year's revenue."""
    with Session(engine) as session:
        run = session.get_one(Run, run_id)
        plan = frozen(compile_plan(parse(session.get_one(PolicyVersion, run.version_id).document)), run.cuts)
        label = func.coalesce(Grade.tier, Grade.status)
        known = case((facts.c.amount_12m > PENDING, facts.c.amount_12m))
        rows = session.execute(
            select(label, func.count(), func.sum(known), func.count(known))
            .join(facts, (facts.c.customer_id == Grade.customer_id) & (facts.c.snapshot_id == run.snapshot_id))
            .where(Grade.run_id == run_id)
            .group_by(label)
        ).all()
        currency = session.scalar(select(Order.currency).limit(1)) or ""
    found = {name: (number, int(amount or 0)) for name, number, amount, _ in rows}
    unknown = sum(number - known for _, number, _, known in rows)
    customers, revenue = (sum(values[i] for values in found.values()) for i in (0, 1))
    table = Table("等级\ntier", "客户\ncustomers", "占比\nshare", f"近一年金额 {currency}\nrevenue 12 months",
                  "收入占比\nof revenue", title=f"分级 run {run_id}, {run.as_of}")  # fmt: skip
    stood = run.standing_counts
    if stood is not None:
        table.add_column("保持后生效\nin effect by hold")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in [*plan.tiers, *sorted({*found, *(stood or {})} - set(plan.tiers))]:
        number, amount = found.get(name, (0, 0))
        share = f"{number / customers:.1%}" if customers else "-"
        table.add_row(
            STATUS_LABELS.get(name, name),
            f"{number:,}",
            share,
            f"{amount / 100:,.2f}",
            f"{amount / revenue:.1%}" if revenue else "-",
            *([] if stood is None else [f"{stood.get(name, 0):,}"]),
        )
    CONSOLE.print(table)
    print_seats(plan)
    print_shared_out(shared_out_in_run(engine, plan, run_id))
    if unknown:
        CONSOLE.print(f"{unknown} 个客户的金额未知，未计入 customers have an unknown amount, which is not in the sums")
    CONSOLE.print(f"Result {run.fingerprint}", style="dim")


@grade.command("list")
def list_() -> None:
    """List the grading runs."""
    table = Table("run", "as of", "version", "state", "snapshot", "customers", "result")
    with reading(open_database()) as connection:
        rows = connection.execute(select(Run.__table__).order_by(Run.id)).all()
    for row in rows:
        counted = ", ".join(f"{name} {number}" for name, number in (row.counts or {}).items())
        result = (row.fingerprint or row.error or "-")[:19]
        table.add_row(
            str(row.id), str(row.as_of), str(row.version_id), row.state, str(row.snapshot_id or "-"), counted, result
        )
    CONSOLE.print(table if rows else "No runs yet; start one with `fenji grade run`.")


@grade.command("review")
@click.argument("run_id", type=ID)
@click.option("--most", type=click.IntRange(0), default=50, show_default=True, help="How many customers are listed.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def review(run_id: int, most: int, language: str) -> None:
    """List the customers of a run whose result a person must look at, and why."""
    with Session(open_database()) as session:
        found = reviews.review(session, run_id, most)
    if not found.asked:
        CONSOLE.print(f"The policy of run {run_id} asks for no review; write review: into its document.")
        return
    table = Table("客户 customer", "", "状态 status", "等级 tier", "原因 reasons", title=f"复核 review, run {run_id}")
    for row in found.rows:
        texts = [reason.text.zh if language == "zh" else reason.text.en for reason in row.reasons]
        table.add_row(
            row.number, escape(row.name), STATUS_LABELS.get(row.status, ""), row.tier or "-", "; ".join(texts)
        )
    if found.rows:
        CONSOLE.print(table)
    counted = ", ".join(f"{code} {number}" for code, number in found.counts.items()) or "-"
    CONSOLE.print(f"{found.customers} of {found.graded} customers are to be looked at 需复核: {counted}", markup=False)


@grade.command("explain")
@click.argument("customer")
@click.option("--run", "run_id", type=int, help="A run; the one in force when not given.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--svg", "picture", type=click.Path(path_type=Path), help="Also draw it into this file.")
def explain(customer: str, run_id: int | None, language: str, picture: Path | None) -> None:
    """Say why a customer, given by number, key or name, has its grade and what would lift it."""
    with Session(open_database()) as session:
        found = find_customer(session, customer)
        plan, explanation = explained(session, found, run_id)
        heading = f"{found.number} {found.name}"
        beside = given(session, found, run_id, plan)
    if picture is not None:
        _write(picture, waterfall(plan, explanation, language, heading))
    click.echo(heading)
    for line in explanation.lines(language):
        click.echo(line)
    if beside is not None:
        click.echo(beside.zh if language == "zh" else beside.en)


def given(session: Session, customer: Customer, run_id: int | None, plan: Plan) -> Labels | None:
    """Return what people gave the customer beside the computed tier on the run's day, or today; None for nothing."""
    run = None if run_id is None else session.get_one(Run, run_id)
    day = literal(snapshots.today(settings().zone) if run is None else run.as_of, Date)
    found = session.scalar(
        select(Appointment)
        .join(Policy, Policy.id == Appointment.policy_id)
        .where(Appointment.customer_id == customer.id, Policy.key == plan.document.id, holds_on(day))
    )
    if found is None:
        return None
    word = {"appointment": "任命", "override": "人工改判"}[found.kind]
    return Labels(
        zh=f"{word}为 {found.tier},{found.valid_from} 至 {found.valid_until}:{found.reason}",
        en=f"{found.kind.capitalize()}: {found.tier} from {found.valid_from} to {found.valid_until}: {found.reason}",
    )


def find_customer(session: Session, wanted: str) -> Customer:
    """Return the one customer with this number, source key or name, or whose name holds the text; NotFound otherwise."""
    exactly = or_(Customer.number == wanted, Customer.source_key == wanted, Customer.name == wanted)
    for condition in (exactly, Customer.name.contains(wanted, autoescape=True)):
        found = session.scalars(select(Customer).where(condition).order_by(Customer.number).limit(6)).all()
        if len(found) == 1:
            return found[0]
        if found:
            listed = "; ".join(f"{customer.number} {customer.name}" for customer in found[:5])
            raise NotFound(f"{wanted!r} names more than one customer: {listed}{' …' if len(found) > 5 else ''}")
    raise NotFound(f"No customer has the number, key or name {wanted!r}.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}; choose another file.") from error


def explained(session: Session, customer: Customer, run_id: int | None) -> tuple[Plan, Explanation]:
    """Return the plan and the explanation of a customer's grade in a run, or in force; NotFound when there is none."""
    grade: Grade | CurrentGrade | None
    if run_id is None:
        grade = session.scalar(select(CurrentGrade).where(CurrentGrade.customer_id == customer.id))
    else:
        grade = session.get(Grade, (run_id, customer.id))
    if grade is None:
        where = "in force" if run_id is None else f"in run {run_id}"
        raise NotFound(f"Customer {customer.number} has no grade {where}; start a run with `fenji grade run`.")
    run = session.get_one(Run, grade.run_id)
    row = session.execute(
        select(*(facts.c[word.name] for word in WORDS)).where(
            facts.c.snapshot_id == run.snapshot_id, facts.c.customer_id == customer.id
        )
    ).one()
    plan = frozen(compile_plan(parse(session.get_one(PolicyVersion, run.version_id).document)), run.cuts)
    before = session.execute(previous_tiers().where(Run.id == run.id, Grade.customer_id == customer.id)).first()
    previous = None if before is None else before.tier
    stands = standings.standing_of(session, run.id, customer.id)
    told = explain_policy(
        plan, row._asdict(), levels=grade.levels, status=grade.status, previous=previous, standing=stands
    )
    if told.rank is not None:
        told = replace(told, rank=replace(told.rank, better=runs.before(session, run, plan, grade)))
    return plan, told


@click.group()
def snapshot() -> None:
    """The facts of a day."""


@snapshot.command("take")
@click.option("--as-of", type=DAY, required=True, help="The day of the facts.")
@as_option
def take(as_of: datetime, acting_login: str) -> None:
    """Keep the facts of a day as rows and as a Parquet file."""
    engine = open_database()
    actor = acting(engine, acting_login)
    with progress("facts") as report:
        taken = snapshots.keep(engine, actor, settings().home, as_of.date(), settings().zone, report)
    CONSOLE.print(f"Snapshot {taken.id} of {taken.as_of}: {taken.rows} customers, {taken.fingerprint}")
    CONSOLE.print(f"{settings().home / str(taken.parquet)}")
