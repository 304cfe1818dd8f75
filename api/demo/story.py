"""The demo's story: a history is imported, a policy is written, backtested, submitted, approved by another person, run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor, actor_of_login
from api.commands import api_key as api_keys
from api.commands import backtest as backtests
from api.commands import intake
from api.commands import policy as policies_
from api.commands import run as runs
from api.commands import user as users
from api.commands.database import upgrade_database
from api.commands.snapshot import today
from api.database import make_engine, writing
from api.demo.history import write_history
from api.jobs import Report
from api.notebook.runner import require_extra
from api.settings import make_folder
from policies.documents import shipped
from policies.refusal import Refusal
from schema.tables import Backtest

POLICY = "sabcd-weighted"
MARK = "fenji-demo"  # a folder without this file is never removed

# login, name, roles: the people of the demo
PEOPLE = (
    ("chen.fen", "陈芬(分析师,兼策略组)", ("analyst", "strategy")),
    ("lin.ce", "林策(策略组)", ("strategy",)),
    ("wang.lei", "王磊(销售)", ("sales",)),
    ("li.na", "李娜(销售)", ("sales",)),
    ("zhao.min", "赵敏(销售)", ("sales",)),
    ("chen.jie", "陈杰(销售)", ("sales",)),
    ("sun.yue", "孙悦(市场)", ("marketing",)),
    ("he.qing", "何青(客服)", ("service",)),
)
ANALYST, STRATEGIST, SALES = "chen.fen", "lin.ce", "wang.lei"

Bar = Callable[[str], AbstractContextManager[Report]]


@dataclass(frozen=True)
class Told:
    """What the story leaves: the database, its folder, the run, and a key for each person shown."""

    engine: Engine
    home: Path
    run_id: int
    keys: dict[str, str]


def last_month_end(day: date) -> date:
    """Return the last day of the month before ``day``."""
    return day.replace(day=1) - timedelta(days=1)


def prepare(home: Path) -> Engine:
    """Return the engine of a new database in the demo's own folder; what an earlier demo left there is removed.

    Raises Refusal when the folder holds something that is not a demo's.
    """
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise Refusal(f"{home} is not empty and not a demo's folder; set FENJI_HOME to another one.")
    shutil.rmtree(home, ignore_errors=True)
    make_folder(home)
    (home / MARK).write_text("Made by `fenji demo`, which removes this folder when it runs again.\n")
    engine = make_engine(f"sqlite:///{(home / 'fenji.db').absolute()}")
    upgrade_database(engine)
    return engine


def tell(home: Path, console: Console, bar: Bar, *, customers: int, months: int, seed: int, zone: str) -> Told:
    """Build the history in ``home`` and take a policy through its whole life; prints each step.

    ``customers`` companies over ``months`` months that end with the last month; the same seed gives the same history.
    """
    require_extra()  # said now, not after the import, and before an earlier demo is removed
    engine = prepare(home)
    with writing(engine) as session:
        operator = users.operator(session)
        for login, name, roles in PEOPLE:
            users.create(session, operator, login, name, roles)
        keys = {login: api_keys.issue(session, operator, login)[0] for login in (ANALYST, STRATEGIST, SALES)}
    until = last_month_end(today(zone))
    _import(engine, home, operator, console, bar, customers, months, seed, until)
    with Session(engine) as session:
        analyst, strategist = (_person(session, login) for login in (ANALYST, STRATEGIST))
    text = shipped()[POLICY].read_text(encoding="utf-8")
    console.print("[bold]2 编写与回测 author and backtest[/]")
    first = _author(engine, home, analyst, text, LIMITS, console, bar)
    _approve(engine, analyst, strategist, first, zone, console)
    run_id = _grade(engine, home, analyst, until, console, bar)
    console.print("[bold]5 改版与回测 a challenger beside the version in force[/]")
    second = _author(engine, home, analyst, challenger(text), (*LIMITS, *OF_A_CHALLENGER), console, bar)
    console.print(f"  版本 {second} 已提交,等待策略组审批 · version {second} waits for the strategy group's decision")
    return Told(engine, home, run_id, keys)


# What the demo's strategy group asks of a policy before it is tried, and of one that would follow another.
LIMITS = (
    {"figure": "capture_20", "at_least": "50%"},
    {"figure": "breaks", "at_most": "1"},
    {"figure": "pending", "at_most": "15%"},
    {"figure": "errors", "at_most": "0"},
    {"figure": "hours_used", "at_most": "100%"},
)
OF_A_CHALLENGER = (
    {"figure": "down", "at_most": "5%"},
    {"figure": "far", "at_most": "0.5%"},
    {"figure": "capture_gain_20", "at_least": "-1%"},
)
# What the demo's company spends on a customer of each tier in a year, and the hours that its people have.
SERVICE = {
    "capacity_hours": "16000",
    "tiers": {
        "S": {"hours": "120", "cost": "30000"},
        "A": {"hours": "60", "cost": "12000"},
        "B": {"hours": "24", "cost": "4000"},
        "C": {"hours": "8", "cost": "1000"},
        "D": {"hours": "2", "cost": "200"},
    },
}

# The change that the demo's analyst proposes, and the cases at the moved cut that move with it.
_CHANGES = (
    ("cuts: [0, 10, 50, 100]", "cuts: [0, 10, 80, 100]"),
    ("amount_36m: 150, amount_12m: 50,", "amount_36m: 150, amount_12m: 80,"),
    ("amount_36m: 149.999999, amount_12m: 49.999999,", "amount_36m: 149.999999, amount_12m: 79.999999,"),
    ("amount_36m: 300, amount_12m: 60,", "amount_36m: 300, amount_12m: 90,"),
)


def challenger(text: str) -> str:
    """Return the policy with the third cut of A2 moved from 50 to 80 万元, and its cases with it."""
    for before, after in _CHANGES:
        if text.count(before) != 1:
            raise ValueError(f"the shipped policy {POLICY} no longer holds {before!r} once; change the demo with it")
        text = text.replace(before, after)
    return text


def _person(session: Session, login: str) -> Actor:
    found = actor_of_login(session, login)
    assert found is not None
    return found


def _import(
    engine: Engine,
    home: Path,
    operator: Actor,
    console: Console,
    bar: Bar,
    customers: int,
    months: int,
    seed: int,
    until: date,
) -> None:
    folder = home / "history"
    write_history(folder, seed=seed, customers=customers, months=months, until=until)
    console.print(f"[bold]1 导入 import[/]  {customers} 家企业,{months} 个月,截至 {until} · CSV in {folder}")
    with bar("import") as report:
        summaries = intake.import_folder(engine, operator, folder, source_system="demo", report=report)
    landed = ", ".join(f"{summary.noun} {summary.created}" for summary in summaries)
    console.print(f"  {landed}")


def _author(
    engine: Engine,
    home: Path,
    analyst: Actor,
    text: str,
    limits: Sequence[Mapping[str, str]],
    console: Console,
    bar: Bar,
) -> int:
    """Save a draft, backtest it within limits and submit it; return its id."""
    with writing(engine) as session:
        draft = policies_.save_draft(session, analyst, text)
        backtest = backtests.start(session, analyst, draft.id, {"limits": list(limits), "service": SERVICE})
    console.print(f"  版本 version {draft.id}, {draft.semantic_hash[:19]}…")
    with bar("backtest") as report:
        jobs.run(engine, home, backtest.job_id, report)
    with writing(engine) as session:
        policies_.submit(session, analyst, draft.id, backtest.id)
        go = (session.get_one(Backtest, backtest.id).metrics or {})["go"]
    console.print(f"  结论 verdict on {len(limits)} limits set before: {'通过 GO' if go else '不通过 NO-GO'}")
    console.print(f"  报告 report: {home / 'backtests' / str(backtest.id) / 'report.html'}")
    return draft.id


def _approve(engine: Engine, analyst: Actor, strategist: Actor, version_id: int, zone: str, console: Console) -> None:
    console.print("[bold]3 审批 approve[/]")
    try:
        with writing(engine) as session:
            policies_.approve(session, analyst, version_id, "我自己写的 my own")
    except Refusal as refusal:
        console.print(f"  作者不能审批 the author is refused: {refusal.message}", style="dim")
    else:
        raise AssertionError("the author approved their own policy")
    with writing(engine) as session:
        approved = policies_.approve(
            session, strategist, version_id, "已审阅回测与界限 the backtest and its verdict were looked at"
        )
        policies_.put_in_force(session, strategist, version_id, today(zone))
        backtested = backtests.newest(session, version_id)
        assert backtested.semantic_hash == approved.semantic_hash
        console.print(f"  {strategist.name} 批准 approved version {approved.number}, 生效 in force from {today(zone)}; "
                      f"hash {approved.semantic_hash[:19]}… = backtested")  # fmt: skip


def _grade(engine: Engine, home: Path, analyst: Actor, as_of: date, console: Console, bar: Bar) -> int:
    with writing(engine) as session:
        run = runs.start(session, analyst, POLICY, as_of)
    console.print(f"[bold]4 分级 grade[/]  as of {as_of}")
    with bar("grading") as report:
        jobs.run(engine, home, run.job_id, report)
    return run.id
