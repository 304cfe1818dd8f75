"""Agreement of two orders of tiers on the same customers: weighted kappa, and Kendall's tau-b."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

Counts = Sequence[Sequence[int]]


def weighted_kappa(counts: Counts, power: int) -> Fraction | None:
    """Return Cohen's weighted kappa (Cohen 1968) of a square table; None where chance alone leaves no disagreement.

    The weight of a disagreement is the distance in tiers to ``power``: 1 is linear, 2 quadratic.
    """
    rows, columns = [sum(row) for row in counts], [sum(column) for column in zip(*counts, strict=True)]
    everyone, places = sum(rows), range(len(counts))
    observed = sum(abs(i - j) ** power * counts[i][j] for i in places for j in places)
    expected = sum(abs(i - j) ** power * rows[i] * columns[j] for i in places for j in places)
    return 1 - Fraction(observed * everyone, expected) if expected else None


def concordance(counts: Counts) -> tuple[int, int]:
    """Return the pairs of customers whom both orders rank alike, and those whom they rank the other way round."""
    alike = against = 0
    width = len(counts[0]) if counts else 0
    below = [0] * width  # customers of the rows further down, by column
    for row in reversed(counts):
        for j, number in enumerate(row):
            alike += number * sum(below[j + 1 :])
            against += number * sum(below[:j])
        below = [one + other for one, other in zip(below, row, strict=True)]
    return alike, against


def tau_b(counts: Counts) -> float | None:
    """Return Kendall's tau-b (Kendall 1945) of a table; None where one order puts everybody in one tier."""
    alike, against = concordance(counts)
    everyone = sum(map(sum, counts))
    pairs = everyone * (everyone - 1) // 2
    tied = [
        sum(total * (total - 1) // 2 for total in totals)
        for totals in (map(sum, counts), map(sum, zip(*counts, strict=True)))
    ]
    scale = (pairs - tied[0]) * (pairs - tied[1])
    return (alike - against) / sqrt(scale) if scale else None
