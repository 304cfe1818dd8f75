"""Drift: the stability index beside its definition and its critical value."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from policies.backtest.drift import characteristics, drift

counts = st.lists(st.integers(0, 500), min_size=2, max_size=8)


@given(counts)
def test_the_same_distribution_has_index_nought_exactly(customers: list[int]) -> None:
    found = drift(customers, customers)
    assert (found is None) == (sum(customers) == 0)
    assert found is None or found.index == 0


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=8))
def test_the_index_is_symmetric_and_never_negative(pairs: list[tuple[int, int]]) -> None:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    there, back = drift(before, after), drift(after, before)
    if there is None or back is None:
        assert not sum(before) or not sum(after)
        return
    assert there.index >= 0
    assert there.index == pytest.approx(back.index, abs=1e-12)


def test_a_worked_example_with_half_a_customer_a_bin() -> None:
    found = drift([60, 40, 0, 0], [45, 45, 10, 0])
    # The last bin is empty in both and left out: three bins, 1.5 customers added to each side.
    a = [45.5 / 101.5, 45.5 / 101.5, 10.5 / 101.5]
    e = [60.5 / 101.5, 40.5 / 101.5, 0.5 / 101.5]
    assert found is not None
    assert found.bins == 3
    assert found.index == pytest.approx(sum((x - y) * log(x / y) for x, y in zip(a, e, strict=True)), abs=1e-12)
    assert found.critical == pytest.approx((1 / 100 + 1 / 100) * stats.chi2.ppf(0.95, 2), abs=1e-12)


def test_the_critical_value_falls_with_both_sizes() -> None:
    # Ten bins, 200 customers each: chi-squared of 9 degrees, 16.919, times 1/200 + 1/200.
    found = drift([20] * 10, [20] * 10)
    assert found is not None
    assert round(found.critical, 4) == 0.1692


def test_every_input_has_its_own_index() -> None:
    found = characteristics({"a": (5, 5), "b": (0, 0)}, {"a": (9, 1), "b": (0, 0)})
    assert found["a"] is not None
    assert found["a"].index > 0
    assert found["b"] is None
