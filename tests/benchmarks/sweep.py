"""A sweep of 200 variants over 24 months of 1,000,000 customers: processor time, scoring included, against 200 gradings a month.

    .venv/bin/python tests/benchmarks/sweep.py [rows] [months]

The variants are 20 weights of one indicator (the others of its dimension scaled) with 10 weights of a dimension (the other
dimensions scaled) of G2.  The peer is a grading by our statement in DuckDB, straight from Parquet, with customers and money by tier:
three variants are graded in every fourth month and must give the same figures; 200 x months of their mean is what the sweep is
held to.  One thread on both sides.  The facts of each month are made before it and removed after it, outside the time.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parent))
import duckdb
import grading
from grading import PLAN, make_facts
from sqlglot import exp

from policies.plan import Plan
from policies.sql import select_statement
from policies.sweep.grid import read_grid, steps, variants
from policies.sweep.history import sweep

ROWS = grading.ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
MONTHS = int(sys.argv[2]) if len(sys.argv) > 2 else 24
GRID = [
    {"path": "HC.A2.weight", "values": steps("6%", "25%", "1%")},
    {"path": "AL.weight", "values": steps("16%", "34%", "2%")},
]


def facts_of(month: int, path: Path, first: Path) -> None:
    """Write the facts of a month: the first's rows, half of the words taken from other customers, others each month."""
    if month == 0:
        path.symlink_to(first)
        return
    connection = duckdb.connect()
    names = [row[0] for row in connection.execute(f"describe select * from read_parquet('{first}')").fetchall()]
    halves = names[1::2], names[2::2]
    shift = month * (ROWS // (MONTHS + 1))
    rotated = f"select * from (from read_parquet('{first}') offset {shift}) union all (select * from read_parquet('{first}') limit {shift})"
    left, right = (", ".join(f"{side}.{name}" for name in half) for side, half in zip("ab", halves, strict=True))
    connection.execute(
        f"copy (select a.customer_id, {left}, {right} from read_parquet('{first}') a positional join ({rotated}) b) "
        f"to '{path}' (format parquet)"
    )


def graded(plan: Plan, path: Path) -> tuple[float, dict[str, tuple[int, int]]]:
    """Return the processor seconds of one grading, and customers and money by place."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        file = exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(path))])
        statement = select_statement(plan, "duckdb", file)
        begin = time.process_time()
        rows = connection.execute(
            f"select coalesce(g.tier, g.status), count(*), sum(f.amount_12m) from ({statement}) g "
            f"positional join (select customer_id, amount_12m from read_parquet('{path}')) f where g.customer_id = f.customer_id group by 1"
        ).fetchall()
        return time.process_time() - begin, {place: (number, int(money or 0)) for place, number, money in rows}


def main() -> None:
    """Sweep month by month, and grade some variants whole."""
    begin = time.process_time()
    found = variants(PLAN.document, read_grid(GRID))
    plans = [one.plan for one in found]
    ours, wall, whole, held = time.process_time() - begin, 0.0, list[float](), 0
    print(f"{len(plans)} variants compiled in {ours:.2f} s; a total of 100 is at most {max(p.scale for p in plans):,}")
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "facts.parquet"
        make_facts(first)
        for month in range(MONTHS):
            path = Path(folder) / f"{month}.parquet"
            facts_of(month, path, first)
            used, begin = time.process_time(), time.perf_counter()
            history = sweep([(str(month), path, None)], plans)
            ours += time.process_time() - used
            wall += time.perf_counter() - begin
            for place in (0, 77, 199) if month % 4 == 0 else ():
                taken, figures = graded(plans[place], path)
                tallies = {one.place: (one.customers, one.amount) for one in history.tallies(place) if one.customers}
                assert figures == tallies, (month, place)
                whole.append(taken)
                held += 1
            path.unlink()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    naive = sum(whole) / len(whole) * len(plans) * MONTHS
    print(
        f"sweep: {ours:.1f} processor s ({wall:.0f} s) for {len(plans)} variants x {MONTHS} months x {ROWS:,} customers, {memory:.1f} GB"
    )
    print(
        f"one grading: {sum(whole) / len(whole):.3f} processor s, {held} of them with the same figures; as many gradings: {naive:,.0f} s"
    )
    print(f"ratio {naive / ours:.1f} (wanted: at least 25, under 8 GB)")


if __name__ == "__main__":
    main()
