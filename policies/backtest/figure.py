"""How figures are written: shares in basis points, money in whole fen, statistics at six digits, nothing as null."""

from __future__ import annotations

from fractions import Fraction

DIGITS = 6


def part(of: int, whole: int) -> Fraction:
    """Return a share, 0 of nothing."""
    return Fraction(of, whole) if whole else Fraction(0)


def points(share: Fraction | None) -> int | None:
    """Return a share in basis points, half to even."""
    return None if share is None else round(share * 10_000)


def whole(amount: Fraction | None) -> int | None:
    """Return an amount in whole fen, half to even."""
    return None if amount is None else round(amount)


def statistic(value: Fraction | float | None) -> float | None:
    """Return a statistic at six digits behind the point, which differences between machines' libraries never reach."""
    if value is None:
        return None
    return round(float(value), DIGITS) + 0.0  # never -0.0


def probability(value: float | None) -> float | None:
    """Return a probability at six significant digits, 0 below 1e-12."""
    if value is None:
        return None
    return 0.0 if value < 1e-12 else float(f"{value:.5e}")
