"""Limits: what may be set, and how the metrics of a run are judged by them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from study_inputs import CANDIDATE, DATES, write_inputs

from policies.backtest.limits import FIGURES, Limit, judge, verdict
from policies.backtest.parameters import checked
from policies.backtest.replay import Replay
from policies.refusal import Refusal

PARAMETERS: dict[str, Any] = {"dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"}
SERVICE = {"capacity_hours": 40, "tiers": {"A": {"hours": 4, "cost": "500.50"}, "B": {"hours": 0.5}, "C": {}}}


def metrics(folder: Path, *limits: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    given = {**PARAMETERS, "limits": list(limits), "service": SERVICE}
    found: dict[str, Any] = json.loads(Replay(write_inputs(folder, **inputs), checked(given)).metrics())
    return found


def test_each_limit_shows_its_worst_date_and_all_of_them_decide(tmp_path: Path) -> None:
    found = metrics(
        tmp_path / "inputs",
        {"figure": "swap_out", "at_most": 0},
        {"figure": "auc", "at_least": "0.1"},
        {"figure": "hours_used", "at_most": "100%"},
    )
    passed = {one["figure"]: one["passed"] for one in found["limits"]}
    assert (passed["swap_out"], passed["auc"], passed["hours_used"], found["go"]) == (True, True, False, False)
    worst = found["limits"][2]
    used = {date: figures["candidate"]["service"]["used"] for date, figures in found["dates"].items()}
    assert worst["value"] == max(used.values()) == used[worst["date"]]
    assert worst["at_most"] == "1"
    # Anyone can judge again from what the file says.
    limits = checked(found["parameters"]).limits
    assert judge(limits, found) == found["limits"]
    assert metrics(tmp_path / "kept", {"figure": "errors", "at_most": 0})["go"] is True
    assert metrics(tmp_path / "none")["go"] is None


def test_a_figure_that_is_not_there_is_no_go(tmp_path: Path) -> None:
    found = metrics(tmp_path / "inputs", {"figure": "auc_gain", "at_least": -1}, champion=None)
    assert found["limits"] == [
        {"figure": "auc_gain", "at_least": "-1", "value": None, "date": DATES[0], "passed": False}
    ]
    assert found["go"] is False


def test_bounds_are_inclusive_and_read_in_the_figures_unit() -> None:
    assert Limit(figure="capture_20", at_least="35%").passed(3500)  # type: ignore[arg-type]  # text is read
    assert not Limit(figure="capture_20", at_least="0.3501").passed(3500)  # type: ignore[arg-type]  # as above
    assert Limit(figure="cost", at_most=10).passed(1000)  # type: ignore[arg-type]  # as above
    assert Limit(figure="auc", at_least=0.7).passed(0.7)  # type: ignore[arg-type]  # a decimal of JSON
    assert Limit(figure="auc", at_most=0.7).at_most == Fraction(7, 10)  # type: ignore[arg-type]  # as above
    assert not Limit(figure="auc", at_most=1).passed(None)  # type: ignore[arg-type]  # as above
    assert verdict([]) is None


def test_every_figure_can_be_found_in_the_metrics_of_a_run(tmp_path: Path) -> None:
    found = metrics(tmp_path / "inputs", candidate=CANDIDATE + "review: {borderline: {points: 10}}\n")
    for name, figure in FIGURES.items():
        where = found if figure.walk else found["dates"][DATES[0]]
        if name not in ("yoyo", "overrides"):  # which need three dates, and appointments
            assert figure.find(where) is not None, name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"figure": "acu", "at_most": 1}, "no limit can be set on 'acu'; known: auc, auc_gain"),
        ({"figure": "auc"}, "auc needs one of at_most and at_least"),
        ({"figure": "auc", "at_most": 1, "at_least": 0}, "auc needs one of at_most and at_least"),
        ({"figure": "auc", "at_most": "viel"}, "'viel' is not an exact number"),
        ({"figure": "auc", "most": 1}, "most"),
    ],
)
def test_a_wrong_limit_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        checked({**PARAMETERS, "limits": [wrong]})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tiers": {}}, "service.tiers"),
        ({"tiers": {"A": {"hours": -1}}}, "service.tiers.A.hours: must not be below 0"),
        ({"tiers": {"A": {"price": 1}}}, "service.tiers.A.price"),
        ({"tiers": {"A": {}}, "capacity_hours": "x"}, "service.capacity_hours: 'x' is not an exact number"),
    ],
)
def test_a_wrong_service_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        checked({**PARAMETERS, "service": wrong})
