"""The effect of a draft: the figures of two gradings, the same by level codes and by DuckDB, shown beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_inputs import DATES, write_inputs

from api import workbench
from api.workbench.regrading import Regrading
from policies import compile_plan
from policies.impact import impact
from policies.refusal import Refusal


def opened(folder: Path) -> workbench.Draft:
    write_inputs(folder)
    return workbench.draft(workbench.champion(folder), on=workbench.snapshot(folder))


def test_a_draft_equal_to_the_champion_moves_nobody(tmp_path: Path) -> None:
    effect = opened(tmp_path / "inputs").effect()
    assert (effect.moved, effect.moved_amount, effect.directions()) == (0, 0, (0, 0))
    assert effect.counts[0] == effect.counts[1]
    assert sum(one.customers for one in effect.counts[1].values()) == 40
    assert effect.largest() is None
    assert "没有客户变动" in str(effect.movers())


def test_the_figures_are_those_of_two_gradings(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    p.V.V1.ladder.cuts = [0, 5, 30]
    p.balance("V.V1", "70%")
    effect = p.effect()
    slowly = impact(compile_plan(p.original), p.plan, p.snapshot.path, listed=100)
    assert effect.impact == slowly
    assert effect.moved == sum(move.customers for move in slowly.moved) > 0
    figures = effect.figures()
    assert sum(row["customers"] for row in figures["after"]) == 40
    assert figures["moved"] == sum(move["customers"] for move in figures["moves"])
    up, down = effect.directions() or (0, 0)
    assert up + down <= figures["moved"]


def test_what_the_level_codes_cannot_grade_is_graded_by_duckdb(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    before = p.plan
    p.population.applies_to.status = ["active"]
    found = Regrading(p.snapshot).impact(before, p.plan)
    assert found == impact(before, p.plan, p.snapshot.path)


def test_an_effect_is_shown_as_html_and_text(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    p.bands.A = 95
    effect = p.effect()
    bundle = effect._repr_mimebundle_()
    assert bundle["text/html"].count("<table>") >= 2
    assert "data:image/svg+xml" in bundle["text/html"]
    assert bundle["text/plain"] == repr(effect)
    assert str(effect.largest()) in str(effect.movers())
    assert effect.moves_picture().svg.startswith("<svg")


def test_drafts_are_compared_by_text_structure_and_impact(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "one"), opened(tmp_path / "two")
    first.bands.A = 70
    compared = first.compare(second)
    assert [row[0] for row in compared.structure().rows] == ["bands.A"]
    assert "+    A: 70" in str(compared.text()) or "A: 70" in str(compared.text())
    assert compared.impact().names[0] == ("对照", "other")
    assert "相同" in str(second.compare(second.original).text())
    with pytest.raises(Refusal, match="open the draft with a snapshot"):
        workbench.draft(second.original).effect()


def test_one_customer_is_explained_with_its_waterfall(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    told = p.explain(3)
    assert told.explanation.tier == "C"
    assert told.picture is not None
    html = told._repr_mimebundle_()["text/html"]
    assert "Fenji Sans SC" in html
    assert "距上一级 B" in repr(told)
    assert p.explain().customer == 40
    for wrong, said in ((999, "ids lie between 1 and 40"), ("3", "no customer id"), (True, "no customer id")):
        with pytest.raises(Refusal, match=said):
            p.explain(wrong)  # type: ignore[arg-type]  # what a person types


def test_snapshots_are_opened_from_files_and_folders(tmp_path: Path) -> None:
    folder = write_inputs(tmp_path / "inputs")
    assert workbench.snapshot(folder).day == DATES[1]
    assert workbench.snapshot(folder, DATES[0]).day == DATES[0]
    assert workbench.snapshot(folder / "snapshots" / f"{DATES[0]}.parquet").customers == 40
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.parquet").write_text("no table")
    for source, said in (
        ("empty", "holds no file"),
        ("text.parquet", "no snapshot of facts"),
        ("nowhere.parquet", "no snapshot of facts"),
    ):
        with pytest.raises(Refusal, match=said):
            workbench.snapshot(tmp_path / source)
    with pytest.raises(Refusal, match="there are 2025-09-30, 2026-03-31"):
        workbench.snapshot(folder, "2020-01-31")
    with pytest.raises(Refusal, match="not a date of the calendar"):
        workbench.snapshot("2026-02-30")


def test_a_champion_comes_from_a_folder_that_has_one(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"no champion\.yaml"):
        workbench.champion(write_inputs(tmp_path / "inputs", champion=None))
    with pytest.raises(Refusal, match="nobody knows whether it is in force"):
        workbench.champion("policy.yaml")
    assert workbench.policy(tmp_path / "inputs").id == "small"
