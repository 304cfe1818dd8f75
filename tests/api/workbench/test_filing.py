"""Saving and submitting from the workbench: through the commands, with their refusals, and never in a confined notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from people import finished_backtest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api import workbench
from api.commands.snapshot import keep, today
from api.database import writing
from api.notebook.runner import FIXED, NotebookFailed, run
from api.settings import settings
from policies import load
from policies.refusal import Refusal
from policies.version import semantic_hash
from schema.tables import PolicyVersion


@pytest.fixture
def made(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> world.World:
    """A graded world that the settings name."""
    monkeypatch.setenv("FENJI_HOME", str(tmp_path))
    monkeypatch.setenv("FENJI_DATABASE_URL", sqlite_engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    return world.build(sqlite_engine, tmp_path, 12)


def test_a_draft_of_the_champion_is_saved_and_submitted_with_its_backtest(made: world.World) -> None:
    p = workbench.draft(workbench.champion(world.POLICY), on=None)
    p.bands.S = 88
    with pytest.raises(Refusal, match="is not saved"):
        p.submit(by="analyst")
    with pytest.raises(Refusal, match="may not write_policy"):
        p.save(by="sales")
    told = p.save(by="analyst")
    with Session(made.engine) as session:
        version = session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc())).first()
        assert version is not None
        assert (version.state, version.semantic_hash) == ("draft", semantic_hash(p.document))
    assert f"fenji backtest run {version.id}" in str(told)
    with pytest.raises(Refusal, match="case_fails"):
        p.submit(by="analyst")
    p.bands.S = 90
    p.hold.exit.S = 87
    p.save(by="analyst")
    with pytest.raises(Refusal, match="finished backtest"):
        p.submit(by="analyst")
    with writing(made.engine) as session:
        newest = session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc())).first()
        assert newest is not None
        finished_backtest(session, newest, made.people["analyst"])
    assert "已提交" in str(p.submit(by="analyst"))
    with Session(made.engine) as session:
        assert session.get_one(PolicyVersion, newest.id).state == "submitted"


def test_snapshots_are_opened_by_date(made: world.World, tmp_path: Path) -> None:
    day = today(settings().zone)
    with pytest.raises(Refusal, match=r"No snapshot of 2020-01-31 is kept; `fenji snapshot take --as-of 2020-01-31`"):
        workbench.snapshot("2020-01-31")
    keep(made.engine, made.people["analyst"], tmp_path, day, settings().zone)
    assert workbench.snapshot(str(day)).customers == 12


def test_a_policy_that_is_not_in_force_has_no_champion(made: world.World) -> None:
    with pytest.raises(Refusal, match="No version of the policy 'abc-value' is in force today"):
        workbench.champion("abc-value")


def test_a_confined_notebook_reaches_no_database(made: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)
    p = workbench.draft(load("sabcd-weighted"))
    for reach in (
        lambda: p.save(by="analyst"),
        lambda: workbench.champion(world.POLICY),
        lambda: workbench.snapshot("2026-03-31"),
    ):
        with pytest.raises(Refusal, match="run by Fenji without the database"):
            reach()


def test_without_a_database_saving_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENJI_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("FENJI_DATABASE_URL", raising=False)
    settings.cache_clear()
    with pytest.raises(Refusal, match="fenji database upgrade"):
        workbench.draft(load("sabcd-weighted")).save(by="admin")


def test_a_notebook_that_fenji_runs_cannot_save(tmp_path: Path) -> None:
    source = tmp_path / "saving.py"
    cell = "from api import workbench\nworkbench.draft(workbench.policy('sabcd-weighted')).save(by='admin')\n"
    source.write_text(f'# %% tags=["parameters"]\nx: int = 1\n\n# %%\n{cell}', encoding="utf-8")
    (tmp_path / "out").mkdir()
    with pytest.raises(NotebookFailed, match="run by Fenji without the database"):
        run(source, {}, tmp_path / "out", cache=tmp_path / "cache")
