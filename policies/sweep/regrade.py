"""Re-grading: a plan over level codes, every customer at once, bit for bit what the plan's statement gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from policies.cuts import Cuts
from policies.plan import Plan, Step
from policies.ranking import ranked
from policies.sweep.coded import ERROR, NOT_APPLICABLE, OPEN, Coded
from policies.sweep.graded import Graded
from policies.sweep.levels import Integers, Levels


def grade(levels: Levels, plan: Plan) -> Graded:
    """Grade every customer of level codes that hold the cuts of the plan (Levels.refine)."""
    coded = Coded(levels, plan)
    population = coded.population
    if plan.kind == "rules":
        worst = best = np.zeros(len(levels.customers), np.int64)
        candidates = _first_match(plan, coded)
    else:
        worst, best = coded.ends(plan.indicators)
        plan = _ranked(plan, population, worst, best)
        candidates = _banded(plan, worst, best)
    for step in plan.steps:
        _take(step, candidates, coded)
    candidates[population == OPEN] = plan.everything
    candidates[population == NOT_APPLICABLE] = 0
    candidates[population == ERROR] = -1
    nobody = population >= NOT_APPLICABLE
    return Graded(levels, plan, np.where(nobody, 0, worst), np.where(nobody, 0, best), candidates)


def _ranked(plan: Plan, population: NDArray[np.uint8], worst: Integers, best: Integers) -> Plan:
    """Return a ranking with the cut scores of these customers; any other plan as it is."""
    if not plan.shares or plan.cuts is not None:
        return plan
    inside = population <= OPEN
    rows = np.stack([worst[inside], best[inside], (population[inside] == OPEN).astype(np.int64)], axis=1)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    return ranked(plan, [(*map(int, row), int(count)) for row, count in zip(distinct, counts, strict=True)])  # type: ignore[misc]  # three whole numbers and their count


def _banded(plan: Plan, worst: Integers, best: Integers) -> Integers:
    """Return the tiers between those of the worst and of the best total."""
    if plan.kind != "ranking":
        return (np.int64(2) << _reached(plan.begins, worst)) - (np.int64(1) << _reached(plan.begins, best))
    cuts: Cuts = plan.frozen
    low = np.where(worst == best, _reached(cuts.certain, worst), _reached(cuts.open, worst))
    return (np.int64(2) << low) - (np.int64(1) << _reached(cuts.optimistic, best))


def _reached(begins: Sequence[int], totals: Integers) -> Integers:
    """Return the place of the first begin that each total reaches, their number when it reaches none."""
    found = np.full(len(totals), len(begins), np.int64)
    for place in range(len(begins) - 1, -1, -1):
        found[totals >= begins[place]] = place
    return found


def _first_match(plan: Plan, coded: Coded) -> Integers:
    """Return the tiers of the lines that may be the first to hold."""
    found = np.zeros(len(coded.levels.customers), np.int64)
    left = np.ones(len(found), np.bool_)
    for line in plan.lines:
        here = coded.truth(line.when)
        found[left & here.may_hold] |= 1 << line.tier
        left = left & ~here.holds
    found[left] |= plan.rest
    return found


def _take(step: Step, candidates: Integers, coded: Coded) -> None:
    """Move the candidates that a step hits; where what is missing decides it, both those with it and those without stay."""
    when = coded.truth(step.when)
    hit = (candidates & step.hits) != 0
    sure = hit & when.holds
    candidates[sure] &= ~step.hits
    candidates[hit & when.may_hold] |= 1 << step.to
