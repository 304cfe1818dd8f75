"""A draft's weight changed in the workbench and its effect on 100,000 customers, against grading both versions whole.

    .venv/bin/python tests/benchmarks/draft.py [rows]

From ``draft.balance("HC.A2", …)`` to the effect's figures: the document, its check, the plan, the grades and the movers.
The peer is policies.impact in DuckDB; both give the same moves.  The median of nine changes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))
import grading

ROWS = grading.ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000

from api import workbench  # noqa: E402  # after the path of the benchmarks
from policies import compile_plan  # noqa: E402
from policies.impact import impact  # noqa: E402


def main() -> None:
    """Measure, and compare the moves of the last change."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.parquet"
        grading.make_facts(path)
        begin = time.perf_counter()
        p = workbench.draft(workbench.policy("sabcd-weighted"), on=workbench.snapshot(path))
        p._steps.shown = lambda done, findings: None  # findings are made, not printed
        p.effect()
        print(f"opened, scored and graded: {1000 * (time.perf_counter() - begin):.0f} ms for {ROWS:,} customers")
        edits, effects = [], []
        for share in ("16%", "17%", "18%", "19%", "20%", "14%", "13%", "12%", "11%"):
            begin = time.perf_counter()
            p.balance("HC.A2", share)
            edits.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            effect = p.effect()
            effect.distribution()
            effects.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        expected = impact(compile_plan(p.original), p.plan, path)
        peer = time.perf_counter() - begin
        assert effect.impact == expected
        print(f"changed and checked {1000 * median(edits):.0f} ms, re-graded with movers {1000 * median(effects):.0f} ms, "
              f"together {1000 * (median(edits) + median(effects)):.0f} ms (wanted: under 100 ms at 100,000); "
              f"both versions graded whole {1000 * peer:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
