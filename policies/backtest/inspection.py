"""An inspection: what the plan of a policy shows beyond the places of its customers, on one date of a walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policies.backtest.borderline import Borderline, borderline
from policies.backtest.bunching import Bunch, bunching
from policies.backtest.drift import Counts, Drift, characteristics, drift, rungs
from policies.backtest.missing import Missing, missing
from policies.backtest.panel import Panel, Side
from policies.backtest.structure import Share
from policies.plan import Plan


@dataclass(frozen=True)
class Inspection:
    """Who stands near a bound or bunched above it, what is missing, and how far tiers and rungs drifted.

    ``psi`` (of the places) and ``csi`` (of the rungs of each input) are from the first date of the walk to this one.
    """

    customers: tuple[int, ...]
    rungs: Counts
    psi: Drift | None
    csi: dict[str, Drift | None]
    borderline: Borderline | None
    bunching: tuple[Bunch, ...]
    missing: Missing

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            "psi": self.psi.plain() if self.psi else None,
            "csi": {name: found.plain() if found else None for name, found in self.csi.items()},
            "borderline": self.borderline.plain() if self.borderline else None,
            "bunching": [one.plain() for one in self.bunching],
            "missing": self.missing.plain(),
        }


def inspect(
    panel: Panel, side: Side, plan: Plan, structure: Sequence[Share], first: Inspection | None, asking: bool = True
) -> Inspection:
    """Return the inspection of a date; ``first`` is that of the walk's first date, None on that date itself.

    ``asking`` ranks the missing answers too.
    """
    customers, here = tuple(row.customers for row in structure), rungs(panel, side, plan)
    before = (first.customers, first.rungs) if first else (customers, here)
    return Inspection(
        customers,
        here,
        drift(before[0], customers),
        characteristics(before[1], here),
        borderline(panel, side, plan),
        bunching(panel, side, plan),
        missing(panel, side, plan, asking),
    )
