"""`fenji backtest`: replay a version over history beside the version in force, and list what was run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import jobs
from api.cli.door import CONSOLE, acting, as_option, doing, open_database, progress
from api.cli.grade import STATUS_LABELS
from api.cli.policy import DAY
from api.commands import backtest as backtests
from api.database import reading, writing
from api.errors import Invalid, NotFound
from api.settings import settings
from policies.reading import read
from schema.tables import Backtest, Policy, PolicyVersion


@click.group()
def backtest() -> None:
    """Replay a version over history, and list what was run."""


@backtest.command("run")
@click.argument("version")
@click.option(
    "--date", "days", type=DAY, multiple=True, help="A day of facts, several times; quarter ends when not given."
)
@click.option("--horizon", type=int, help="Months of outcomes after each day.  [default: 6]")
@click.option("--tier", help="The swap set is of this tier and better.  [default: the second best]")
@click.option("--limit", "limits", multiple=True, help="A bound for go or no-go, several times: 'capture_20 >= 50%'.")
@click.option(
    "--service",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A YAML or JSON file: tiers (hours and cost a customer and year) and capacity_hours.",
)
@as_option
def run(
    version: str,
    days: tuple[datetime, ...],
    horizon: int | None,
    tier: str | None,
    limits: tuple[str, ...],
    service: Path | None,
    acting_login: str,
) -> None:
    """Backtest a version, given by its id, or the newest version of a policy, given by its key."""
    engine = open_database()
    actor = acting(engine, acting_login)
    given = {
        "dates": [day.date() for day in sorted(days)] or None,
        "horizon_months": horizon,
        "tier_of_interest": tier,
        "limits": [_limit(text) for text in limits] or None,
        "service": None if service is None else _service(service),
    }
    with writing(engine) as session:
        started = backtests.start(session, actor, _version_id(session, version), given)
    with progress("backtest") as report:
        jobs.run(engine, settings().home, started.job_id, report)
    with Session(engine) as session:
        finished = session.get_one(Backtest, started.id)
    if finished.metrics is None or finished.folder is None:
        CONSOLE.print(f"Backtest {finished.id} is {finished.state}; another process runs it.")
        return
    print_figures(finished.metrics)
    folder = settings().home / finished.folder
    CONSOLE.print(f"Report  {folder / 'report.html'}")
    CONSOLE.print(f"Figures {folder / 'metrics.json'}  {finished.metrics_hash}", style="dim")
    CONSOLE.print(f"Evidence {finished.evidence}; check it with `fenji evidence verify`", style="dim")


@backtest.command("cancel")
@click.argument("number", type=int)
@as_option
def cancel(number: int, acting_login: str) -> None:
    """Stop a backtest that waits or runs, wherever it runs."""
    with doing(acting_login) as (session, actor):
        found = backtests.cancel(session, actor, number)
        state = found.state
    CONSOLE.print(f"Backtest {number} is {'cancelled' if state == 'failed' else 'asked to stop'}.")


def _limit(text: str) -> dict[str, str]:
    """Return a bound as the parameters write it; Invalid for a text that is none."""
    for sign, name in ((">=", "at_least"), ("≥", "at_least"), ("<=", "at_most"), ("≤", "at_most")):
        figure, found, bound = text.partition(sign)
        if found:
            return {"figure": figure.strip(), name: bound.strip()}
    raise Invalid(f"--limit {text!r} is no bound; write a figure, >= or <=, and a number: 'capture_20 >= 50%'.")


def _service(path: Path) -> object:
    """Return what a file says about service as plain values; DocumentError for a file that is no YAML or JSON."""
    try:
        return read(path.read_text(encoding="utf-8")).values
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"--service {path} cannot be read: {error}; name a YAML or JSON file.") from error


def _version_id(session: Session, version: str) -> int:
    if version.isdecimal():
        return int(version)
    found = session.scalar(
        select(PolicyVersion.id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(Policy.key == version)
        .order_by(PolicyVersion.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(f"No policy has the key {version!r}; `fenji policy list` shows them.")
    return found


def print_figures(metrics: dict[str, Any]) -> None:
    """Print the candidate's tiers on the last date and what they bought next, and the moves when there is a champion."""
    day, figures = list(metrics["dates"].items())[-1]
    months = metrics["parameters"]["horizon_months"]
    table = Table("等级 tier", "客户 customers", "占比 share", "近一年占比 of 12 months", f"后 {months} 月均值 mean next ({metrics['currency']})",
                  "后续占比 share of next", title=f"草案 candidate, {day}")  # fmt: skip
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for now_, later in zip(figures["candidate"]["structure"], figures["candidate"]["foresight"], strict=True):
        mean = "-" if later["mean"] is None else f"{later['mean'] / 100:,.0f}"
        table.add_row(STATUS_LABELS.get(now_["place"], now_["place"]), f"{now_['customers']:,}", _percent(now_["of_customers"]),
                      _percent(now_["of_amount"]), mean, _percent(later["share"]))  # fmt: skip
    CONSOLE.print(table)
    together = metrics["together"]["candidate"]
    broken = ", ".join(f"{better} < {worse}" for better, worse in together["breaks"])
    CONSOLE.print(f"次序 order, {len(metrics['dates'])} date(s): {f'broken: {broken}' if broken else 'holds 成立'}")
    moves, swap = figures["migration"], figures["swap"]
    if moves is None:
        CONSOLE.print("没有现行版本 no version is in force, so there is nothing to compare with")
    elif moves["up"] is not None:
        CONSOLE.print(
            f"迁移 moves: up {moves['up']}, down {moves['down']}, two tiers or more {moves['far']}, same {moves['same']}"
        )
    if metrics["go"] is not None:
        failed = ", ".join(one["figure"] for one in metrics["limits"] if not one["passed"])
        CONSOLE.print(f"结论 verdict: {f'不通过 NO-GO: {failed}' if failed else '通过 GO'}")
    if swap is not None:
        CONSOLE.print(f"{swap['tier']} 及以上 and better: in {swap['in']['customers']}, out {swap['out']['customers']}")


def _percent(points: int | None) -> str:
    return "-" if points is None else f"{points / 100:.1f}%"


@backtest.command("list")
def list_() -> None:
    """List the backtests."""
    table = Table("backtest", "version", "champion", "state", "dates", "figures")
    with reading(open_database()) as connection:
        rows = connection.execute(select(Backtest.__table__).order_by(Backtest.id)).all()
    for row in rows:
        days = row.parameters["dates"]
        result = (row.metrics_hash or row.error or "-")[:60]
        state = "cancelled" if row.state == "failed" and row.cancelled_at else row.state
        table.add_row(str(row.id), str(row.version_id), str(row.champion_version_id or "-"), state,
                      f"{days[0]} … {days[-1]} ({len(days)})", result)  # fmt: skip
    CONSOLE.print(table if rows else "No backtests yet; start one with `fenji backtest run`.")
