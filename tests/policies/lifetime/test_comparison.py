"""Rankings side by side: on CDNOW as the documentation prints them, and the plain scorecard as a policy."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from random import Random

import cdnow
import duckdb
import pytest

from policies import check, compile_plan, grade, load, parse
from policies.backtest.grade import grade_parquet
from policies.backtest.panel import Panel, Places
from policies.document import Policy
from policies.lifetime.comparison import Comparison, compare
from policies.lifetime.gains import PERCENTS
from policies.lifetime.scorecard import quintiles, scorecard
from policies.refusal import Refusal
from policies.states import NOT_APPLICABLE

README = Path(__file__).parents[3] / "notebooks/README.md"
# How the page names what a comparison calls: the candidate is rfm-retail here.
ROWS = {
    "spend": "past spend 历史金额",
    "candidate": "scorecard `rfm-retail` 评分卡",
    "scorecard": "scorecard by quintiles 五分位评分卡",
    "lifetime": "lifetime value 生命周期价值",
    "perfect": "perfect hindsight 事后最优",
}


def compared(folder: Path, orders: list[cdnow.Order], policy: Policy, day: date, until: date) -> Comparison:
    snapshot, outcomes, histories = cdnow.write_inputs(folder, orders, day, until)
    panel, plan = Panel(), compile_plan(policy)
    panel.load(snapshot, outcomes)
    panel.place("candidate", Places(plan.tiers), grade_parquet(plan, snapshot, panel.connection))
    return compare(panel, snapshot, histories, (until - day).days)


def test_the_table_of_the_documentation_is_what_comes_out(shared: Path, tmp_path: Path) -> None:
    found = compared(tmp_path, cdnow.orders(shared), load("rfm-retail"), cdnow.CALIBRATED, cdnow.LAST)
    printed = re.findall(r"^\| .* \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    for name, title in ROWS.items():
        gains, gini = found.gains[name], found.gini(name)
        assert gains.customers == 2357
        assert gini is not None
        captured = " | ".join(f"{float((gains.capture(percent) or 0) * 100):.1f} %" for percent in PERCENTS)
        assert f"| {title} | {len(gains.groups):,} | {float(gini):.3f} | {captured} |" in printed


def synthetic(customers: int, seed: int = 3) -> list[cdnow.Order]:
    draw, start = Random(seed), date(2025, 1, 1)
    orders = []
    for customer in range(customers):
        every, day = draw.choice([20, 60, 200]), start + timedelta(days=draw.randint(0, 90))
        while day < date(2026, 6, 30):
            orders.append((customer, day, draw.randint(100, 90_000)))
            day += timedelta(days=draw.randint(1, 2 * every))
    return orders


def test_what_comes_after_the_day_changes_no_ranking(tmp_path: Path) -> None:
    orders, day = synthetic(120), date(2025, 12, 31)
    other = [(customer, on, amount if on <= day else 7) for customer, on, amount in orders]
    (tmp_path / "other").mkdir()
    first = compared(tmp_path, orders, load("rfm-retail"), day, date(2026, 6, 30))
    second = compared(tmp_path / "other", other, load("rfm-retail"), day, date(2026, 6, 30))
    assert first.model == second.model
    for name in ("candidate", "spend", "scorecard", "lifetime"):
        assert [size for size, _ in first.gains[name].groups] == [size for size, _ in second.gains[name].groups]
        assert first.gains[name].amount == first.gains["perfect"].amount


def test_with_too_few_customers_the_other_rankings_still_stand(tmp_path: Path) -> None:
    found = compared(tmp_path, synthetic(20), load("rfm-retail"), date(2025, 12, 31), date(2026, 6, 30))
    assert isinstance(found.model, Refusal)
    assert list(found.gains) == ["candidate", "spend", "scorecard", "perfect"]


def test_the_plain_scorecard_is_a_policy_without_faults(tmp_path: Path) -> None:
    snapshot, _, _ = cdnow.write_inputs(tmp_path, synthetic(50), date(2025, 12, 31), date(2026, 6, 30))
    bounds = quintiles(snapshot, duckdb.connect())
    document = parse(scorecard(bounds))
    assert check(document) == []
    plan = compile_plan(document)
    best = {"days_since_order": 0, "orders_total": 10_000, "amount_total": 10**9}
    assert (grade(plan, best).total, grade(plan, best).tier) == (15 * plan.scale // 100, "A")
    never = {"days_since_order": NOT_APPLICABLE, "orders_total": 0, "amount_total": 0}
    assert (grade(plan, never).total, grade(plan, never).tier) == (0, "D")


@pytest.mark.parametrize(("value", "points"), [(1, 1), (10, 1), (11, 3), (21, 4), (40, 4), (41, 5)])
def test_points_are_by_how_many_quintiles_a_value_exceeds(value: int, points: int) -> None:
    bounds = {"days_since_order": [1, 2, 3, 4], "orders_total": [10, 10, 20, 40], "amount_total": [1, 2, 3, 4]}
    plan = compile_plan(parse(scorecard(bounds)))
    facts = {"days_since_order": 99, "orders_total": value, "amount_total": 99}
    assert grade(plan, facts).total == (1 + points + 5) * plan.scale // 100
