"""Backtests as a command: refusals before anything is written, and a whole run on both databases."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from order_history import history
from people import person
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from study_inputs import CANDIDATE, POLICY

from api import jobs
from api.access import Actor
from api.commands import backtest, policy
from api.commands.backtest import default_dates
from api.commands.snapshot import today
from api.database import writing
from api.notebook import confinement
from api.notebook.confinement import Confinement
from api.notebook.offline import faults
from api.notebook.verification import verify
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Backtest, Job, JobEvent, Order, PolicyContribution, PolicyVersion
from schema.tables.base import now

SEEN: dict[str, bytes] = {}


@pytest.fixture
def analyst(engine: Engine) -> Actor:
    return person(engine, "chen", "analyst")


def draft(engine: Engine, actor: Actor, document: str = CANDIDATE) -> int:
    with writing(engine) as session:
        return policy.save_draft(session, actor, document).id


def start(engine: Engine, actor: Actor, version_id: int, **parameters: Any) -> Backtest:
    with writing(engine) as session:
        return backtest.start(session, actor, version_id, parameters)


def count(engine: Engine, table: Any) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def put_in_force(engine: Engine, analyst: Actor, home: Path) -> int:
    """A champion, by the whole way: backtest, submission, approval by another person."""
    strategist = person(engine, "lin", "strategy")
    version_id = draft(engine, analyst, POLICY)
    with writing(engine) as session:
        session.add(_finished(session, version_id, analyst))
        session.flush()
        policy.submit(session, analyst, version_id)
        policy.approve(session, strategist, version_id, "ok")
        policy.put_in_force(session, strategist, version_id, today(settings().zone))
    return version_id


def _finished(session: Session, version_id: int, actor: Actor) -> Backtest:
    semantic = session.get_one(PolicyVersion, version_id).semantic_hash
    return Backtest(
        version_id=version_id, semantic_hash=semantic, state="finished", parameters={}, started_by_id=actor.id
    )


def test_a_whole_run_leaves_figures_evidence_and_progress(engine: Engine, analyst: Actor, tmp_path: Path) -> None:
    history(engine)
    champion = put_in_force(engine, analyst, tmp_path)
    candidate = draft(engine, analyst)
    started = start(engine, analyst, candidate, dates=["2025-06-30", "2026-03-31"], tier_of_interest="A")
    assert (started.state, started.champion_version_id, started.parameters["horizon_months"]) == ("queued", champion, 6)
    steps: list[tuple[int, int, str]] = []
    jobs.run(engine, tmp_path, started.job_id, lambda *step: steps.append(step))
    with Session(engine) as session:
        found = backtest.newest(session, candidate)
        assert found.semantic_hash == session.get_one(PolicyVersion, candidate).semantic_hash
        assert (
            session.scalars(select(JobEvent.message).where(JobEvent.job_id == found.job_id)).all()[-1] == "backtested"
        )
        worked = select(PolicyContribution.what).where(PolicyContribution.version_id == candidate)
        assert set(session.scalars(worked)) == {"authored", "backtested"}
    assert (found.state, found.error, found.folder) == ("finished", None, f"backtests/{found.id}")
    folder = tmp_path / str(found.folder)
    metrics = (folder / "metrics.json").read_bytes()
    assert found.metrics == json.loads(metrics)
    assert found.metrics_hash == f"sha256:{hashlib.sha256(metrics).hexdigest()}"
    figures = json.loads(metrics)["dates"]["2026-03-31"]
    assert sum(map(sum, figures["migration"]["customers"])) == 30
    assert figures["swap"]["in"]["customers"] > 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert faults(page) == []
    assert "http://" not in page
    assert "https://" not in page
    assert "等级迁移" in page
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["files"].items():
        assert digest == f"sha256:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}"
    assert {"executed.ipynb", "report.html", "metrics.json", "inputs/candidate.yaml", "inputs/champion.yaml"} <= set(
        manifest["files"]
    )
    assert any("等级迁移" in message for _, _, message in steps)
    assert sorted(path.name for path in folder.parent.iterdir()) == [str(found.id)]
    assert folder.resolve().name == str(found.evidence).removeprefix("sha256:")
    assert [finding for finding in verify(folder.resolve()) if not finding.holds] == []
    # The other database, the other folder: the same figures, byte for byte.
    SEEN[engine.dialect.name] = metrics
    assert len(set(SEEN.values())) == 1


def test_whoever_runs_the_backtest_cannot_approve(engine: Engine, analyst: Actor) -> None:
    history(engine)
    strategist = person(engine, "lin", "strategy")
    version_id = draft(engine, analyst)
    start(engine, strategist, version_id)
    with writing(engine) as session:
        session.add(_finished(session, version_id, analyst))
        session.flush()
        policy.submit(session, analyst, version_id)
    with pytest.raises(Refusal) as refused, writing(engine) as session:
        policy.approve(session, strategist, version_id, "mine")
    assert refused.value.code == "author_cannot_approve"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"dates": ["2026-06-30"]},
            r"2026-06-30 and 6 months reach 2026-12-30, .* up to 2026-09-30 only.*up to 2026-03-30",
        ),
        ({"dates": ["9999-12-31"]}, "9999-12-31 lies after the last order .* up to 2026-03-30"),
        ({"dates": ["2023-12-31"]}, "2023-12-31 lies before the first order"),
        ({"horizon_months": 99}, "horizon_months"),
        ({"horizon_months": 30}, "leaves no quarter end with 12 months before it and 30 after it"),
        ({"tier_of_interest": "X"}, "'X' is none of the policy's A, B, C"),
        ({"seed": 1}, "seed is not a parameter"),
    ],
)
def test_wrong_parameters_are_refused_and_nothing_is_written(
    sqlite_engine: Engine, wrong: dict[str, Any], message: str
) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    version_id = draft(sqlite_engine, analyst)
    with pytest.raises(Refusal, match=message):
        start(sqlite_engine, analyst, version_id, **wrong)
    assert (count(sqlite_engine, Backtest), count(sqlite_engine, Job)) == (0, 0)


def test_only_analysts_and_the_strategy_group_may_run_one(sqlite_engine: Engine) -> None:
    history(sqlite_engine)
    version_id = draft(sqlite_engine, person(sqlite_engine, "chen", "analyst"))
    with pytest.raises(Refusal) as refused:
        start(sqlite_engine, person(sqlite_engine, "wang", "sales"), version_id)
    assert refused.value.code == "forbidden"
    assert count(sqlite_engine, Backtest) == 0


def test_without_orders_there_is_nothing_to_backtest_on(sqlite_engine: Engine) -> None:
    analyst = person(sqlite_engine, "chen", "analyst")
    version_id = draft(sqlite_engine, analyst)
    with pytest.raises(Refusal, match="There are no orders"):
        start(sqlite_engine, analyst, version_id)


def test_a_draft_edited_after_the_start_fails_the_backtest(sqlite_engine: Engine, tmp_path: Path) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    version_id = draft(sqlite_engine, analyst)
    started = start(sqlite_engine, analyst, version_id)
    with writing(sqlite_engine) as session:
        policy.edit_draft(session, analyst, version_id, POLICY)
    with pytest.raises(Refusal, match="was edited after backtest"):
        jobs.run(sqlite_engine, tmp_path, started.job_id)
    with Session(sqlite_engine) as session:
        left = session.get_one(Backtest, started.id)
        assert (left.state, left.metrics) == ("failed", None)
        assert "was edited" in str(left.error)
    with Session(sqlite_engine) as session, pytest.raises(Refusal, match="no finished backtest"):
        backtest.newest(session, version_id)


def test_a_notebook_that_forges_its_figures_is_caught(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    forged = tmp_path / "backtest_policy.py"
    lines = [
        "",
        "# %%",
        'text = open("metrics.json").read()',
        'open("metrics.json", "w").write(text.replace("true", "false"))',
        "",
    ]
    forged.write_text(backtest.NOTEBOOK.read_text(encoding="utf-8") + "\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(backtest, "NOTEBOOK", forged)
    started = start(sqlite_engine, analyst, draft(sqlite_engine, analyst), dates=["2025-12-31"])
    with pytest.raises(Refusal, match="not what the library computes"):
        jobs.run(sqlite_engine, tmp_path, started.job_id)
    with Session(sqlite_engine) as session:
        assert session.get_one(Backtest, started.id).state == "failed"


def test_a_backtest_that_waits_is_cancelled_at_once_and_never_runs(
    engine: Engine, analyst: Actor, tmp_path: Path
) -> None:
    history(engine)
    started = start(engine, analyst, draft(engine, analyst), dates=["2025-12-31"])
    seller = person(engine, "wang", "sales")
    with pytest.raises(Refusal, match="may not backtest"), writing(engine) as session:
        backtest.cancel(session, seller, started.id)
    with writing(engine) as session:
        backtest.cancel(session, analyst, started.id)
    assert jobs.run(engine, tmp_path, started.job_id) is None
    with Session(engine) as session:
        left = session.get_one(Backtest, started.id)
        assert (left.state, left.error, left.metrics) == ("failed", "It was cancelled.", None)
        assert left.cancelled_at is not None
        assert session.get_one(Job, started.job_id).state == "dead"
        assert session.scalars(select(JobEvent.message)).all() == ["failed: It was cancelled."]
    for number, message in ((started.id, "is failed already"), (99, "No backtest 99")):
        with pytest.raises(Refusal, match=message), writing(engine) as session:
            backtest.cancel(session, analyst, number)


def test_a_backtest_that_runs_is_cancelled_from_elsewhere_and_is_never_finished(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    started = start(sqlite_engine, analyst, draft(sqlite_engine, analyst), dates=["2025-12-31"])

    def cancel_when_it_runs(done: int, total: int, message: str) -> None:
        if done == 1 and total > 1:
            with writing(sqlite_engine) as session:
                if session.get_one(Backtest, started.id).cancelled_at is None:
                    backtest.cancel(session, analyst, started.id)

    with pytest.raises(Refusal, match="cancelled"):
        jobs.run(sqlite_engine, tmp_path, started.job_id, cancel_when_it_runs)
    with Session(sqlite_engine) as session:
        left = session.get_one(Backtest, started.id)
        assert (left.state, left.evidence, left.metrics) == ("failed", None, None)
        with pytest.raises(Refusal, match="no finished backtest"):
            backtest.newest(session, left.version_id)
    assert not (tmp_path / "backtests" / str(started.id) / "manifest.json").exists()


def test_the_database_refuses_a_finished_backtest_without_evidence_and_a_cancelled_one(
    engine: Engine, analyst: Actor
) -> None:
    history(engine)
    started = start(engine, analyst, draft(engine, analyst), dates=["2025-12-31"])
    sealed = {"state": "finished", "evidence": "sha256:1", "metrics_hash": "sha256:2"}
    for wrong in ({"evidence": None}, {"metrics_hash": None}, {"cancelled_at": now()}):
        with pytest.raises(IntegrityError, match="finished with its evidence"), writing(engine) as session:
            session.execute(update(Backtest).where(Backtest.id == started.id).values(**{**sealed, **wrong}))
    with writing(engine) as session:
        session.execute(update(Backtest).where(Backtest.id == started.id).values(**sealed))
    with pytest.raises(IntegrityError, match="a finished backtest never changes"), writing(engine) as session:
        session.execute(update(Backtest).where(Backtest.id == started.id).values(evidence="sha256:3"))


def test_a_notebook_is_not_run_below_the_confinement_that_is_demanded(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    started = start(sqlite_engine, analyst, draft(sqlite_engine, analyst), dates=["2025-12-31"])
    monkeypatch.setattr(confinement, "_strongest", lambda: (Confinement("rlimits", 0, False), ("landlock: off",)))
    monkeypatch.setenv("FENJI_CONFINEMENT", "namespaces")
    settings.cache_clear()
    try:
        with pytest.raises(
            Refusal, match=r"confined by namespaces at least \(FENJI_CONFINEMENT\), but this machine allows"
        ):
            jobs.run(sqlite_engine, tmp_path, started.job_id)
    finally:
        settings.cache_clear()


def test_default_dates_are_quarter_ends_with_a_year_before_and_a_horizon_after() -> None:
    found = default_dates(date(2023, 11, 3), date(2026, 10, 31), 6)
    assert (found[0], found[-1], len(found)) == (date(2024, 12, 31), date(2026, 3, 31), 6)
    assert default_dates(date(1997, 1, 1), date(1998, 6, 30), 6) == (date(1997, 12, 31),)
    assert len(default_dates(date(2015, 1, 1), date(2026, 10, 31), 6)) == 8
    with pytest.raises(Refusal, match="leaves no quarter end"):
        default_dates(date(2026, 1, 1), date(2026, 10, 31), 6)


def test_outcomes_are_complete_up_to_yesterday_while_the_last_month_still_runs() -> None:
    last = date(2026, 10, 14)
    assert backtest._complete_until(last, date(2026, 11, 1)) == date(2026, 10, 31)
    assert backtest._complete_until(last, date(2026, 10, 31)) == date(2026, 10, 30)
    assert backtest._complete_until(last, date(2026, 10, 14)) == last


def test_outcomes_of_several_currencies_are_refused_before_anything_starts(
    sqlite_engine: Engine,
) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    version_id = draft(sqlite_engine, analyst)
    with writing(sqlite_engine) as session:
        session.execute(update(Order).where(Order.ordered_on == date(2026, 9, 30)).values(currency="USD"))
    start(sqlite_engine, analyst, version_id, dates=["2025-12-31"])  # ends before the first order in dollars
    with pytest.raises(Refusal, match="CNY, USD"):
        start(sqlite_engine, analyst, version_id, dates=["2026-03-31"])
