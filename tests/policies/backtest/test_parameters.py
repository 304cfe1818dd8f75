"""The parameters of a backtest: wrong ones are refused with their value and the cure."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from policies.backtest.parameters import checked
from policies.refusal import Refusal

RIGHT: dict[str, Any] = {"dates": ["2025-09-30", "2026-03-31"], "horizon_months": 6, "tier_of_interest": "A"}


def test_right_parameters_come_back_typed_and_as_the_same_json() -> None:
    found = checked(RIGHT)
    assert found.dates == (date(2025, 9, 30), date(2026, 3, 31))
    assert found.model_dump(mode="json") == {**RIGHT, "limits": [], "service": None}
    assert checked(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dates": []}, "dates"),
        ({"dates": ["2026-03-31", "2025-09-30"]}, "ascend"),
        ({"dates": ["2026-03-31", "2026-03-31"]}, "ascend"),
        ({"dates": ["2026-02-30"]}, "'2026-02-30' is not a date; write it as 2026-03-31"),
        ({"dates": ["20260331"]}, "'20260331' is not a date"),
        ({"dates": [20260331]}, "20260331 is not a date"),
        ({"dates": "2026-03-31"}, "dates"),
        ({"horizon_months": 0}, "horizon_months"),
        ({"horizon_months": "6"}, "horizon_months.*'6'"),
        ({"horizon_months": True}, "horizon_months"),
        ({"tier_of_interest": 5}, "tier_of_interest"),
        ({"tier": "A"}, "tier is not a parameter; known: dates, horizon_months, tier_of_interest, limits, service"),
        ({"x=1\nimport os": 1}, "is not a parameter"),
    ],
)
def test_a_wrong_parameter_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        checked({**RIGHT, **wrong})
    assert refused.value.code == "invalid"


def test_every_wrong_parameter_is_named_at_once() -> None:
    with pytest.raises(Refusal, match=r"dates is missing; .*tier_of_interest is missing"):
        checked({})
