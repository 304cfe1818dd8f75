"""Cumulative gains: captures and the Gini by hand, and their laws."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from policies.lifetime.gains import FINEST, gains, normalised_gini, perfect

SCORED = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), min_size=1, max_size=40)


def test_a_group_of_ties_at_the_edge_counts_in_proportion() -> None:
    found = gains([(9, 60), (5, 30), (5, 0), (5, 0), (1, 10)])
    assert found.groups == ((1, 60), (3, 30), (1, 10))
    assert found.capture(20) == Fraction(60, 100)
    assert found.capture(40) == Fraction(70, 100)  # and a third of the three who tie
    assert found.capture(100) == 1
    # Area of the corners (.2, .6), (.8, .9), (1, 1), doubled, less 1.
    assert (
        found.gini
        == Fraction(2, 10) * Fraction(6, 10)
        + Fraction(6, 10) * Fraction(15, 10)
        + Fraction(2, 10) * Fraction(19, 10)
        - 1
    )
    assert found.curve() == ((0.0, 0.0), (0.2, 0.6), (0.8, 0.9), (1.0, 1.0))


def test_everybody_tied_is_chance_and_hindsight_is_perfect() -> None:
    amounts = [5, 0, 0, 20, 1]
    best = perfect(amounts)
    assert normalised_gini(gains((0, amount) for amount in amounts), best) == 0
    assert normalised_gini(best, best) == 1
    assert normalised_gini(gains((-amount, amount) for amount in amounts), best) == -1


def test_where_nothing_was_bought_or_all_buy_alike_there_is_no_figure() -> None:
    nothing = gains([(1, 0), (2, 0)])
    assert (nothing.capture(10), nothing.gini, normalised_gini(nothing, nothing)) == (None, None, None)
    assert normalised_gini(gains([(1, 5), (2, 5)]), perfect([5, 5])) is None


@given(SCORED)
def test_no_ranking_beats_hindsight_and_the_order_of_customers_is_nothing(scored: list[tuple[int, int]]) -> None:
    found, best = gains(scored), perfect(amount for _, amount in scored)
    assert found == gains(scored[::-1])
    captured = [(found.capture(percent), best.capture(percent)) for percent in (5, 10, 20, 40, 100)]
    assert all(ours is None or (most is not None and ours <= most) for ours, most in captured)
    share = normalised_gini(found, best)
    assert share is None or -1 <= share <= 1


def test_the_curve_of_many_customers_has_no_more_points_than_a_picture_shows() -> None:
    found = gains((score, score % 7) for score in range(50_000))
    curve = found.curve()
    assert len(curve) <= FINEST + 2
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert max(abs(share - size) for size, share in curve) < 0.001
