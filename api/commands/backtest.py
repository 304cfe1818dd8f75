"""Backtests: a version replayed over history beside the version in force, as a notebook run that leaves evidence."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor
from api.commands import snapshot as snapshots
from api.commands.audit import record
from api.commands.backtest_inputs import gather
from api.commands.policy import contributed, find, in_force, stored_facts
from api.database import writing
from api.errors import Invalid, NotFound
from api.notebook import NOTEBOOKS
from api.notebook.confinement import Bounds
from api.notebook.evidence import MANIFEST, keep, place_of
from api.notebook.runner import INPUTS, Limits, NotebookCancelled, NotebookFailed, require_extra, run
from api.settings import settings
from policies.backtest.metrics import fingerprint
from policies.backtest.parameters import BacktestParameters, checked
from policies.backtest.replay import Replay
from policies.compiler import compile_plan
from policies.loading import parse
from policies.plan import Plan
from policies.refusal import Refusal
from policies.version import semantic_hash
from schema.outcomes import horizon_end
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
        about = gather(work.engine, work.home, inputs, parameters, candidate, champion, work.report)
        metrics = _run(partial, parameters, work, about)
        if work.cancelled():
            raise NotebookCancelled(jobs.STOPPED)
    except Refusal as refusal:
        (partial / MANIFEST).unlink(missing_ok=True)  # what failed is no evidence
        _put(partial, folder)
        if isinstance(refusal, NotebookCancelled):
            with writing(work.engine) as session:
                session.execute(
                    update(Backtest)
                    .where(Backtest.id == number, Backtest.cancelled_at.is_(None))
                    .values(cancelled_at=now())
                )
        raise
    address = keep(partial, work.home)
    _put_link(place_of(work.home, address), folder)
    with work.finishing("backtested", len(parameters.dates)) as session:
        backtest = session.get_one(Backtest, number, with_for_update=True)
        if backtest.cancelled_at is not None:
            raise NotebookCancelled(jobs.STOPPED)
        backtest.metrics, backtest.metrics_hash = json.loads(metrics), fingerprint(metrics)
        backtest.folder, backtest.evidence = folder.relative_to(work.home).as_posix(), address
        backtest.state, backtest.error, backtest.finished_at = "finished", None, now()


def cancel(session: Session, actor: Actor, backtest_id: int) -> Backtest:
    """Stop a backtest: one that waits ends at once, one that runs within about a second, and is then failed.

    NotFound when there is none, Refusal (transition_not_allowed) when it has ended already.
    """
    actor.require("backtest")
    found = session.get(Backtest, backtest_id, with_for_update=True) if backtest_id < 2**63 else None
    if found is None:
        raise NotFound(f"No backtest {backtest_id}; `fenji backtest list` shows them.")
    if found.state in ("finished", "failed"):
        raise Refusal(f"Backtest {backtest_id} is {found.state} already.", code="transition_not_allowed")
    found.cancelled_at = now()
    record(session, actor, "cancel", "backtest", found.id, state=found.state)
    session.flush()
    if found.job_id is not None:
        jobs.cancel(session, found.job_id)
    session.flush()
    return found


def _version(session: Session, version_id: int) -> PolicyVersion:
    version = session.get_one(PolicyVersion, version_id)
    session.expunge(version)
    return version


def _run(folder: Path, parameters: BacktestParameters, work: jobs.Work, about: Mapping[str, Any]) -> bytes:
    """Run the notebook and return its metrics; Refusal when they are not what the library computes itself."""
    values, chosen = {"folder": INPUTS, **parameters.model_dump(mode="json")}, settings()
    limits = Limits(
        chosen.notebook_cell_seconds, chosen.notebook_seconds, bounds=Bounds(memory_mb=chosen.notebook_memory_mb)
    )
    metrics = run(
        NOTEBOOK, values, folder, cache=work.home / "cache", limits=limits, report=work.report, cancelled=_watch(work),
        least=chosen.confinement, private=(work.home, *_database(work.engine)), about=about,
    )  # fmt: skip
    if Replay(folder / INPUTS, parameters).metrics() != metrics:
        raise NotebookFailed(
            "The notebook's metrics.json is not what the library computes from the same inputs; its cells were changed."
        )
    return metrics


def _database(engine: Engine) -> list[Path]:
    """Return the file of the database, when it is one."""
    named = engine.url.database if engine.dialect.name == "sqlite" else None
    return [Path(named)] if named and named != ":memory:" else []


def _watch(work: jobs.Work) -> Callable[[], bool]:
    """Return the question whether the backtest was cancelled, which asks the database once a second."""
    asked = 0.0

    def cancelled() -> bool:
        nonlocal asked
        if time.monotonic() - asked < 1:
            return False
        asked = time.monotonic()
        return work.cancelled()

    return cancelled


def _put(partial: Path, folder: Path) -> None:
    """Leave what a failed run has left, under the backtest's number."""
    _clear(folder)
    partial.replace(folder)


def _put_link(bundle: Path, folder: Path) -> None:
    """Let the backtest's number lead to its evidence."""
    _clear(folder)
    folder.symlink_to(Path("..") / bundle.relative_to(folder.parent.parent), target_is_directory=True)


def _clear(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
