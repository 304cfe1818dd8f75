"""Inspection of a small replay: what is missing and who is near a bound, customer by customer; equal policies; a planted leak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from study_inputs import CANDIDATE, DATES, POLICY, facts, write_inputs

from policies.backtest.parameters import checked
from policies.backtest.replay import Replay
from policies.compiler import compile_plan
from policies.loading import parse
from policies.oracle import grade

PARAMETERS: dict[str, Any] = {"dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"}
REVIEW = "review: {borderline: {points: 8}}\n"
# Without the satisfaction a customer of a middling amount is a B or an A.
WIDE = POLICY.replace("{A: 75", "{A: 55")


def replay(folder: Path, **inputs: Any) -> Replay:
    return Replay(write_inputs(folder, **inputs), checked(PARAMETERS))


def test_what_is_missing_is_what_the_oracle_finds_customer_by_customer(tmp_path: Path) -> None:
    found = replay(tmp_path / "inputs", candidate=WIDE + REVIEW).inspections[DATES[1]]["candidate"]
    plan = compile_plan(parse(WIDE))
    results = {number: (facts(number, DATES[1]), grade(plan, facts(number, DATES[1]))) for number in range(1, 41)}
    inside = [(known, result) for known, result in results.values() if result.status in ("graded", "pending")]
    lacking = [result for known, result in inside if known["satisfaction"] is None]
    assert found.missing.pending == sum(result.status == "pending" for result in lacking)
    assert found.missing.determinate == sum(result.status == "graded" for result in lacking)
    assert found.missing.complete == len(inside) - len(lacking)
    assert found.missing.pending > 0
    assert found.missing.determinate > 0
    rows = {row.input: row for row in found.missing.inputs}
    assert (rows["satisfaction"].missing, rows["satisfaction"].known) == (len(lacking), len(inside) - len(lacking))
    assert rows["amount_12m"].share == 1
    assert found.missing.answers is not None
    assert [(one.input, one.lacking) for one in found.missing.answers.ranked] == [
        ("satisfaction", found.missing.pending)
    ]
    near = sum(
        any(abs(end * 100 - bound * plan.scale) <= 8 * plan.scale for bound in (55, 40) for end in (result.worst, result.best))
        for _, result in inside
    )  # fmt: skip
    assert found.borderline is not None
    assert (found.borderline.near, found.borderline.customers) == (near, len(inside))
    assert 0 < near < len(inside)


def test_customers_whose_missing_weight_is_shared_out_are_counted(tmp_path: Path) -> None:
    sharing = POLICY.replace("missing: pending", "missing: {reweight: {minimum_coverage: 60%}}")
    (found,) = replay(tmp_path / "inputs", candidate=sharing).inspections[DATES[0]]["candidate"].missing.shared_out
    lacking = [n for n in range(1, 41) if facts(n, DATES[0])["satisfaction"] is None and n % 10]
    assert (found.dimension, found.shared, found.short) == ("V", len(lacking), 0)


def test_a_candidate_equal_to_the_champion_differs_in_nothing(tmp_path: Path) -> None:
    found = json.loads(replay(tmp_path / "inputs", candidate=CANDIDATE, champion=CANDIDATE).metrics())
    for date in found["dates"].values():
        counts = date["migration"]["customers"]
        assert all(count == 0 for i, row in enumerate(counts) for j, count in enumerate(row) if i != j)
        assert (date["migration"]["kappa_quadratic"], date["migration"]["tau_b"]) == (1, 1)
        assert date["migration"]["psi"]["index"] == 0
        assert (date["swap"]["in"]["customers"], date["swap"]["out"]["customers"], date["swap"]["mcnemar"]) == (0, 0, 1)
        assert date["candidate"] == date["champion"]
    for measure in found["estimates"]["together"].values():
        assert measure["difference"] == [0, 0, 0]


def test_the_metrics_of_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    service = {"tiers": {"A": {"hours": 4, "cost": "0.1"}, "B": {}, "C": {}}}
    parameters = checked({**PARAMETERS, "service": service, "limits": [{"figure": "csi", "at_most": "0.1"}]})
    first, second = (Replay(write_inputs(tmp_path / name), parameters).metrics() for name in ("one", "two"))
    assert first == second
    assert str(tmp_path).encode() not in first


@pytest.mark.parametrize("sign", [1, -1])
def test_a_leak_planted_in_the_facts_is_named(tmp_path: Path, sign: int) -> None:
    clean = replay(tmp_path / "clean")
    assert clean.suspects == dict.fromkeys(DATES, ())
    folder = write_inputs(tmp_path / "leaking")
    # The satisfaction of the first date is read from the orders that came after it.
    path, later = folder / "snapshots" / f"{DATES[0]}.parquet", folder / "outcomes" / f"{DATES[0]}.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "create table leaked as select s.* replace (300 + ? * coalesce(next_amount, 0) // 1000000 as satisfaction) "
            "from read_parquet(?) s left join read_parquet(?) using (customer_id)",
            [sign, str(path), str(later)],
        )
        connection.execute(f"copy leaked to '{path}' (format parquet)")
    found = Replay(folder, checked({**PARAMETERS, "limits": [{"figure": "suspects", "at_most": 0}]}))
    assert [one.word for one in found.suspects[DATES[0]]] == ["satisfaction"]
    assert found.suspects[DATES[1]] == ()
    assert found.plain["go"] is False
