"""Stability: a walk over dates, whose held tiers are those of the hold rule for each customer alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from study_inputs import POLICY

from policies import compile_plan, grade, parse
from policies.backtest.stability import Moves, Stability, stability
from policies.hold import Graded, Standing, follow, staying

HOLD = "hold: {minimum_periods: 2, exit: {A: 70}}\n"
# amount_12m in 万元 by customer and date: swinging over a bound, falling, rising, unknown for once, known twice only
AMOUNTS: dict[int, list[int | None]] = {
    1: [60, 40, 60, 40, 60], 2: [60, 40, 40, 40, 40], 3: [5, 20, 60, 60, 60], 4: [60, None, 20, 60, 20], 5: [None, None, None, 60, 20],
    6: [60, 20, 20, 60, 60],
}  # fmt: skip


def snapshots(folder: Path) -> list[Path]:
    paths = [folder / f"{date}.parquet" for date in range(5)]
    for date, path in enumerate(paths):
        rows = [
            {"customer_id": key, "status": "active", "satisfaction": 450,
             "amount_12m": None if (amount := amounts[date]) is None else amount * 1_000_000}
            for key, amounts in AMOUNTS.items()
        ]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(rows), path)
    return paths


def one_by_one(text: str) -> Stability:
    """The same figures, customer by customer with the oracle."""
    document = parse(text)
    order = document.tiers.order
    walks: list[tuple[list[int], list[int]]] = []
    for amounts in AMOUNTS.values():
        standing, computed, held = Standing(), [], []
        for amount in amounts:
            facts = {
                "status": "active",
                "satisfaction": 450,
                "amount_12m": None if amount is None else amount * 1_000_000,
            }
            by = document if standing.tier is None else staying(document, standing.tier)
            here, stays = (grade(compile_plan(each), facts) for each in (document, by))
            standing = follow(document, standing, Graded(here.status, here.tier), Graded(stays.status, stays.tier))
            computed += [order.index(here.tier)] if here.tier else []
            held += [order.index(standing.tier)] if standing.tier else []
        if len(computed) >= 3:
            walks.append((computed, held))
    figures = []
    for side in (0, 1):
        steps = [[b - a for a, b in pairwise(walk[side]) if a != b] for walk in walks]
        figures.append((sum(map(len, steps)), sum(min(each, default=0) < 0 < max(each, default=0) for each in steps)))
    return Stability(len(walks), *(Moves(*figure) for figure in figures))


@pytest.mark.parametrize("text", [POLICY, POLICY + HOLD, POLICY + "hold: {demotion_needs_approval: [A, B]}\n"])
def test_a_walk_counts_what_the_rule_gives_customer_by_customer(tmp_path: Path, text: str) -> None:
    found = stability(compile_plan(parse(text)), snapshots(tmp_path))
    assert found == one_by_one(text)
    assert found is not None
    assert found.customers == 5
    if "hold" not in text:
        assert found.held == found.computed
    else:
        assert found.held.yoyo < found.computed.yoyo
    assert found.rate(found.computed) == Fraction(found.computed.yoyo, 5)


def test_two_dates_are_no_walk(tmp_path: Path) -> None:
    assert stability(compile_plan(parse(POLICY)), snapshots(tmp_path)[:2]) is None
