"""The plain scorecard by recency, frequency and amount: a policy document with the quintiles of a snapshot's own customers.

Each of the three gives 1 to 5 points by the fifth of the customers in which one is (Hughes, Strategic Database Marketing,
1994); the points are added.  It is compiled and graded like any other policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from policies.exact import decimal_text, exact
from policies.sql_states import known_value
from policies.vocabulary import SCALE

# word, type, id of the dimension, title in Chinese and English
PARTS: tuple[tuple[str, Any, str, str, str], ...] = (
    ("days_since_order", "days", "R", "近度", "Recency"),
    ("orders_total", "count", "F", "频度", "Frequency"),
    ("amount_total", "money", "M", "额度", "Amount"),
)
Bounds = Mapping[str, Sequence[int]]


def quintiles(snapshot: Path, connection: duckdb.DuckDBPyConnection) -> Bounds:
    """Return for each fact the four least stored values that a fifth, two, three, four fifths of the buyers do not exceed."""
    found: dict[str, list[int]] = {}
    for word, *_ in PARTS:
        value = known_value(word)
        rows = connection.execute(
            f"select {value} as value, count(*) from read_parquet(?) "  # noqa: S608 - our own expression
            "where orders_total > 0 and value is not null group by 1 order by 1",
            [str(snapshot)],
        ).fetchall()
        everyone, passed = sum(number for _, number in rows), 0
        found[word] = []
        for value, number in rows:
            passed += number
            while len(found[word]) < 4 and 5 * passed >= (len(found[word]) + 1) * everyone:
                found[word].append(value)
    return found


def scorecard(bounds: Bounds) -> str:
    """Return the document with these quintiles, as JSON; who never ordered has 0 points."""
    dimensions = []
    for word, kind, name, zh, en in PARTS:
        points, cuts = _ladder(bounds[word], few_are_best=word == "days_since_order")
        scaled = [decimal_text(exact(str(cut)) / SCALE[kind]) for cut in cuts]
        ladder = {"cuts": scaled, "points": points, "zero": "earns"}
        if kind == "money":
            ladder["below"] = 0
        never = {"not_applicable": {"points": 0}} if word == "days_since_order" else {}
        indicator = {"id": f"{name}1", "input": word, "out_of": 5, "ladder": ladder, **never}
        dimensions.append({"id": name, "title": {"zh": zh, "en": en}, "indicators": [indicator]})
    document = {
        "kind": "scorecard",
        "id": "rfm-quintiles",
        "title": {"zh": "近度频度额度五分位评分", "en": "Recency, frequency and amount by quintiles"},
        "inputs": {word: {"type": kind, **({"unit": "元"} if kind == "money" else {})} for word, kind, *_ in PARTS},
        "weights": "points",
        "missing": "pending",
        "dimensions": dimensions,
        "tiers": {
            "order": ["A", "B", "C", "D"],
            "bands": {"closed": "left", "cuts": {"A": 12, "B": 9, "C": 6, "D": 0}},
        },
    }
    return json.dumps(document, ensure_ascii=False)


def _ladder(bounds: Sequence[int], few_are_best: bool) -> tuple[list[int], list[int]]:
    """Return points and cuts in stored units: one point for each bound that a value exceeds, and one for having any."""
    rungs: dict[int, int] = {0: 5} if few_are_best else {0: 0, 1: 1}
    for passed, bound in enumerate(bounds, 1):
        rungs[bound + 1] = 5 - passed if few_are_best else 1 + passed
    return list(rungs.values()), list(rungs)
