"""The review of a sensitive choice: tables and pictures of a small folder, its notebook run by the runner, wrong parameters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from study_inputs import CANDIDATE, DATES, write_inputs

from api.notebook import NOTEBOOKS
from api.notebook.runner import run
from api.workbench import choice
from api.workbench.pictures import Picture
from api.workbench.table import Note, Table
from policies.refusal import Refusal
from policies.sweep.choice import Choice
from policies.sweep.parameters import checked

SAID = """\
interpretations:
  - {id: I1, clause: 五十万元以上, reading: y, alternatives: [{closed: right, at: V1, effect: z}, {meaning: otherwise}]}
"""
TWO = CANDIDATE.replace(
    "weight: 100%\n    indicators:\n      - {id: V1, input: amount_12m, weight: 80%",
    "weight: 80%\n    indicators:\n      - {id: V1, input: amount_12m, weight: 80%",
).replace(
    "      - {id: V2",
    "  - id: W\n    title: {zh: 满意, en: Satisfaction}\n    weight: 20%\n    indicators:\n      - {id: V2",
)
TABLES = ("overview", "places", "readings", "not_applied", "tornado", "noise", "frontier")
PICTURES = ("tornado_picture", "noise_picture", "bands_picture", "frontier_picture")
QUICK: dict[str, Any] = {"draws": 10, "hours": {"A": "2", "B": "1/2"}, "capacity": "50"}


def review(folder: Path, text: str = TWO + SAID, **parameters: Any) -> choice.Review:
    write_inputs(folder, candidate=text)
    return choice.open(folder, **{**QUICK, **parameters})


def test_every_table_and_picture_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    found = review(tmp_path / "inputs", tier_of_interest="B")
    for name in TABLES:
        table = getattr(found, name)()
        assert isinstance(table, Table), name
        assert all(len(row) == len(table.heads) for row in table.rows)
        assert table._repr_mimebundle_()["text/plain"] == str(table)
    for name in PICTURES:
        first, second = (getattr(found, name)() for _ in range(2))
        assert isinstance(first, Picture), name
        assert first == second
        assert "<text" not in first.svg


def test_a_grid_is_chosen_where_none_is_given_and_the_candidate_stands_first(tmp_path: Path) -> None:
    found = review(tmp_path / "inputs").choice
    assert found.variants[0].settings == ()
    assert {path for one in found.variants[1:] for path, _ in one.settings} == {"V.weight", "tiers.B"}
    assert found.frontier[0].customers == sum(tally.customers for tally in found.history.tallies(0)[:2]) / len(DATES)
    assert found.tallies == found.levels.grade(found.plan).tallies


def test_bands_agree_with_the_places_where_the_tier_begins_now(tmp_path: Path) -> None:
    found = review(tmp_path / "inputs", tier_of_interest="A").choice
    (now,) = [cut for cut in found.bands if cut.begin == 75]
    best = found.tallies[0]
    assert (now.customers, now.amount, now.next_amount) == (best.customers, best.amount, best.next_amount)
    assert [cut.customers for cut in found.bands] == sorted((cut.customers for cut in found.bands), reverse=True)


def test_a_given_grid_is_swept_over_all_dates(tmp_path: Path) -> None:
    found = review(tmp_path / "inputs", vary=[{"path": "tiers.A", "values": [60, "90"]}]).choice
    assert [one.name for one in found.variants] == ["", "tiers.A = 60", "tiers.A = 90"]
    assert found.history.dates == DATES


def test_a_rule_table_says_what_it_does_not_have(tmp_path: Path) -> None:
    rules = (Path(__file__).resolve().parents[3] / "policies" / "documents" / "p-sabc.yaml").read_text(encoding="utf-8")
    found = review(tmp_path / "inputs", rules, hours={})
    for name in ("tornado", "tornado_picture", "noise", "noise_picture", "bands_picture", "readings"):
        assert isinstance(getattr(found, name)(), Note), name
    assert isinstance(found.not_applied(), Table)
    assert len(found.choice.variants) == 1
    assert isinstance(found.frontier_picture(), Picture)


def test_the_notebook_runs_and_its_figures_are_those_of_the_library(tmp_path: Path) -> None:
    write_inputs(tmp_path / "inputs", candidate=TWO + SAID)
    parameters: dict[str, Any] = {"folder": "inputs", **QUICK, "vary": [{"path": "V.weight", "values": ["70%", "90%"]}]}
    shutil.copytree(tmp_path / "inputs", tmp_path / "run" / "inputs")
    written = run(NOTEBOOKS / "review_choice.py", parameters, tmp_path / "run", cache=tmp_path / "cache")
    expected = Choice(checked({**parameters, "folder": str(tmp_path / "inputs")})).metrics()
    assert written == expected
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml") == len(PICTURES)
    figures = json.loads(expected)
    assert [one["name"] for one in figures["variants"]] == ["", "V.weight = 70%", "V.weight = 90%"]
    assert str(tmp_path) not in expected.decode()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"weight_step": 0.02}, "0.02 is a float; write it as text"),
        ({"band_step": "0"}, "a step of 0 moves nothing"),
        ({"cut_step": "ten"}, "cut_step: 'ten' is not an exact number"),
        ({"draws": 0}, "draws"),
        ({"draws": "200"}, "draws"),
        ({"hours": {"A": "-1"}}, "-1 is below 0"),
        ({"vary": [{"path": "tiers.A"}]}, "values"),
        ({"vary": [{"path": "tiers.A", "values": [1]}], "combine": "some"}, "combine"),
        ({"vary": [{"path": "tiers.Z", "values": [1]}]}, "tiers.Z: there is no 'Z'"),
        ({"vary": [{"path": "tiers.A", "values": [30]}]}, "The variant tiers.A = 30"),
        ({"hours": {"A": "1", "Q": "1"}}, "'Q', which is no tier"),
        ({"hours": {"A": "1"}}, "lack B"),
        ({"date": "2020-01-01"}, "no snapshot of 2020-01-01; there are 2025-09-30, 2026-03-31"),
        ({"tier_of_interest": "Z"}, "no tier 'Z'; choose among A, B, C"),
        ({"speed": 3}, "speed is not a parameter; known: folder, date"),
    ],
)
def test_wrong_parameters_are_refused_with_the_cure(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        _ = review(tmp_path / "inputs", **values).choice.frontier


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no folder of inputs"):
        choice.open(tmp_path)
