"""The statistics of a backtest beside SciPy's and beside published examples."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import groupby

import pytest
from scipy import stats

from policies.backtest.discrimination import separation
from policies.backtest.distributions import (
    Z,
    binomial_both,
    binomial_tail,
    both_tails,
    chi_squared,
    chi_squared_tail,
    upper_tail,
    wilson,
)
from policies.backtest.ordinal import tau_b, weighted_kappa
from policies.backtest.trend import jonckheere_terpstra

RANDOM = random.Random(4)


def test_tails_and_quantiles_are_scipys() -> None:
    assert pytest.approx(stats.norm.ppf(0.975), abs=1e-15) == Z
    for z in (-3.2, -0.4, 0.0, 1.1, 5.5):
        assert upper_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)
        assert both_tails(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)
    for freedom in (1, 2, 3, 4, 7, 12, 31):
        for value in (0.01, 0.7, 3.0, 12.5, 60.0):
            assert chi_squared_tail(value, freedom) == pytest.approx(stats.chi2.sf(value, freedom), rel=1e-10)
        assert chi_squared(freedom) == pytest.approx(stats.chi2.ppf(0.95, freedom), rel=1e-12)
    for successes, trials in ((0, 0), (3, 5), (5, 5), (40, 70), (900, 1900)):
        assert binomial_tail(successes, trials) == pytest.approx(stats.binom.sf(successes - 1, trials, 0.5), rel=1e-12)
        expected = stats.binomtest(successes, trials).pvalue if trials else 1
        assert binomial_both(successes, trials) == pytest.approx(expected, rel=1e-12)
    assert binomial_both(5_100, 10_000) == pytest.approx(stats.binomtest(5_100, 10_000).pvalue, rel=1e-2)


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (7, 7), (1, 10), (29, 263), (81, 263), (4_000, 9_000)])
def test_wilsons_interval_is_scipys(successes: int, trials: int) -> None:
    found = wilson(successes, trials)
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert found is not None
    assert [float(end) for end in found] == pytest.approx([expected.low, expected.high], abs=1e-12)
    assert wilson(0, 0) is None


def test_wilsons_interval_is_newcombes_example() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611.
    assert [f"{float(end):.4f}" for end in wilson(81, 263) or ()] == ["0.2553", "0.3662"]
    assert [f"{float(end):.4f}" for end in wilson(0, 20) or ()] == ["0.0000", "0.1611"]


def test_kappa_is_the_published_one() -> None:
    # The textbook table of two readers and 50 proposals: 0.7 observed, 0.5 by chance; of two categories every weight is the same.
    assert weighted_kappa([[20, 5], [10, 15]], 1) == weighted_kappa([[20, 5], [10, 15]], 2) == Fraction(2, 5)
    assert weighted_kappa([[5, 0, 0], [0, 3, 0], [0, 0, 9]], 2) == 1
    assert weighted_kappa([[5, 0], [0, 0]], 1) is None


def test_quadratic_kappa_is_the_intraclass_correlation_of_its_definition() -> None:
    # Fleiss and Cohen (1973): quadratically weighted kappa = 2 cov / (var + var + (difference of means)^2).
    table = [[11, 3, 1, 0], [2, 14, 5, 1], [0, 4, 9, 6], [1, 0, 2, 8]]
    pairs = [(i, j) for i, row in enumerate(table) for j, number in enumerate(row) for _ in range(number)]
    n = len(pairs)
    a, b = ([pair[k] for pair in pairs] for k in (0, 1))
    mean = [Fraction(sum(x), n) for x in (a, b)]
    variance = [sum((value - m) ** 2 for value in x) / n for x, m in zip((a, b), mean, strict=True)]
    covariance = sum((x - mean[0]) * (y - mean[1]) for x, y in pairs) / n
    assert weighted_kappa(table, 2) == 2 * covariance / (sum(variance) + (mean[0] - mean[1]) ** 2)


def test_tau_b_is_scipys() -> None:
    for _ in range(10):
        table = [[RANDOM.choice((0, 0, 1, 4, 9)) for _ in range(4)] for _ in range(5)]
        pairs = [(i, j) for i, row in enumerate(table) for j, number in enumerate(row) for _ in range(number)]
        expected = stats.kendalltau([i for i, _ in pairs], [j for _, j in pairs]).statistic
        assert tau_b(table) == pytest.approx(expected, abs=1e-12)
    assert tau_b([[3, 4], [0, 0]]) is None


def cells(groups: list[list[int]]) -> list[tuple[int, int, int]]:
    """Outcomes by tier, the worst tier last, as cells."""
    rows = sorted((value, place) for place, values in enumerate(groups) for value in values)
    return [(value, place, len(list(same))) for (value, place), same in groupby(rows)]


def test_jonckheere_terpstra_is_kendalls_test_of_tier_and_outcome() -> None:
    for _ in range(10):
        groups = [[RANDOM.randrange(12 - 2 * place) for _ in range(RANDOM.randrange(3, 30))] for place in range(4)]
        found = jonckheere_terpstra(cells(groups), 4)
        x = [-place for place, values in enumerate(groups) for _ in values]
        y = [value for values in groups for value in values]
        expected = stats.kendalltau(x, y, method="asymptotic", alternative="greater")
        assert found is not None
        assert found.p == pytest.approx(expected.pvalue, rel=1e-9)


def test_jonckheere_terpstra_is_hollander_and_wolfes_example() -> None:
    # Hollander and Wolfe (1999), example 6.2, motivational effect of knowledge of performance: J = 79, p near 0.02.
    groups = [[40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]]
    found = jonckheere_terpstra(cells(list(reversed(groups))), 3)
    assert found is not None
    assert found.statistic == 79
    assert 0.015 < found.p < 0.025
    assert jonckheere_terpstra([(5, 0, 3)], 2) is None
    assert jonckheere_terpstra([(5, 0, 3), (5, 1, 3)], 2) is None
    assert jonckheere_terpstra([], 2) is None


def test_auc_and_ks_are_scipys() -> None:
    for _ in range(10):
        buyers = [RANDOM.randrange(8) for _ in range(RANDOM.randrange(1, 40))]
        others = [RANDOM.randrange(6) for _ in range(RANDOM.randrange(1, 40))]
        tied = [(buyers.count(score), others.count(score)) for score in range(8, -1, -1)]
        auc, ks = separation(tied)
        u = stats.mannwhitneyu(buyers, others, method="asymptotic").statistic
        assert float(auc or 0) == pytest.approx(u / (len(buyers) * len(others)), abs=1e-12)
        assert float(ks or 0) == pytest.approx(stats.ks_2samp(buyers, others, method="asymp").statistic, abs=1e-12)
    assert separation([(3, 0)]) == (None, None)
