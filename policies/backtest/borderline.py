"""Borderline: how many customers stand so near to the beginning of a tier that a small change would move them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.figure import part, points
from policies.backtest.panel import Panel, Side
from policies.exact import decimal_text
from policies.plan import Plan


@dataclass(frozen=True)
class Borderline:
    """Of the ``customers`` graded or pending, ``near`` have a total at most ``distance`` points from a bound."""

    distance: Fraction
    customers: int
    near: int

    @property
    def share(self) -> Fraction:
        """Return the share of those near, 0 of nobody."""
        return part(self.near, self.customers)

    def plain(self) -> dict[str, Any]:
        """Return the figure for JSON."""
        return {"distance": decimal_text(self.distance), "customers": self.customers, "near": self.near,
                "share": points(self.share)}  # fmt: skip


def borderline(panel: Panel, side: Side, plan: Plan) -> Borderline | None:
    """Return who stands near a bound, by the distance of the policy's review; None where it names none, or has no bands.

    A total that is not certain is near when its worst or its best is; the distance itself is near (policies.review).
    """
    review = plan.document.review
    if review is None or review.borderline is None or not plan.bands:
        return None
    distance = review.borderline.points
    reach = distance * plan.scale / 100
    near = " or ".join(
        f"abs({end} - {bound}) * {reach.denominator} <= {reach.numerator}"
        for bound in plan.bands[: len(plan.document.tiers.order) - 1]
        for end in ("worst", "best")
    )
    ((customers, found),) = panel.rows(
        f"select count(*), count(*) filter ({near or 'false'}) from placed where side = $side and place <= $pending",  # noqa: S608 - our own numbers
        side=side,
        pending=len(plan.tiers),
    )
    return Borderline(distance, customers, found)
