"""A small folder of inputs for backtests: two policies, two dates, forty customers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from policies.vocabulary import WORDS

DATES = ("2025-09-30", "2026-03-31")
POLICY = """\
kind: scorecard
id: small
title: {zh: 小型评分, en: Small scorecard}
population: {applies_to: {status: [active, lost]}}
inputs: {amount_12m: {type: money, unit: 万元}, satisfaction: {type: score}}
weights: absolute
missing: pending
dimensions:
  - id: V
    title: {zh: 价值, en: Value}
    weight: 100%
    indicators:
      - {id: V1, input: amount_12m, weight: 80%, out_of: 10, ladder: {cuts: [0, 10, 50], points: [2, 5, 10], below: 0}}
      - {id: V2, input: satisfaction, weight: 20%, out_of: 10, ladder: {cuts: [1, 4], points: [2, 10]}}
tiers:
  order: [A, B, C]
  bands: {closed: left, cuts: {A: 75, B: 40, C: 0}}
"""
CANDIDATE = POLICY.replace("cuts: [0, 10, 50], points", "cuts: [0, 5, 30], points")


def facts(customer: int, date: str) -> dict[str, Any]:
    """The facts of a customer: the larger the number, the larger the amount; every seventh has no survey."""
    known: dict[str, Any] = dict.fromkeys(word.name for word in WORDS)
    known |= {
        "status": "potential" if customer % 10 == 0 else "active",
        "amount_12m": customer * 2_500_000 + len(date),
        "profit_12m": None if customer % 9 == 0 else customer * 500_000,
        "orders_12m": customer % 4,
        "satisfaction": None if customer % 7 == 0 else 200 + 5 * customer,
    }
    return known


def write_inputs(folder: Path, candidate: str = CANDIDATE, champion: str | None = POLICY, customers: int = 40) -> Path:
    """Write the folder that Replay reads; next amounts grow with the amount."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "outcomes").mkdir()
    numbers = range(1, customers + 1)
    for date in DATES:
        rows = [{"customer_id": number, **facts(number, date)} for number in numbers]
        types = [(word.name, pa.string() if word.type == "category" else pa.int64()) for word in WORDS]
        table = pa.Table.from_pylist(rows, schema=pa.schema([("customer_id", pa.int64()), *types]))
        pq.write_table(table, folder / "snapshots" / f"{date}.parquet")
        later = [
            {"customer_id": number, "next_amount": number * 1_000_000, "next_orders": 1, "next_unknown": 0,
             "next_profit": number * 200_000, "next_unprofit": 0, "next_earning": number * 1_000_000}
            for number in numbers if number % 3
        ]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(later), folder / "outcomes" / f"{date}.parquet")
    (folder / "candidate.yaml").write_text(candidate, encoding="utf-8")
    if champion is not None:
        (folder / "champion.yaml").write_text(champion, encoding="utf-8")
    described = {
        "horizon_months": 6,
        "snapshots": dict.fromkeys(DATES, "sha256:00"),
        "candidate": "draft",
        "champion": "1",
    }
    (folder / "inputs.json").write_text(json.dumps(described), encoding="utf-8")
    return folder
