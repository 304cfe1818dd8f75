"""Classes of eligibility: customers for whom every condition has the same truth, and where each class ends by its band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.plan import Plan
from policies.sweep.coded import Coded
from policies.sweep.levels import Integers


def classes_of(coded: Coded) -> tuple[Integers, list[tuple[int, tuple[int, ...]]]]:
    """Return the class of eligibility of every customer, and the truth of each step (0, 1, 2 for unknown) by class."""
    numbers = np.zeros(len(coded.levels.customers), np.int64)
    vectors: dict[int, tuple[int, ...]] = {0: ()}
    for step in coded.plan.steps:
        told = coded.truth(step.when)
        numbers = numbers * 3 + np.where(told.holds, 1, np.where(told.fails, 0, 2))
        distinct, numbers = np.unique(numbers, return_inverse=True)
        vectors = {place: (*vectors[number // 3], number % 3) for place, number in enumerate(distinct.tolist())}
    return numbers, list(vectors.items())


def places_of(plan: Plan, truths: Sequence[int]) -> list[list[int]]:
    """Return the place of those between the band of their best total and the one of their worst: ``[best][worst]``."""
    tiers, bands = len(plan.tiers), len(plan.begins) + 1
    found = [[tiers] * bands for _ in range(bands)]
    for high in range(bands):
        for low in range(high, bands):
            candidates = (2 << low) - (1 << high)
            for step, holds in zip(plan.steps, truths, strict=True):
                if candidates & step.hits and holds:
                    candidates = (candidates & ~step.hits if holds == 1 else candidates) | 1 << step.to
            if candidates & (candidates - 1) == 0:
                found[high][low] = candidates.bit_length() - 1
    return found
