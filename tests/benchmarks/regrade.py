"""Re-grading 100,000 customers after a change, as the workbench does: compile, grade, distribution and movers, against a whole grading.

    .venv/bin/python tests/benchmarks/regrade.py [rows]

G2 with A2's weight moved and the others scaled, and with a new cut.  The peer is the grading of both versions in DuckDB with their
movers (policies.impact); both sides must give the same moves.  Best of five, one thread.  Then 10,000 sets of bands over a histogram.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parent))
from itertools import product

import grading
from grading import PLAN, make_facts

from policies import compile_plan
from policies.impact import Impact, impact
from policies.sweep import Levels, changed
from policies.sweep.histogram import Histogram

ROWS = grading.ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
DOCUMENT = PLAN.document
CHANGES = {
    "weight": ("HC.A2.weight", ["18%", "16%", "17%", "14%", "13%"], "dimension"),
    "new cut": ("HC.A2.cuts.2", ["51", "52", "53", "54", "55"], "none"),
}


def best(works: list[Callable[[], Impact]]) -> tuple[float, Impact]:
    """Return the least seconds of several works, and what the last gave."""
    least = 1e9
    for work in works:
        begin = time.perf_counter()
        found = work()
        least = min(least, time.perf_counter() - begin)
    return least, found


def main() -> None:
    """Measure each change and compare the moves."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.parquet"
        make_facts(path)
        begin = time.perf_counter()
        levels = Levels.read(path, PLAN)
        before = levels.grade(PLAN)
        print(f"scored once: {1000 * (time.perf_counter() - begin):.0f} ms for {ROWS:,} customers")
        for name, (figure, values, scale) in CHANGES.items():

            def again(value: str, figure: str = figure, scale: str = scale) -> Impact:
                after = levels.grade(compile_plan(changed(DOCUMENT, figure, value, scale=scale)))  # type: ignore[arg-type]
                assert sum(tally.customers for tally in after.tallies) == ROWS
                return after.impact(before)

            ours, moves = best([lambda value=value: again(value) for value in values])  # type: ignore[misc]
            plan = compile_plan(changed(DOCUMENT, figure, values[-1], scale=scale))  # type: ignore[arg-type]
            whole, expected = best([lambda plan=plan: impact(PLAN, plan, path)] * 2)  # type: ignore[misc]
            assert moves == expected
            print(f"{name:8} {1000 * ours:6.1f} ms; both versions graded whole: {1000 * whole:6.0f} ms; "
                  f"ratio {whole / ours:.1f} (wanted: under 100 ms at 100,000)")  # fmt: skip
        histogram = Histogram(levels, PLAN)
        cuts = [
            dict(zip("SABC", one, strict=True))
            for one in product(range(85, 95), range(70, 80), range(55, 65), range(35, 45))
        ]
        begins = histogram.begins(cuts)
        least = 1e9
        for _ in range(5):
            begin = time.perf_counter()
            histogram.sweep(begins)
            least = min(least, time.perf_counter() - begin)
        print(f"bands    {1000 * least:6.1f} ms for {len(cuts):,} sets over a histogram of totals")


if __name__ == "__main__":
    main()
