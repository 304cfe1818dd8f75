"""`fenji policy grade` with G2 from Parquet to Parquet: time against the same by hand, and the most memory it took.

    .venv/bin/python tests/benchmarks/offline.py [rows] [rounds]

Each side runs in a process of its own, alternating, best of three, in seconds and in processor seconds (which other work on
the machine hardly lengthens).  "By hand" is g2_by_hand.sql copied from file to file: with the eighteen columns that the
command writes, in an analyst's CASEs, and as it is, eight columns of integers, beside our statement alone.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent))
from grading import PLAN, ROWS, make_facts

from policies.offline import grade_file
from policies.sql import select_statement

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3

BY_HAND = (Path(__file__).parent / "g2_by_hand.sql").read_text()
# By code from the lowest rung up; the last of A3, B2, B3 and C1 is not applicable.
_LADDERS = {
    "A1": (0, 3, 7.5, 12, 15), "A2": (0, 3, 7.5, 12, 15), "A3": (0, 2, 5, 8, 10, 0), "B1": (0, 0, "10/3", "20/3", 10),
    "B2": (1, 1, 2.5, 4, 5, 1), "B3": (1, 2.5, 4, 5, 1), "B4": (1, 1, 2.5, 4, 5), "C1": (2, 5, 7, 8, 10, 2),
}  # fmt: skip
_PANELS = {"C2": 10, "C3": 5, "D1": 4, "D2": 3, "D3": 3}


def shown_by_hand() -> str:
    """Return the statement by hand with total, candidates and contributions as exact text."""
    codes = [*_LADDERS, *_PANELS]
    listed = ", ".join(name.lower() for name in codes)
    inner = BY_HAND.replace("select customer_id,\n", f"select {listed}, customer_id,\n", 1)
    inner = inner.replace(
        "select customer_id, status, status not in", f"select {listed}, customer_id, status, status not in", 1
    )
    texts: dict[str, list[object]] = {name: list(points) for name, points in _LADDERS.items()}
    texts |= {name: [f"{weight * rating / 10:g}" for rating in range(11)] for name, weight in _PANELS.items()}
    contributions = ", ".join(
        f"case when candidates > 0 then case {name.lower()} "
        + " ".join(f"when {code} then '{text}'" for code, text in enumerate(points, 1))
        + f' end end as "{name}"'
        for name, points in texts.items()
    )
    return f"""
        select customer_id as customer, status, tier,
               case when total % 30 = 0 then cast(total // 30 as varchar)
                    when total % 3 = 0 then (total // 30) || '.' || (total // 3 % 10)
                    else (total // gcd(total, 30)) || '/' || (30 // gcd(total, 30)) end as total,
               case when candidates > 0 then concat_ws('|', case when candidates & 1 > 0 then 'S' end,
                    case when candidates & 2 > 0 then 'A' end, case when candidates & 4 > 0 then 'B' end,
                    case when candidates & 8 > 0 then 'C' end, case when candidates & 16 > 0 then 'D' end) end as candidates,
               {contributions}
        from ({inner})"""


def copied(statement: str, facts: Path, output: Path) -> None:
    """Copy a statement over the facts to Parquet."""
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '600MB'; set enable_progress_bar = false")
        connection.execute(f"create view facts as select * from read_parquet('{facts}')")
        connection.execute(f"copy ({statement}) to '{output}' (format parquet)")


def ours_packed(facts: Path, output: Path) -> None:
    """Grade with our statement alone, contributions packed in one integer."""
    copied(select_statement(PLAN, "duckdb"), facts, output)


def ours(facts: Path, output: Path) -> None:
    """Grade the file as the command does, its checks included."""
    grade_file(PLAN, facts, output)


def by_hand(facts: Path, output: Path) -> None:
    """Grade with the statement by hand, codes and totals as integers."""
    copied(BY_HAND, facts, output)


def by_hand_shown(facts: Path, output: Path) -> None:
    """Grade with the statement by hand, everything as text."""
    copied(shown_by_hand(), facts, output)


def measured(work: Callable[[Path, Path], None], facts: Path, output: Path) -> tuple[float, float, float]:
    """Return the seconds and the processor seconds that ``work`` takes, and the most memory its process had, in MB."""
    begin, used = time.perf_counter(), time.process_time()
    work(facts, output)
    taken, used = time.perf_counter() - begin, time.process_time() - used
    return taken, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each side and compare the rows."""
    pairs = {"as text": (ours, by_hand_shown), "as integers": (ours_packed, by_hand)}
    sides = {
        (shown, who): work for shown, pair in pairs.items() for who, work in zip(("ours", "by hand"), pair, strict=True)
    }
    with tempfile.TemporaryDirectory() as name:
        facts = Path(name) / "facts.parquet"
        make_facts(facts)
        best = dict.fromkeys(sides, (1e9, 1e9, 0.0))
        for _ in range(ROUNDS):
            for side, work in sides.items():
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    run = pool.submit(measured, work, facts, Path(name) / f"{'-'.join(side)}.parquet").result()
                taken, used, memory = zip(best[side], run, strict=True)
                best[side] = (min(taken), min(used), max(memory))
        same = f"from '{name}/as text-ours.parquet' except all from '{name}/as text-by hand.parquet'"
        assert duckdb.execute(f"select count(*) from ({same})").fetchone() == (0,)
    for (shown, who), (taken, used, memory) in best.items():
        hand = best[shown, "by hand"]
        print(f"{shown:11} {who:8} {ROWS:>12,} rows  {taken:7.2f} s  {used:7.2f} processor s  {memory:5.0f} MB  "
              f"ratio {taken / hand[0]:.2f}, of processor time {used / hand[1]:.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
