"""Regression discontinuity: what customers buy next just above a cut and just below it, where their service differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

from policies.backtest.distributions import Z, both_tails
from policies.backtest.figure import probability, whole
from policies.backtest.panel import Panel, Side
from policies.backtest.service import Service
from policies.plan import Plan

# The window on each side of a cut, in points of a total of 100, and the least that must stand in it.
BANDWIDTH = 10
LEAST_CUSTOMERS, LEAST_TOTALS = 20, 4

# (distance from the cut in units of the total, customers, sum and sum of squares of what they bought next)
Cell = tuple[int, int, int, int]


@dataclass(frozen=True)
class Jump:
    """The jump of the amount bought next, in fen a customer, from just below the cut of ``better`` to just above it.

    ``jump`` and what follows are None where too few customers or totals stand within the bandwidth.
    """

    better: str
    worse: str
    below: int
    above: int
    jump: Fraction | None = None
    error: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % interval of the jump."""
        if self.jump is None or self.error is None:
            return None
        return float(self.jump) - Z * self.error, float(self.jump) + Z * self.error

    @property
    def p(self) -> float | None:
        """Return the probability of a jump as large by chance, both ways."""
        return both_tails(float(self.jump) / self.error) if self.jump is not None and self.error else None

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        ends = self.interval
        return {
            "better": self.better, "worse": self.worse, "below": self.below, "above": self.above,
            "jump": whole(self.jump), "interval": None if ends is None else [round(end) for end in ends],
            "p": probability(self.p),
        }  # fmt: skip


def discontinuities(panel: Panel, side: Side, plan: Plan, service: Service) -> tuple[Jump, ...]:
    """Return the jump at each cut of the total where the service of the two tiers differs, the best tier first.

    Of customers in a tier whose total is certain.  Only the policy that was in force can have made such a jump; gates
    that move tiers blur it.
    """
    found = []
    reach = BANDWIDTH * plan.scale // 100
    for place, cut in enumerate(plan.bands[: len(plan.document.tiers.order) - 1]):
        better, worse = plan.tiers[place : place + 2]
        if service.tiers.get(better) == service.tiers.get(worse):
            continue
        cells = panel.rows(
            "select worst - $cut, count(*), sum(next_amount), sum(next_amount::hugeint * next_amount) "
            "from placed join customers using (customer_id) where side = $side and place < $tiers and worst = best "
            "and worst - $cut > -$reach and worst - $cut < $reach group by 1 order by 1",
            side=side,
            cut=cut,
            reach=reach,
            tiers=len(plan.tiers),
        )
        found.append(jump(better, worse, [(x, n, int(s), int(q)) for x, n, s, q in cells], reach))
    return tuple(found)


def jump(better: str, worse: str, cells: Sequence[Cell], reach: int) -> Jump:
    """Return the local linear estimate: a line on each side, triangular weights (Hahn, Todd and van der Klaauw 2001).

    The standard error is robust to unequal variances (White 1980, HC1).
    """
    sides = [[cell for cell in cells if cell[0] < 0], [cell for cell in cells if cell[0] >= 0]]
    below, above = (sum(cell[1] for cell in of) for of in sides)
    if min(below, above) < LEAST_CUSTOMERS or min(map(len, sides)) < LEAST_TOTALS:
        return Jump(better, worse, below, above)
    (low, low_variance), (high, high_variance) = (_at_the_cut(of, reach) for of in sides)
    return Jump(better, worse, below, above, high - low, sqrt(low_variance + high_variance))


def _at_the_cut(cells: Iterable[Cell], reach: int) -> tuple[Fraction, Fraction]:
    """Return the height of the weighted line at the cut, and the variance of that height; exact."""
    weighted = [(reach - abs(x), x, n, total, squares) for x, n, total, squares in cells]
    s0, s1, s2 = (sum(w * n * x**power for w, x, n, _, _ in weighted) for power in (0, 1, 2))
    t0, t1 = (sum(w * x**power * total for w, x, _, total, _ in weighted) for power in (0, 1))
    scale = s0 * s2 - s1 * s1
    height, slope = Fraction(s2 * t0 - s1 * t1, scale), Fraction(s0 * t1 - s1 * t0, scale)
    variance, customers = Fraction(0), sum(n for _, _, n, _, _ in weighted)
    for w, x, n, total, squares in weighted:
        fitted = height + slope * x
        residual = squares - 2 * fitted * total + n * fitted**2
        variance += Fraction(w * (s2 - s1 * x), scale) ** 2 * residual
    return height, variance * customers / (customers - 2)
