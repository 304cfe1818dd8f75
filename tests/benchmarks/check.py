"""`fenji policy check` without its start: findings, coverage and the mutation figure, as ratios to parsing the document.

    .venv/bin/python tests/benchmarks/check.py

One policy after the other, then the whole shipped library; alternating with the parsing alone, best of five.  Fails when G2
takes a second or the library ten: those are the promises, and the machine has to be slow indeed to break them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from policies import compile_plan, coverage, mutation, parse
from policies.boundaries import boundary_cases
from policies.check import check
from policies.documents import shipped
from policies.report import report

G2 = "sabcd-weighted"


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measured(text: str) -> dict[str, float]:
    """Return the best of five of each part of the check, and of the parsing."""
    document = parse(text)
    plan = compile_plan(document)
    parts: dict[str, Callable[[], object]] = {
        "parse": lambda: parse(text),
        "findings": lambda: check(document),
        "coverage": lambda: coverage(plan),
        "mutation": lambda: mutation(plan),
        "whole check": lambda: report(document),
        "boundary cases": lambda: boundary_cases(plan),
    }
    best = dict.fromkeys(parts, 1e9)
    for _ in range(5):
        for name, work in parts.items():
            best[name] = min(best[name], seconds(work))
    return best


def main() -> None:
    """Print a line for each policy: parsing in milliseconds, everything else in times of it."""
    whole = 0.0
    for name, path in shipped().items():
        best = measured(path.read_text(encoding="utf-8"))
        whole += best["parse"] + best["whole check"]
        ratios = ", ".join(f"{part} {took / best['parse']:.1f}" for part, took in best.items() if part != "parse")
        print(f"{name}: parsing {best['parse'] * 1000:.1f} ms; in times of it: {ratios}")
        if name == G2 and best["parse"] + best["whole check"] >= 1:
            raise SystemExit("the check of G2 takes a second or more")
    print(f"the library of {len(shipped())}: {whole:.2f} s")
    if whole >= 10:
        raise SystemExit("the check of the library takes ten seconds or more")


if __name__ == "__main__":
    main()
