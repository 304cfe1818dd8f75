"""Exploration: every customer is in one state of every fact, and figures are counted exactly."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api import workbench
from policies.refusal import Refusal
from policies.states import NOT_APPLICABLE, PENDING
from policies.vocabulary import WORDS


def explored(path: Path, rows: list[dict[str, object]]) -> workbench.Exploration:
    types = [(word.name, pa.string() if word.type == "category" else pa.int64()) for word in WORDS]
    blank: dict[str, object] = dict.fromkeys(word.name for word in WORDS)
    complete = [{**blank, "customer_id": number, **row} for number, row in enumerate(rows, 1)]
    pq.write_table(pa.Table.from_pylist(complete, schema=pa.schema([("customer_id", pa.int64()), *types])), path)
    return workbench.explore(workbench.snapshot(path))


def test_states_are_told_apart_and_everybody_is_in_one(tmp_path: Path) -> None:
    found = explored(
        tmp_path / "2026-03-31.parquet",
        [
            {"tenure": 5, "status": "active"},
            {"tenure": PENDING, "status": "pending"},
            {"tenure": NOT_APPLICABLE, "status": "not_applicable"},
            {},
        ],
    )
    states = {one.word.name: tuple(one.states.values()) for one in found.covered}
    assert states["tenure"] == states["status"] == (1, 1, 1, 1)
    assert all(sum(state) == 4 for state in states.values())
    assert found.figures()["facts"]["tenure"]["quantiles"] == [5] * 8
    assert "25.0%" in str(found.coverage())
    assert found.coverage_picture().svg.startswith("<svg")


def test_bins_hold_every_known_value(tmp_path: Path) -> None:
    found = explored(tmp_path / "x.parquet", [{"amount_12m": n * 3_700_001, "orders_12m": n % 4} for n in range(200)])
    for name in ("amount_12m", "orders_12m"):
        assert sum(number for _, number in found.bins(name)) == 200
    assert len(found.bins("amount_12m")) <= 12
    assert [label for label, _ in found.bins("orders_12m")] == ["0", "1", "2", "3"]
    assert "没有已知的值" in str(found.distribution("tenure"))
    assert "<img" in found.distributions(["amount_12m", "orders_12m"])._repr_mimebundle_()["text/html"]
    with pytest.raises(Refusal, match="no fact 'amount'"):
        found.distribution("amount")


def test_outliers_lie_beyond_three_interquartile_ranges(tmp_path: Path) -> None:
    rows = [{"orders_12m": n % 10} for n in range(100)] + [{"orders_12m": 500}]
    found = explored(tmp_path / "x.parquet", rows)
    assert "101: 500" in str(found.outliers())
    assert "没有远离其余的值" in str(explored(tmp_path / "y.parquet", rows[:-1]).outliers())


def test_missing_is_shown_by_state(tmp_path: Path) -> None:
    rows = [{"status": "active", "tenure": 1}, {"status": "active"}, {"status": "lost"}, {}]
    shown = str(explored(tmp_path / "x.parquet", rows).missing_by("status"))
    (line,) = (line for line in shown.splitlines() if line.startswith("合作月数"))
    assert line.split()[1:] == ["50.0%", "100.0%", "100.0%"]
