"""Conditions over all customers at once in strong Kleene logic: where each is certainly true, and where certainly false."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.kleene import Leaf, Negation, Score, Scored, Test, TierIn

Flags = NDArray[np.bool_]
Ends = Callable[[tuple[Scored, ...]], tuple[NDArray[np.int64], NDArray[np.int64]]]
ByCode = Callable[[int, Iterable[int]], Flags]


@dataclass(frozen=True)
class Truth:
    """One condition: ``holds`` where it is certainly true, ``fails`` where certainly false; elsewhere what is missing decides."""

    holds: Flags
    fails: Flags

    @property
    def may_hold(self) -> Flags:
        """Return where it is true, or what is missing decides it."""
        return ~self.fails


def truth(test: Test, with_code: ByCode, ends: Ends) -> Truth:
    """Return the truth of a test for every customer.

    ``with_code(axis, codes)`` says who has one of some codes of an axis, ``ends(parts)`` gives the least and the greatest
    sum of some indicators.  It follows policies.kleene.truth line by line.
    """
    if isinstance(test, Leaf):
        unknown = with_code(test.axis, test.unknown)
        holds = with_code(test.axis, test.codes - test.unknown)
        return Truth(holds, ~(holds | unknown))
    if isinstance(test, Score):
        worst, best = ends(test.parts)
        return Truth(worst >= test.least, best < test.least)
    if isinstance(test, TierIn):
        return truth(test.part, with_code, ends)
    if isinstance(test, Negation):
        inner = truth(test.part, with_code, ends)
        return Truth(inner.fails, inner.holds)
    parts = [truth(part, with_code, ends) for part in test.parts]
    if not parts:
        return Truth(np.array(test.least <= 0), np.array(test.least > 0))
    if test.least == len(parts):
        return Truth(np.logical_and.reduce([p.holds for p in parts]), np.logical_or.reduce([p.fails for p in parts]))
    if test.least == 1:
        return Truth(np.logical_or.reduce([p.holds for p in parts]), np.logical_and.reduce([p.fails for p in parts]))
    true = np.add.reduce([p.holds.astype(np.int16) for p in parts])
    false = np.add.reduce([p.fails.astype(np.int16) for p in parts])
    return Truth(true >= test.least, len(parts) - false < test.least)
