"""`fenji policy grade` with G2 from Parquet to Parquet: time against the same by hand, and the most memory it took.

    .venv/bin/python tests/benchmarks/offline.py [rows]

Each side runs in a process of its own, alternating, best of three.  "By hand" is g2_by_hand.sql copied from file to file: once as it
is (eight columns of integers), and once with the eighteen columns of text that we write, in an analyst's CASEs.
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

BY_HAND = (Path(__file__).parent / "g2_by_hand.sql").read_text()
_LADDERS = {
    "A1": (0, 3, 7.5, 12, 15), "A2": (0, 3, 7.5, 12, 15), "A3": (0, 2, 5, 8, 10), "B1": (0, 0, "10/3", "20/3", 10),
    "B2": (1, 1, 2.5, 4, 5), "B3": (1, 2.5, 4, 5), "B4": (1, 1, 2.5, 4, 5), "C1": (2, 5, 7, 8, 10),
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
        + (" when 0 then '1'" if name == "B2" else "")
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


def ours(facts: Path, output: Path) -> None:
    """Grade the file as the command does, its checks included."""
    grade_file(PLAN, facts, output)


def by_hand(facts: Path, output: Path) -> None:
    """Grade with the statement by hand, codes and totals as integers."""
    copied(BY_HAND, facts, output)


def by_hand_shown(facts: Path, output: Path) -> None:
    """Grade with the statement by hand, everything as text."""
    copied(shown_by_hand(), facts, output)


def measured(work: Callable[[Path, Path], None], facts: Path, output: Path) -> tuple[float, float]:
    """Return the seconds that ``work`` takes and the most memory its process had, in MB."""
    begin = time.perf_counter()
    work(facts, output)
    return time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each side and compare the rows."""
    sides = {"ours": ours, "by hand": by_hand, "by hand, as text": by_hand_shown}
    with tempfile.TemporaryDirectory() as name:
        facts = Path(name) / "facts.parquet"
        make_facts(facts)
        best = dict.fromkeys(sides, (1e9, 1e9))
        for _ in range(3):
            for side, work in sides.items():
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    run = pool.submit(measured, work, facts, Path(name) / f"{side}.parquet").result()
                best[side] = min(best[side], run)
        same = f"from '{name}/ours.parquet' except all from '{name}/by hand, as text.parquet'"
        assert duckdb.execute(f"select count(*) from ({same})").fetchone() == (0,)
    for side, (taken, memory) in best.items():
        ratio = best["ours"][0] / taken
        print(f"{side:18} {ROWS:>12,} rows  {taken:7.2f} s  {memory:6.0f} MB  ours / this {ratio:.2f}")


if __name__ == "__main__":
    main()
