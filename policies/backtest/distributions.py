"""Distributions that tests need: the normal tail, chi-squared critical values, exact binomial tails, Wilson's interval.

With Python's own library, so that a kernel need not load SciPy for four numbers; the tests hold them to SciPy's.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, erfc, exp, pi, sqrt

# The quantile of the normal distribution at 97.5 %: every interval here is one of 95 %.
Z = 1.959963984540054
# Beyond this many trials a binomial tail is read from the normal distribution, with continuity correction.
MOST_EXACT = 2_000


def upper_tail(z: float) -> float:
    """Return the probability that a standard normal variable exceeds ``z``."""
    return erfc(z / sqrt(2)) / 2


def both_tails(z: float) -> float:
    """Return the probability that a standard normal variable lies farther from 0 than ``z``."""
    return erfc(abs(z) / sqrt(2))


def chi_squared_tail(value: float, freedom: int) -> float:
    """Return the probability that a chi-squared variable of ``freedom`` degrees exceeds ``value``.

    The finite sums for whole degrees: Abramowitz and Stegun (1964), 26.4.4 and 26.4.5.
    """
    if value <= 0:
        return 1.0
    half = value / 2
    if freedom % 2 == 0:
        term, total = 1.0, 1.0
        for i in range(1, freedom // 2):
            term *= half / i
            total += term
        return total * exp(-half)
    total, term = erfc(sqrt(half)), sqrt(2 * value / pi) * exp(-half)
    for i in range(1, (freedom + 1) // 2):
        total += term
        term *= value / (2 * i + 1)
    return total


def chi_squared(freedom: int, tail: float = 0.05) -> float:
    """Return the value that a chi-squared variable exceeds with probability ``tail``, by bisection; 0 without freedom."""
    if freedom < 1:
        return 0.0
    low, high = 0.0, 10.0 * freedom + 40
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if chi_squared_tail(middle, freedom) > tail else (low, middle)
    return (low + high) / 2


def binomial_tail(successes: int, trials: int) -> float:
    """Return the probability of ``successes`` or more in ``trials`` of one half each."""
    if trials > MOST_EXACT:
        return upper_tail((successes - 0.5 - trials / 2) / (sqrt(trials) / 2))
    return float(Fraction(sum(comb(trials, k) for k in range(successes, trials + 1)), 2**trials))


def binomial_both(successes: int, trials: int) -> float:
    """Return the probability of a number at least as far from half of ``trials`` as ``successes``, 1 of no trial."""
    return min(1.0, 2 * binomial_tail(max(successes, trials - successes), trials))


def wilson(successes: int, trials: int) -> tuple[Fraction, Fraction] | None:
    """Return Wilson's score interval of a rate, 95 % (Wilson 1927, without continuity correction); None of nobody."""
    if trials == 0:
        return None
    middle = successes + Z * Z / 2
    width = Z * sqrt(successes * (trials - successes) / trials + Z * Z / 4)
    whole = trials + Z * Z
    # At the ends of the scale the formula is exactly 0 or 1, which the rounding of the root would miss.
    low = 0.0 if successes == 0 else (middle - width) / whole
    high = 1.0 if successes == trials else (middle + width) / whole
    return Fraction(low), Fraction(high)
