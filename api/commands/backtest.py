"""Backtests: a version replayed over history beside the version in force, as a notebook run that leaves evidence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, Executable, func, select
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor
from api.commands import snapshot as snapshots
from api.commands.audit import record
from api.commands.policy import contributed, find, in_force, stored_facts
from api.database import reading, writing
from api.errors import Invalid, NotFound
from api.notebook import NOTEBOOKS
from api.notebook.runner import NotebookFailed, require_extra, run
from api.settings import settings
from policies.backtest.metrics import canonical, fingerprint
from policies.backtest.parameters import BacktestParameters, checked
from policies.backtest.replay import CANDIDATE, CHAMPION, DESCRIPTION, OUTCOMES, SNAPSHOTS, Replay
from policies.compiler import compile_plan
from policies.lifetime import HISTORIES
from policies.loading import parse
from policies.plan import Plan
from policies.refusal import Refusal
from policies.version import semantic_hash
from schema.histories import histories_statement
from schema.outcomes import horizon_end, outcomes_statement
from schema.tables import Backtest, Order, Policy, PolicyVersion
from schema.tables.base import now
from schema.windows import months_before

NOTEBOOK = NOTEBOOKS / "backtest_policy.py"
HORIZON = 6
MOST_DATES = 8  # of the dates chosen when none are given, the latest
WARM_UP = 12  # months of history before the first of them, so that facts of 12 months mean something


def start(session: Session, actor: Actor, version_id: int, parameters: Mapping[str, Any]) -> Backtest:
    """Queue the backtest of a version against the version in force today; whoever runs it cannot approve the version.

    ``parameters`` are those of BacktestParameters, each of which may be left out: the dates are then the quarter ends
    that the history allows, the horizon 6 months, the tier of interest the second best.  Refusal for wrong ones, for a
    document that does not compile, and for a date whose outcomes are not complete.
    """
    actor.require("backtest")
    require_extra()
    version = find(session, version_id)
    document = parse(version.document)
    stored_facts(document)
    plan = compile_plan(document)
    complete = _completed(session, plan, parameters)
    key = session.get_one(Policy, version.policy_id).key
    champion = in_force(session, key, snapshots.today(settings().zone))
    backtest = Backtest(
        version_id=version.id, champion_version_id=champion.id if champion else None, started_by_id=actor.id,
        semantic_hash=version.semantic_hash, parameters=complete.model_dump(mode="json"),
    )  # fmt: skip
    session.add(backtest)
    session.flush()
    backtest.job_id = jobs.enqueue(session, "backtest", {"backtest_id": backtest.id})
    contributed(session, version.id, actor, "backtested")
    record(session, actor, "start", "backtest", backtest.id, version=version.id, parameters=backtest.parameters)
    session.flush()
    return backtest


def newest(session: Session, version_id: int) -> Backtest:
    """Return the newest finished backtest of a version; NotFound when there is none."""
    found = session.scalar(
        select(Backtest)
        .where(Backtest.version_id == version_id, Backtest.state == "finished")
        .order_by(Backtest.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(f"Version {version_id} has no finished backtest; run `fenji backtest run {version_id}`.")
    return found


def _completed(session: Session, plan: Plan, given: Mapping[str, Any]) -> BacktestParameters:
    """Return the parameters with what is left out, every date within the history."""
    values = {name: value for name, value in given.items() if value is not None}
    values.setdefault("horizon_months", HORIZON)
    values.setdefault("tier_of_interest", plan.tiers[min(1, len(plan.tiers) - 1)])
    default = "dates" not in values
    probe = checked({**values, "dates": ["2000-01-01"]} if default else values)  # a wrong horizon is refused first
    first, last = session.execute(select(func.min(Order.ordered_on), func.max(Order.ordered_on))).one()
    if first is None:
        raise Invalid("There are no orders, so there is nothing to backtest on; import them with `fenji import`.")
    complete_until = _complete_until(last, snapshots.today(settings().zone))
    found = (
        checked({**values, "dates": default_dates(first, complete_until, probe.horizon_months)}) if default else probe
    )
    if found.tier_of_interest not in plan.tiers:
        raise Invalid(f"tier_of_interest: {found.tier_of_interest!r} is none of the policy's {', '.join(plan.tiers)}.")
    beyond = [day for day in found.dates if day > complete_until]
    if beyond:
        last_day = months_before(complete_until, found.horizon_months)
        raise Invalid(f"dates: {beyond[0]} lies after the last order ({last}); choose a day up to {last_day}.")
    late = [day for day in found.dates if horizon_end(day, found.horizon_months) > complete_until]
    if late:
        raise Invalid(
            f"dates: {late[0]} and {found.horizon_months} months reach {horizon_end(late[0], found.horizon_months)}, but "
            f"orders are known up to {last} only; choose a day up to {months_before(complete_until, found.horizon_months)}."
        )
    snapshots.one_currency(session, Order.ordered_on <= horizon_end(found.dates[-1], found.horizon_months))
    if found.dates[0] < first:
        raise Invalid(f"dates: {found.dates[0]} lies before the first order ({first}); choose a later day.")
    return found


def _complete_until(last: date, today: date) -> date:
    """Return the day up to which all orders are known: the end of the last one's month, yesterday while it still runs."""
    return _month_end(last) if _month_end(last) < today else max(last, today - timedelta(days=1))


