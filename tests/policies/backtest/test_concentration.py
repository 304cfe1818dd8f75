"""Concentration: Gini coefficient, top shares and Lorenz curve beside their definitions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.backtest.concentration import concentration, reached
from policies.backtest.panel import Panel


def panel_of(amounts: list[int | None]) -> Panel:
    panel = Panel()
    for number, amount in enumerate(amounts):
        panel.connection.execute("insert into customers values (?, ?, null, null, 0, 0, 0, 0, 0, 0)", [number, amount])
    return panel


@settings(max_examples=25)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_gini_is_half_the_relative_mean_difference(amounts: list[int]) -> None:
    found = concentration(panel_of([*amounts, None]))
    if not sum(amounts):
        assert found is None
        return
    assert found is not None
    differences = sum(abs(a - b) for a in amounts for b in amounts)
    assert found.gini == Fraction(differences, 2 * len(amounts) * sum(amounts))
    # Equal amounts are joined by a straight line, so that the curve never rises above the diagonal.
    assert all(share <= Fraction(step, 20) for step, share in enumerate(found.lorenz))
    assert (found.customers, found.lorenz[0], found.lorenz[-1]) == (len(amounts), 0, 1)


def test_one_of_four_with_everything() -> None:
    found = concentration(panel_of([0, 0, 0, 100]))
    assert found is not None
    assert (found.gini, found.top[20], found.lorenz[15]) == (Fraction(3, 4), Fraction(4, 5), 0)


@pytest.mark.parametrize("amounts", [[], [None], [0, 0], [-5, 100]])
def test_without_amounts_or_with_negative_ones_there_is_no_curve(amounts: list[int | None]) -> None:
    assert concentration(panel_of(amounts)) is None


def test_ties_at_the_edge_count_in_proportion() -> None:
    assert reached([(4, 100)], (0, 25, 100)) == (0, Fraction(1, 4), 1)
    assert reached([(1, 60), (3, 40)], (25, 50)) == (Fraction(60, 100), Fraction(60, 100) + Fraction(40, 300))
    assert reached([], (25,)) == (0,)
