"""Raters: the median of a panel, and Krippendorff's published example for intervals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.agreement import Agreement, agreement, settled

PANELS = st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=5), max_size=6)


def test_the_median_of_an_even_panel_is_the_lower_middle() -> None:
    assert settled([7]) == 7
    assert settled([9, 2, 7]) == 7
    assert settled([9, 2, 7, 6]) == 6
    with pytest.raises(ValueError, match="nobody"):
        settled([])


def test_alpha_of_the_published_example_is_0_849() -> None:
    # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part C: four observers, twelve units.
    units = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
        [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
    ]  # fmt: skip
    found = agreement(units)
    assert found.panels == 11
    assert found.alpha is not None
    assert round(found.alpha, 3) == Fraction("0.849")


@given(PANELS)
def test_full_agreement_is_one_and_figures_stay_in_their_range(panels: list[list[int]]) -> None:
    found = agreement(panels)
    if found.panels == 0:
        assert found == Agreement(0, None, None, None)
        return
    assert found.same is not None
    assert found.apart is not None
    assert 0 <= found.same <= 1
    assert (found.same == 1) == (found.apart == 0)
    if found.alpha is not None:
        assert (found.alpha == 1) == (found.same == 1)
        assert found.alpha <= 1
