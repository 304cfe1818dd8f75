"""Requests per second of a list of 50 customers with contacts, tags and grade: planned against ordinary resolution.

python tests/benchmarks/graphql_statements.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import world

from api.database import make_engine

QUERY = (
    "{ customers(first: 50) { totalCount nodes { number name contacts { name mobile email } tags { dimension name } "
    "grade { tier displayTotal } } } }"
)
SECONDS, ROUNDS = 2.0, 5


def rate(made: world.World, planning: bool) -> float:
    """Answers a second in one window."""
    done, end = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        made.data(QUERY, planning=planning)
        done += 1
    return done / SECONDS


def main() -> None:
    """Alternate windows of the two paths and print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/fenji.db")
        made = world.build(engine, Path(folder), 200)
        rates: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(ROUNDS):
            for planning in (True, False):
                rates[planning].append(rate(made, planning))
        for planning in (True, False):
            with made.statements() as seen:
                made.data(QUERY, planning=planning)
            found = sorted(rates[planning])[ROUNDS // 2]
            print(f"{'planned ' if planning else 'ordinary'} {found:8.0f} answers/s  {len(seen)} statements")
        planned, ordinary = (sorted(rates[planning])[ROUNDS // 2] for planning in (True, False))
        print(f"ratio    {planned / ordinary:8.2f}")
        engine.dispose()


if __name__ == "__main__":
    main()
