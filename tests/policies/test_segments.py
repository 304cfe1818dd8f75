"""Segments of a file of orders: what is added up, what the day hides, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.refusal import Refusal
from policies.segments import SegmentParameters, checked, segmented

HEAD = "order_date,customer_id,revenue,note\n"
# One champion (8 orders, 800), one who bought once long ago, one whose first order is after the day.
ROWS = [
    *(f"2026-03-{day:02},甲,100,x" for day in range(1, 9)),
    "2024-01-01,乙,12.50,",
    "2026-04-01,丙,9.99,",
    "2026-04-02,甲,5000,",
]


def written(where: Path, text: str = HEAD + "\n".join(ROWS) + "\n", **values: str) -> SegmentParameters:
    (where / "orders.csv").write_text(text, encoding="utf-8")
    return checked(**{"folder": str(where), "date": "2026-03-31", **values})


def test_each_customer_is_in_one_segment_by_what_was_ordered_up_to_the_day(tmp_path: Path) -> None:
    found = segmented(written(tmp_path))
    full = {
        each.name: (each.customers, each.orders, each.revenue, each.zh) for each in found.segments if each.customers
    }
    assert full == {"Champions": (1, 8, 80_000, "冠军客户"), "Lost": (1, 1, 1_250, "已流失")}
    assert [each.name for each in found.segments] == list(found.policy.tiers.order)
    assert {each.average for each in found.segments} == {None, 10_000, 1_250}


def test_the_figures_are_the_same_bytes_in_any_order_of_rows(tmp_path: Path) -> None:
    first = segmented(written(tmp_path)).metrics()
    assert segmented(written(tmp_path, HEAD + "\n".join(ROWS[::-1]))).metrics() == first
    assert json.loads(first)["segments"][0] == {"segment": "Champions", "customers": 1, "orders": 8, "revenue": 80_000}


def test_a_scorecard_of_the_same_facts_segments_too(tmp_path: Path) -> None:
    found = segmented(written(tmp_path, policy="rfm-retail"))
    assert [(each.name, each.customers) for each in found.segments] == [("A", 1), ("B", 0), ("C", 0), ("D", 1)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"date": "2026-02-30"}, "'2026-02-30' is not a date"),
        ({"date": "1999-01-01"}, "No order is of 1999-01-01 or before"),
        (
            {"policy": "sabcd-weighted"},
            "needs status, .* but orders give days_since_order, orders_total, amount_total alone",
        ),
        ({"policy": "no-such"}, "no-such"),
        ({"colour": "red"}, "colour is not a parameter; known: folder, date, policy"),
        ({"folder": "/no/such/folder"}, "cannot be read as CSV"),
    ],
)
def test_wrong_parameters_are_refused(tmp_path: Path, values: dict[str, str], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        segmented(written(tmp_path, **values))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer_id,revenue\n甲,1\n", "no column order_date; it has customer_id, revenue"),
        (f"{HEAD}2026-01-01,甲,1,\n2026-13-01,乙,2,\n", "line 3: customer_id '乙', order_date '2026-13-01', revenue '2'"),
        (f"{HEAD}2026-01-01,甲,1.005,\n", "line 2: .*revenue '1.005'"),
        (f"{HEAD}2026-01-01,甲,NaN,\n", "line 2: .*revenue 'NaN'"),
        (f"{HEAD}2026-01-01,,1,\n", "line 2: customer_id None"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        segmented(written(tmp_path, text))