def default_dates(first: date, complete_until: date, horizon_months: int) -> tuple[date, ...]:
    """Return the latest quarter ends with 12 months of history before and a full horizon after, at most MOST_DATES.

    Invalid when the history, from the first order to the end of the last order's month, has none.
    """
    ends = [
        _month_end(date(year, month, 1))
        for year in range(first.year, complete_until.year + 1)
        for month in (3, 6, 9, 12)
    ]  # fmt: skip
    warm = months_before(first, 1)
    found = [
        end
        for end in ends
        if months_before(end, WARM_UP) >= warm and horizon_end(end, horizon_months) <= complete_until
    ]
    if not found:
        raise Invalid(
            f"dates: the orders reach from {first} to {complete_until}, which leaves no quarter end with {WARM_UP} months "
            f"before it and {horizon_months} after it; name the dates, or choose a shorter horizon."
        )
    return tuple(found[-MOST_DATES:])


def _month_end(day: date) -> date:
    return months_before(day.replace(day=31, month=12), 12 - day.month)


def _failed(session: Session, payload: dict[str, Any], error: str) -> None:
    backtest = session.get_one(Backtest, payload["backtest_id"])
    backtest.state, backtest.error, backtest.finished_at = "failed", error, now()


@jobs.handler("backtest", _failed)
def execute(work: jobs.Work) -> None:
    """Gather the inputs, run the notebook, compute the figures once more outside it, and keep the evidence."""
    number = work.payload["backtest_id"]
    with writing(work.engine) as session:
        backtest = session.get_one(Backtest, number)
        backtest.state = "running"
        parameters = checked(backtest.parameters)
        candidate = _version(session, backtest.version_id)
        champion = _version(session, backtest.champion_version_id) if backtest.champion_version_id else None
        if semantic_hash(parse(candidate.document)) != backtest.semantic_hash:
            raise Refusal(
                f"Version {candidate.id} was edited after backtest {number} was started; start another.",
                code="conflict",
            )
    folder = work.home / "backtests" / str(number)
    partial = folder.with_name(f"{number}.{work.token[:8]}.partial")
    for left in folder.parent.glob(f"{number}.*.partial"):
        shutil.rmtree(left)
    inputs = partial / "inputs"
    inputs.mkdir(parents=True)
    try:
        gather(work.engine, work.home, inputs, parameters, candidate, champion, work.report)
        metrics = _run(partial, parameters, work)
    except Refusal:
        _put(partial, folder)
        raise
    _put(partial, folder)
    with work.finishing("backtested", len(parameters.dates)) as session:
        backtest = session.get_one(Backtest, number)
        backtest.metrics, backtest.metrics_hash = json.loads(metrics), fingerprint(metrics)
        backtest.folder = folder.relative_to(work.home).as_posix()
        backtest.state, backtest.error, backtest.finished_at = "finished", None, now()


def _version(session: Session, version_id: int) -> PolicyVersion:
    version = session.get_one(PolicyVersion, version_id)
    session.expunge(version)
    return version


def gather(
    engine: Engine, home: Path, inputs: Path, parameters: BacktestParameters, candidate: PolicyVersion,
    champion: PolicyVersion | None, report: jobs.Report,
) -> None:  # fmt: skip
    """Write the folder of inputs that policies.backtest.replay.Replay describes."""
    fingerprints: dict[str, str] = {}
    (inputs / SNAPSHOTS).mkdir()
    (inputs / OUTCOMES).mkdir()
    (inputs / HISTORIES).mkdir()
    for done, day in enumerate(parameters.dates):
        report(done, len(parameters.dates), f"快照 snapshot {day}")
        taken = snapshots.take(engine, home, day, settings().zone)
        assert taken.parquet is not None  # a snapshot that was taken has its file
        shutil.copyfile(home / taken.parquet, inputs / SNAPSHOTS / f"{day}.parquet")
        fingerprints[day.isoformat()] = taken.fingerprint
        _write(engine, outcomes_statement(day, parameters.horizon_months), inputs / OUTCOMES / f"{day}.parquet")
        _write(engine, histories_statement(day, settings().zone), inputs / HISTORIES / f"{day}.parquet")
    (inputs / CANDIDATE).write_text(candidate.document, encoding="utf-8")
    if champion is not None:
        (inputs / CHAMPION).write_text(champion.document, encoding="utf-8")
    with reading(engine) as connection:
        currency = connection.execute(select(func.min(Order.currency))).scalar()
    description = {
        "horizon_months": parameters.horizon_months,
        "snapshots": fingerprints,
        "currency": currency or "CNY",
        "candidate": _called(candidate),
        "champion": _called(champion) if champion else None,
    }
    (inputs / DESCRIPTION).write_bytes(canonical(description))


def _called(version: PolicyVersion) -> str:
    name = (
        f"第 {version.number} 版 version {version.number}"
        if version.number
        else f"版本 version {version.id}, {version.state}"
    )
    return f"{name} · {version.semantic_hash[:19]}…"


def _write(engine: Engine, statement: Executable, path: Path) -> None:
    """Write the rows of a statement, all of whose columns are int64, as Parquet."""
    with reading(engine) as connection:
        found = connection.execute(statement)
        names, rows = list(found.keys()), found.all()
    columns = [pa.array([row[i] for row in rows], pa.int64()) for i in range(len(names))]
    pq.write_table(pa.table(columns, names=names), path, compression="zstd")


def _run(folder: Path, parameters: BacktestParameters, work: jobs.Work) -> bytes:
    """Run the notebook and return its metrics; Refusal when they are not what the library computes itself."""
    values = {"folder": "inputs", **parameters.model_dump(mode="json")}
    metrics = run(NOTEBOOK, values, folder, cache=work.home / "cache", report=work.report)
    if Replay(folder / "inputs", parameters).metrics() != metrics:
        raise NotebookFailed(
            "The notebook's metrics.json is not what the library computes from the same inputs; its cells were changed."
        )
    return metrics


def _put(partial: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
