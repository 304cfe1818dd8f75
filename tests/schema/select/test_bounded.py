"""What is kept in memory is bounded by its weight, whatever is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import world
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from schema.select.bounded import Bounded
from schema.select.executor import LEVELS


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12))))
def test_entries_weigh_no_more_than_they_may_and_those_used_last_stay(puts: list[tuple[int, int]]) -> None:
    kept: Bounded[int, int] = Bounded(10)
    order: dict[int, int] = {}
    for key, weight in puts:
        assert kept.put(key, weight, weight) == weight
        order.pop(key, None)
        if weight <= 10:
            order[key] = weight
        while sum(order.values()) > 10:
            del order[next(iter(order))]
        assert len(kept) == len(order)
    assert {key: kept.get(key) for key in order} == order


def test_plans_of_ever_new_values_replace_each_other(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    query = (
        "query Q($of: String!) { customers(first: 1) { nodes { contacts(filter: {title: {in: [$of]}}) { name } } } }"
    )
    monkeypatch.setattr(LEVELS, "most", 500)
    for n in range(40):
        assert made.data(query, {"of": f"{n}" + "x" * 400})["customers"]["nodes"] == [{"contacts": []}]
    assert 0 < LEVELS.weight <= 500
    assert len(LEVELS) < 40
