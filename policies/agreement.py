"""Raters: the rating that a panel settles on, and how far its raters agree, in exact figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations


def settled(ratings: Sequence[int]) -> int:
    """Return the median of ratings; of an even number the lower of the two in the middle, for a rating is whole.

    Raises ValueError for none.
    """
    if not ratings:
        raise ValueError("nobody has rated")
    return sorted(ratings)[(len(ratings) - 1) // 2]


@dataclass(frozen=True)
class Agreement:
    """How far raters agree over several panels of two or more ratings each; None where there is nothing to compare.

    ``same`` is the share of pairs of raters who gave the same rating, ``apart`` the mean distance of a pair in points,
    ``alpha`` Krippendorff's alpha for intervals: 1 is full agreement, 0 what chance gives.
    """

    panels: int
    same: Fraction | None
    apart: Fraction | None
    alpha: Fraction | None


def agreement(panels: Sequence[Sequence[int]]) -> Agreement:
    """Return how far the raters of each panel agree; a panel of one rating has nothing to compare and is left out.

    Alpha follows Krippendorff, Content Analysis (2004), chapter 11: 1 - observed / expected squared differences, where
    each panel of m ratings weighs its pairs with 1 / (m - 1); None while all ratings are the same.
    """
    compared = [panel for panel in panels if len(panel) > 1]
    gaps = [abs(one - other) for panel in compared for one, other in combinations(panel, 2)]
    if not gaps:
        return Agreement(0, None, None, None)
    values = Counter(rating for panel in compared for rating in panel)
    number = sum(values.values())
    observed = sum(
        (Fraction(2 * sum((a - b) ** 2 for a, b in combinations(panel, 2)), len(panel) - 1) for panel in compared),
        Fraction(0),
    )
    expected = Fraction(
        2 * sum(values[a] * values[b] * (a - b) ** 2 for a, b in combinations(sorted(values), 2)), number - 1
    )
    alpha = None if expected == 0 else 1 - observed / expected
    return Agreement(len(compared), Fraction(gaps.count(0), len(gaps)), Fraction(sum(gaps), len(gaps)), alpha)
