"""Bunching: whether more customers stand just above a cut than just below it, as nudged scores would."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.distributions import binomial_tail
from policies.backtest.figure import probability
from policies.backtest.panel import Panel, Side
from policies.plan import Plan

# The window on each side of a cut in points of a total of 100, and the least customers in both.
WINDOW, LEAST = 2, 10


@dataclass(frozen=True)
class Bunch:
    """The customers just below and just above the cut of a tier.

    ``p`` is the chance of as many above when each side is as likely (binomial test at the cut: Cattaneo, Titiunik and
    Vazquez-Bare 2017), one-sided; None for too few.  A density that falls towards the better tiers makes it larger.
    """

    tier: str
    below: int
    above: int

    @property
    def p(self) -> float | None:
        """Return the one-sided probability, None for fewer than LEAST customers."""
        trials = self.below + self.above
        return binomial_tail(self.above, trials) if trials >= LEAST else None

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {"tier": self.tier, "below": self.below, "above": self.above, "p": probability(self.p)}


def bunching(panel: Panel, side: Side, plan: Plan) -> tuple[Bunch, ...]:
    """Return who stands within WINDOW points of each cut of the total, the best tier first; of those in a tier with a
    certain total.
    """
    reach = Fraction(WINDOW * plan.scale, 100)
    found = []
    for place, cut in enumerate(plan.bands[: len(plan.document.tiers.order) - 1]):
        ((below, above),) = panel.rows(
            "select count(*) filter ((worst - $cut) < 0), count(*) filter ((worst - $cut) >= 0) from placed "
            "where side = $side and place < $tiers and worst = best "
            "and (worst - $cut) * $denominator >= -$reach and (worst - $cut) * $denominator < $reach",
            side=side,
            cut=cut,
            tiers=len(plan.tiers),
            reach=reach.numerator,
            denominator=reach.denominator,
        )
        found.append(Bunch(plan.tiers[place], below, above))
    return tuple(found)
