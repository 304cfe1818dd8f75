"""A history: every variant over every date, each date's snapshot scored once to the union of all cuts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.backtest.panel import OUTSIDE
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.graded import Tally
from policies.sweep.levels import Levels
from policies.sweep.product import by_place, likeness, multiplies

# With fewer plans that are alike, ordering the customers by eligibility costs more than the product saves.
_FEW = 3
Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class History:
    """Customers and money by place, for every date and variant: whole numbers (dates, variants, places, measures).

    Measures are customers, customers whose amount is unknown, amount of 12 months and next amount, in fen.
    """

    dates: tuple[str, ...]
    places: tuple[str, ...]
    figures: NDArray[Any]

    def tallies(self, variant: int, date: int | None = None) -> tuple[Tally, ...]:
        """Return the places of a variant on a date, by default of all dates together."""
        found = self.figures[:, variant].sum(axis=0) if date is None else self.figures[date, variant]
        return tuple(
            Tally(name, int(row[0]), int(row[2]), int(row[1]), int(row[3]))
            for name, row in zip(self.places, found, strict=True)
        )


def sweep(
    snapshots: Iterable[tuple[str, Path, Path | None]], plans: Sequence[Plan], report: Report | None = None
) -> History:
    """Grade the customers of every date with every plan; ``snapshots`` are (date, facts, outcomes or None), read one at a time.

    Refusal when the plans do not have the same tiers in the same order, for then their places cannot be set side by side.
    """
    if not plans:
        raise Refusal("There is no variant to sweep; vary at least one figure.", code="invalid")
    other = next((plan for plan in plans if plan.tiers != plans[0].tiers), None)
    if other is not None:
        raise Refusal(
            f"A sweep varies figures and not tiers: {', '.join(plans[0].tiers)} and {', '.join(other.tiers)} cannot be "
            "set side by side; compare two such policies with a backtest.",
            code="invalid",
        )
    listed = list(snapshots)
    found = []
    for done, (date, facts, outcomes) in enumerate(listed):
        if report:
            report(done, len(listed), date)
        found.append(sweep_date(Levels.read(facts, *plans, outcomes=outcomes), plans))
    names = (*plans[0].tiers, *OUTSIDE)
    return History(tuple(date for date, _, _ in listed), names, np.stack(found))


def sweep_date(levels: Levels, plans: Sequence[Plan]) -> NDArray[Any]:
    """Return (plans, places, measures) of one date, whose level codes have the cuts of all plans."""
    groups: dict[Hashable, list[int]] = {}
    for place, plan in enumerate(plans):
        groups.setdefault(likeness(levels, plan) if multiplies(plan) else place, []).append(place)
    found = np.zeros((len(plans), len(plans[0].tiers) + len(OUTSIDE), 4), object)
    for members in groups.values():
        if len(members) >= _FEW:
            found[members] = by_place(levels, [plans[place] for place in members])
            continue
        for place in members:
            tallies = levels.grade(plans[place]).tallies
            found[place] = [[one.customers, one.unknown, one.amount, one.next_amount] for one in tallies]
    return found
