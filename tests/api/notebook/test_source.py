"""Notebooks at rest: the .ipynb is generated from the percent source and holds no output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.notebook import FONT, NOTEBOOKS
from api.notebook.source import generated

SOURCES = sorted(NOTEBOOKS.glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_beside_a_source_is_in_step_and_without_outputs(source: Path) -> None:
    beside = source.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert beside == generated(source), "run: python -m api.notebook.source"
    for cell in json.loads(beside)["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_every_notebook_has_its_source() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {path.stem for path in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_code_cells_are_short_calls_of_the_library(source: Path) -> None:
    cells = [cell for cell in json.loads(generated(source))["cells"] if cell["cell_type"] == "code"]
    calls = [cell for cell in cells if "parameters" not in cell["metadata"].get("tags", ())]
    assert len(calls) == len(cells) - 1
    assert all(len(cell["source"]) <= 6 for cell in calls)


def test_the_font_comes_with_its_licence() -> None:
    assert FONT.stat().st_size < 2_000_000
    assert "SIL OPEN FONT LICENSE" in FONT.with_name("LICENSE").read_text(encoding="utf-8")
