"""G2 on the same rows by Fenji and by zen-engine (GoRules): customers a second, on one core each.

    python3 bootstrap.py benchmark
    .venv/bin/python tests/benchmarks/zen_engine.py [rows]

For zen the scorecard is a graph as its documentation draws one: a decision table for each indicator, an expression for the
total, a table for the bands and the gate.  It gets rows that are dictionaries already and answers one with the points and the
tier for each.  Fenji reads Parquet with one thread and keeps status, tier, total, candidates and packed contributions.  zen has no
meaning for a missing value, so it gets the rows without one, whose tier and total must be equal.  Alternating, best of three,
in processor seconds, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import zen

sys.path.insert(0, str(Path(__file__).resolve().parent))
from grading import PLAN, ROWS, make_facts

from policies.plan import Scored
from policies.sql import select_statement

ZEN_ROWS = 5000


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that ``work`` takes, all threads together."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def points_table(part: Scored) -> dict[str, Any]:
    """Return the content of a decision table: the first cut that a value reaches gives the points, in 1/30 of one."""
    axis = PLAN.axes[part.axis]
    cuts = [*(f">= {cut}" for cut in reversed(axis.cuts)), ""]
    rules = [
        {"_id": f"r{i}", "in": cut, "out": str(points)}
        for i, (cut, points) in enumerate(zip(cuts, reversed(part.contributions[1:]), strict=True))
    ]
    return {
        "hitPolicy": "first",
        "inputs": [{"id": "in", "name": axis.word.name, "field": axis.word.name}],
        "outputs": [{"id": "out", "name": part.id, "field": part.id}],
        "rules": rules,
    }


def graph() -> dict[str, Any]:
    """Return G2 as a JSON Decision Model."""
    total = " + ".join(part.id for part in PLAN.indicators)
    sums = [
        {"id": "total", "key": "total", "value": total},
        {"id": "dormant", "key": "dormant", "value": "dormant"},
        *({"id": part.id, "key": part.id, "value": part.id} for part in PLAN.indicators),
    ]
    bands = [{"_id": "g", "in": "", "gate": "true", "out": '"D"'}]
    bands += [
        {"_id": f"b{i}", "in": f">= {least}", "gate": "", "out": f'"{tier}"'}
        for i, (tier, least) in enumerate(zip(PLAN.tiers, PLAN.bands, strict=True))
    ]
    tiers = {
        "hitPolicy": "first", "passThrough": True, "outputs": [{"id": "out", "name": "tier", "field": "tier"}], "rules": bands,
        "inputs": [{"id": "in", "name": "total", "field": "total"}, {"id": "gate", "name": "dormant", "field": "dormant"}],
    }  # fmt: skip
    gate = {
        "hitPolicy": "first", "outputs": [{"id": "out", "name": "dormant", "field": "dormant"}],
        "inputs": [{"id": name, "name": name, "field": name} for name in ("orders_12m", "months_since_contact")],
        "rules": [{"_id": "g", "orders_12m": "0", "months_since_contact": ">= 12", "out": "true"},
                  {"_id": "e", "orders_12m": "", "months_since_contact": "", "out": "false"}],
    }  # fmt: skip
    tables = {**{part.id: points_table(part) for part in PLAN.indicators}, "dormant": gate}
    nodes = [
        {"id": "request", "type": "inputNode", "name": "Request"},
        *({"id": f"t{name}", "type": "decisionTableNode", "name": name, "content": content}
          for name, content in tables.items()),
        {"id": "sum", "type": "expressionNode", "name": "Sum", "content": {"expressions": sums}},
        {"id": "bands", "type": "decisionTableNode", "name": "Bands", "content": tiers},
        {"id": "answer", "type": "outputNode", "name": "Answer"},
    ]  # fmt: skip
    edges = [("request", "sum"), ("sum", "bands"), ("bands", "answer")]
    edges += [pair for name in tables for pair in (("request", f"t{name}"), (f"t{name}", "sum"))]
    linked = [{"id": f"e{i}", "type": "edge", "sourceId": a, "targetId": b} for i, (a, b) in enumerate(edges)]
    return {"nodes": nodes, "edges": linked}


def main() -> None:
    """Time both and compare what they say."""
    decision = zen.ZenEngine().create_decision(graph())
    best = {"ours": 1e9, "zen": 1e9}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "facts.parquet"
        make_facts(path)
        connection.execute("set threads = 1; set enable_progress_bar = false")
        connection.execute(f"create view facts as select * from read_parquet('{path}')")
        known = " and ".join(f"{name} is not null" for name in PLAN.inputs)
        taken = connection.execute(f"select * from facts where {known} order by customer_id limit {ZEN_ROWS}")
        names = [column[0] for column in taken.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in taken.fetchall()]
        answers: list[Any] = []
        statement = f"create or replace temp table graded as {select_statement(PLAN, 'duckdb')}"
        for _ in range(3):
            best["ours"] = min(best["ours"], seconds(lambda: connection.execute(statement)))
            answers.clear()
            best["zen"] = min(best["zen"], seconds(lambda: answers.extend(map(decision.evaluate, rows))))
        ours = dict(connection.execute("select customer_id, (tier, total) from graded").fetchall())
    for row, answer in zip(rows, answers, strict=True):
        found = answer["result"]
        assert (found["tier"], found["total"]) == ours[row["customer_id"]], (row, found, ours[row["customer_id"]])
    rates = {"ours": ROWS / best["ours"], "zen": len(rows) / best["zen"]}
    print(f"Fenji {rates['ours']:,.0f} customers a second ({ROWS:,} rows); zen-engine {rates['zen']:,.0f} ({len(rows):,} rows, all equal); "
          f"{rates['ours'] / rates['zen']:,.0f} times (wanted: at least 300)")  # fmt: skip


if __name__ == "__main__":
    main()
