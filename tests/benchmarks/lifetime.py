"""BG/NBD and Gamma–Gamma on CDNOW's sample and on all its customers: processor seconds of a fit here and by lifetimes.

    python3 bootstrap.py benchmark
    .venv/bin/python tests/benchmarks/lifetime.py

lifetimes 0.11.3 (Davidson-Pilon, July 2020) is a peer for figures and time; both get the same histories, in weeks and dollars, and must
find the same parameters to three digits.  Alternating, best of three, in processor seconds.  Skips, saying so, without the
reference data.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import cdnow
from lifetimes import BetaGeoFitter, GammaGammaFitter

from policies.lifetime.bg_nbd import fit_bg_nbd
from policies.lifetime.gamma_gamma import fit_gamma_gamma
from policies.lifetime.history import Histories, of_orders
from policies.lifetime.value import fit_lifetime

SHARED = Path(os.environ.get("FENJI_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that ``work`` takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def by_peer(found: Histories) -> list[float]:
    """Return the seven parameters that lifetimes finds."""
    recency, age = found.weeks
    again = found.priced > 0
    mean = found.repeat_amount[again] / found.priced[again] / 100
    purchases = BetaGeoFitter().fit(found.repeats, recency, age)
    amount = GammaGammaFitter().fit(found.priced[again], mean)
    return [*purchases.params_, *amount.params_]


def by_fenji(found: Histories) -> list[float]:
    """Return the seven parameters that Fenji finds."""
    purchases, amount = fit_bg_nbd(found), fit_gamma_gamma(found)
    return [purchases.r, purchases.alpha, purchases.a, purchases.b, amount.p, amount.q, amount.v]


def main() -> None:
    """Print a line for the sample and one for everybody."""
    if not SHARED.is_dir():
        print(f"skipped: no reference data at {SHARED}; set FENJI_SHARED_DATA")
        return
    for name in ("CDNOW_sample.txt", "CDNOW_master.txt"):
        found = of_orders(cdnow.orders(SHARED, name), cdnow.CALIBRATED)
        ours, theirs = by_fenji(found), by_peer(found)
        assert all(abs(a - b) <= 0.001 * abs(b) for a, b in zip(ours, theirs, strict=True)), (ours, theirs)
        times = [(seconds(lambda: by_fenji(found)), seconds(lambda: by_peer(found))) for _ in range(3)]  # noqa: B023 - run at once
        here, there = (min(column) for column in zip(*times, strict=True))
        model = fit_lifetime(found)
        value = seconds(lambda: model.value(found, cdnow.WEEKS))  # noqa: B023 - run at once
        print(f"{name}: {len(found):,} customers, both fits {here:.2f} s, lifetimes {there:.2f} s ({there / here:.1f} x), "
              f"39 weeks ahead of everyone {value:.2f} s")  # fmt: skip


main()
