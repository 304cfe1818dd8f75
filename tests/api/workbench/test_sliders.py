"""Sliders: the latest value wins, positions become one change of the draft, and exports have a picture."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from study_inputs import write_inputs

from api import workbench
from api.workbench.latest import Latest
from policies.refusal import Refusal


def opened(folder: Path) -> workbench.Draft:
    write_inputs(folder)
    return workbench.draft(workbench.champion(folder), on=workbench.snapshot(folder))


def test_a_slow_figure_never_queues() -> None:
    begun, go, done = threading.Event(), threading.Event(), []

    def work(value: int) -> None:
        begun.set()
        assert go.wait(10)
        done.append(value)

    latest = Latest(work)
    latest.put(0)
    assert begun.wait(10)
    for value in range(1, 100):
        latest.put(value)
    go.set()
    assert latest.settle()
    assert done == [0, 99]
    latest.put(100)
    assert latest.settle()
    assert done == [0, 99, 100]


def test_sliders_try_positions_and_keep_them_as_one_change(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    sliders = p.sliders("V.V1.weight", "V.V1.ladder.cuts.1", "bands.A")
    before = p.text
    sliders.move("V.V1", "60%").move("bands.A", "70")
    assert sliders.latest.settle()
    assert p.text == before
    tried = sliders.effect
    assert tried is not None
    sliders.keep()
    assert (p.V.V1.weight, p.V.V2.weight, p.bands.A) == ("60%", "40%", "70")
    assert p.effect().impact == tried.impact
    p.undo()
    assert p.text == before


def test_sliders_show_a_picture_where_nothing_can_move(tmp_path: Path) -> None:
    sliders = opened(tmp_path / "inputs").sliders()
    assert [knob.place for knob in sliders.knobs] == ["V.V1.weight", "V.V2.weight"]
    bundle = sliders._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "V.V1.weight: 80%" in bundle["text/plain"]
    assert sliders.picture().svg == sliders.picture().svg


def test_every_mark_of_a_cut_stays_between_its_neighbours(tmp_path: Path) -> None:
    (knob,) = opened(tmp_path / "inputs").sliders("V.V1.ladder.cuts.1").knobs
    assert knob.value in knob.marks
    assert 0 < knob.marks[0] < knob.marks[-1] < 50


def test_wrong_sliders_are_refused(tmp_path: Path) -> None:
    p = opened(tmp_path / "inputs")
    for place, said in (("V.V9.weight", "V has no 'V9'"), ("V.title", "only a number"), ("missing", "only a number")):
        with pytest.raises(Refusal, match=said):
            p.sliders(place)
    with pytest.raises(Refusal, match="There is no slider 'x'"):
        p.sliders().move("x", "1%")
    with pytest.raises(Refusal, match="No snapshot was opened"):
        workbench.draft(p.original).sliders()
    sliders = p.sliders().move("V.V1", "150%")
    assert sliders.latest.settle()
    assert sliders.effect is None  # no grading at such a place; the live figures say why


def test_widgets_follow_the_sliders(tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is of the extra lab: make lab")
    sliders = opened(tmp_path / "inputs").sliders("V.V1.weight")
    box = sliders.widget()
    slider = box.children[0].children[0]
    slider.value = sliders.knobs[0].marks.index(sliders.knobs[0].marks[10])
    assert sliders.latest.settle()
    assert "<table" in box.children[1].value
