"""Drift: how far a distribution has moved, by the population and characteristic stability index beside their critical value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log
from typing import Any

from policies.backtest.distributions import chi_squared
from policies.backtest.figure import statistic
from policies.backtest.panel import Panel, Side
from policies.plan import Plan


@dataclass(frozen=True)
class Drift:
    """A stability index over ``bins``, from ``expected`` to ``actual`` customers.

    Above ``critical`` two samples of the same distribution come in 5 % of the cases: (1/n + 1/m) times the chi-squared
    quantile of B - 1 degrees (Yurdakul 2018; Yurdakul and Naranjo 2020).
    """

    index: float
    bins: int
    expected: int
    actual: int

    @property
    def critical(self) -> float:
        """Return the value that chance exceeds in 5 % of the cases, 0 where there is one bin."""
        return (1 / self.expected + 1 / self.actual) * chi_squared(self.bins - 1)

    def plain(self) -> dict[str, Any]:
        """Return the index for JSON."""
        return {"index": statistic(self.index), "critical": statistic(self.critical), "bins": self.bins}


def drift(expected: Sequence[int], actual: Sequence[int]) -> Drift | None:
    """Return sum of (a - e) ln(a / e) over the bins that are not empty in both, 0.5 added to each; None of nobody.

    With the 0.5 a share is (customers + 0.5) / (all + 0.5 bins), so that no bin is empty.
    """
    pairs = [(e, a) for e, a in zip(expected, actual, strict=True) if e or a]
    before, after = sum(e for e, _ in pairs), sum(a for _, a in pairs)
    if not before or not after:
        return None
    spare = len(pairs) / 2
    shares = [((e + 0.5) / (before + spare), (a + 0.5) / (after + spare)) for e, a in pairs]
    return Drift(fsum((a - e) * log(a / e) for e, a in shares), len(pairs), before, after)


Counts = Mapping[str, tuple[int, ...]]


def rungs(panel: Panel, side: Side, plan: Plan) -> Counts:
    """Return how many customers stand on each rung of each input, code 0 (not known) first.

    Of the customers to whom the policy applies and who are not in error.
    """
    columns = "".join(
        f"levels // {stride} % {axis.radix}, " for stride, axis in zip(plan.strides, plan.axes, strict=True)
    )
    found = panel.rows(
        f"select {columns}count(*) from placed where side = $side and place <= $pending group by all",  # noqa: S608 - our own numbers
        side=side,
        pending=len(plan.tiers),
    )
    counts = {axis.name: [0] * axis.radix for axis in plan.axes}
    for *codes, customers in found:
        for axis, code in zip(plan.axes, codes, strict=True):
            counts[axis.name][code] += customers
    return {name: tuple(each) for name, each in counts.items()}


def characteristics(before: Counts, after: Counts) -> dict[str, Drift | None]:
    """Return the index of each input's rungs from one date to another."""
    return {name: drift(counts, after[name]) for name, counts in before.items()}
