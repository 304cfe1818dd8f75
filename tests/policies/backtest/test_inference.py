"""Inference: jumps at cuts and bootstrap intervals beside NumPy's and SciPy's, bunching, McNemar."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from panels import Customer, panel_of
from scipy import stats
from study_inputs import POLICY

from policies.backtest.bunching import Bunch, bunching
from policies.backtest.discontinuity import Jump, discontinuities, jump
from policies.backtest.discrimination import added, discrimination, order
from policies.backtest.foresight import foresight
from policies.backtest.panel import Side
from policies.backtest.resampling import EDGE, REPLICATES, TOGETHER, estimates
from policies.backtest.service import Service
from policies.backtest.swap import swap
from policies.compiler import compile_plan
from policies.loading import parse


def cells(points: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    found = []
    for x, group in groupby(sorted(points), key=lambda point: point[0]):
        values = [y for _, y in group]
        found.append((x, len(values), sum(values), sum(y * y for y in values)))
    return found


def by_least_squares(points: list[tuple[int, int]], reach: int) -> tuple[float, float]:
    """The intercept of a weighted line and its HC1 variance, by matrices."""
    x = np.array([[1.0, point[0]] for point in points])
    y = np.array([float(point[1]) for point in points])
    w = np.diag([1 - abs(point[0]) / reach for point in points])
    bread = np.linalg.inv(x.T @ w @ x)
    beta = bread @ x.T @ w @ y
    meat = x.T @ w @ np.diag((y - x @ beta) ** 2) @ w @ x
    return float(beta[0]), float((bread @ meat @ bread)[0, 0]) * len(points) / (len(points) - 2)


def test_the_jump_is_the_weighted_least_squares_one() -> None:
    generator = np.random.default_rng(3)
    points = [(int(x), int(1000 + 5 * x + 300 * (x >= 0) + e)) for x, e in
              zip(generator.integers(-40, 40, 200), generator.integers(-90, 90, 200), strict=True)]  # fmt: skip
    found = jump("A", "B", cells(points), 40)
    (low, low_variance), (high, high_variance) = (
        by_least_squares([point for point in points if (point[0] >= 0) == side], 40) for side in (False, True)
    )
    assert found.jump is not None
    assert float(found.jump) == pytest.approx(high - low, rel=1e-9)
    assert found.error == pytest.approx((low_variance + high_variance) ** 0.5, rel=1e-9)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs((high - low) / found.error)), rel=1e-9)
    ends = found.interval
    assert ends is not None
    assert ends[0] < 300 < ends[1]
    assert (found.p or 1) < 0.001


def test_too_few_customers_or_totals_give_no_jump() -> None:
    assert jump("A", "B", cells([(x, 1) for x in range(-30, 10)]), 40) == Jump("A", "B", 30, 10)
    assert jump("A", "B", [(-1, 50, 50, 50), (0, 50, 50, 50)], 40).jump is None


def test_only_cuts_where_the_service_differs_are_looked_at() -> None:
    plan = compile_plan(parse(POLICY))
    panel = panel_of([("A", "A", 1, 1)])
    hours = Service.model_validate({"tiers": {"A": {"hours": 4}, "B": {"hours": 1}, "C": {"hours": 1}}})
    assert [(one.better, one.worse) for one in discontinuities(panel, "champion", plan, hours)] == [("A", "B")]


def test_bunching_counts_both_sides_of_each_cut() -> None:
    plan = compile_plan(parse(POLICY))
    panel = panel_of([("A", "A", 1, 1)] * 14)
    # Of the 14, one is just too low, one at the edge below, two too far away, and the others at most a point above.
    for number in range(1, 15):
        total = plan.bands[0] + {1: -1, 2: -2, 3: 2, 4: -3}.get(number, number % 2)
        panel.connection.execute("update placed set worst = ?, best = ? where customer_id = ?", [total, total, number])
    found = bunching(panel, "champion", plan)[0]
    assert found == Bunch("A", 2, 10)
    assert found.p == pytest.approx(stats.binomtest(10, 12, alternative="greater").pvalue, rel=1e-12)
    assert Bunch("A", 3, 6).p is None


def test_mcnemar_is_the_exact_test_of_in_against_out() -> None:
    found = swap(panel_of([("S", "C", 1, 1)] * 9 + [("C", "S", 1, 1)] * 2 + [("S", "S", 1, 1)] * 5), "A")
    assert found.mcnemar == pytest.approx(stats.binomtest(2, 11).pvalue, rel=1e-12)
    assert swap(panel_of([("S", "S", 1, 1)]), "A").mcnemar == 1


def rows(number: int) -> list[Customer]:
    tiers = ("S", "A", "B", "C", "pending")
    return [(tiers[i % 5], tiers[(i + i % 3) % 5], i, (i * 7919) % 101 * (i % 4 > 0)) for i in range(number)]


def test_intervals_hold_the_value_and_repeat_to_the_last_digit() -> None:
    panels = {"2025-12-31": panel_of(rows(120)), "2026-03-31": panel_of(rows(80))}
    first, second = (estimates(panels, "A") for _ in range(2))
    assert first == second
    assert set(first) == {*panels, TOGETHER}
    for of_date in first.values():
        for of_measure in of_date.values():
            assert set(of_measure) == {"candidate", "champion", "difference"}
            for one in of_measure.values():
                assert one.low is not None
                assert one.high is not None
                assert one.low <= one.value <= one.high
            sides = of_measure["candidate"].value - of_measure["champion"].value
            assert of_measure["difference"].value == pytest.approx(sides, abs=1e-12)


def test_the_values_are_those_of_the_exact_figures() -> None:
    panels = {"2025-12-31": panel_of(rows(120)), "2026-03-31": panel_of(rows(80))}
    sides: tuple[Side, ...] = ("candidate", "champion")
    found = estimates(panels, "A")
    orders = {(day, side): order(panel, side) for day, panel in panels.items() for side in sides}
    for side in sides:
        for day, exact in (
            *((day, discrimination(orders[day, side])) for day in panels),
            (TOGETHER, discrimination(added(orders[day, side] for day in panels))),
        ):
            assert found[day]["auc"][side].value == pytest.approx(float(exact.auc or 0), abs=1e-12)
            assert found[day]["capture_20"][side].value == pytest.approx(float(exact.capture[20] or 0), abs=1e-12)
        leading = foresight(panels["2026-03-31"], side)[:2]
        mean = sum(row.amount for row in leading) / sum(row.customers for row in leading)
        assert found["2026-03-31"]["mean"][side].value == mean


def test_the_interval_of_a_mean_is_about_that_of_the_normal_distribution() -> None:
    amounts = [(i * 7919) % 1009 for i in range(400)]
    panel = panel_of([("S", "S", 1, amount) for amount in amounts])
    found = estimates({"2026-03-31": panel}, "S")["2026-03-31"]["mean"]["candidate"]
    error = float(np.std(amounts, ddof=1)) / 20
    assert found.value == sum(amounts) / 400
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.5 * error)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.5 * error)


def test_equal_orders_differ_by_nothing_in_every_draw() -> None:
    same: list[Any] = [(row[0], row[0], *row[2:]) for row in rows(60)]
    found = estimates({"2026-03-31": panel_of(same)}, "A")[TOGETHER]
    for measure in found.values():
        assert (measure["difference"].value, measure["difference"].low, measure["difference"].high) == (0, 0, 0)


def test_the_ends_are_those_of_95_percent() -> None:
    assert EDGE / (REPLICATES + 1) == 0.025
