"""The published figures of BG/NBD and Gamma–Gamma on CDNOW come out."""

from __future__ import annotations

from pathlib import Path

import cdnow
import pytest

from policies.lifetime.bg_nbd import BgNbd, fit_bg_nbd
from policies.lifetime.gamma_gamma import fit_gamma_gamma
from policies.lifetime.history import Histories, of_orders, of_rows

# Fader, Hardie & Lee 2005, table 2: estimates on the sample.
PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, customers=2357)


@pytest.fixture(scope="module")
def calibration() -> Histories:
    from conftest import SHARED

    if not SHARED.is_dir():
        pytest.skip(f"no reference data at {SHARED}; set FENJI_SHARED_DATA to run this test")
    return of_orders(cdnow.orders(SHARED), cdnow.CALIBRATED)


def test_bg_nbd_gives_the_published_parameters(calibration: Histories) -> None:
    found = fit_bg_nbd(calibration)
    assert [round(value, 3) for value in (found.r, found.alpha, found.a, found.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(found.log_likelihood, 1) == -9582.4
    assert found.customers == 2357
    assert found.at_the_edge == ()


def test_gamma_gamma_gives_the_published_parameters(calibration: Histories) -> None:
    found = fit_gamma_gamma(calibration)
    assert found.customers == 946
    for value, published in zip((found.p, found.q, found.v), (6.25, 3.74, 15.44), strict=True):
        assert value == pytest.approx(published, abs=0.005)
    assert found.log_likelihood == pytest.approx(-4055.92, abs=0.01)


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [(0.1429, 0.0078), (1.0, 0.0532), (3.0, 0.1506), (31.8571, 1.0405), (32.0, 1.0437), (78.0, 1.8576)],
)
def test_purchases_of_a_new_customer_are_the_published_ones(
    calibration: Histories, weeks: float, expected: float
) -> None:
    # The authors' spreadsheet, as quoted in the tests of the package lifetimes; it cuts the series short, seen at 78 weeks.
    found = fit_bg_nbd(calibration).purchases_of_a_new_customer(weeks)
    assert found == pytest.approx(expected, abs=0.0004 if weeks == 78 else 0.00006)


def test_the_purchases_expected_of_a_known_customer_are_the_published_ones() -> None:
    # Customer 0001 of the spreadsheet: x = 2, t_x = 30.43, T = 38.86, 39 weeks ahead.
    (expected,) = PUBLISHED.purchases(of_rows([(1, 272, 213, 2, 2, 4469)]), 39.0)
    assert expected == pytest.approx(1.226, abs=0.001)


def test_the_expectations_add_up_to_about_what_the_holdout_has(calibration: Histories, shared: Path) -> None:
    expected = float(fit_bg_nbd(calibration).purchases(calibration, cdnow.WEEKS).sum())
    days = {(customer, day) for customer, day, amount in cdnow.orders(shared) if amount and day > cdnow.CALIBRATED}
    assert 0.85 < expected / len(days) < 1.15
