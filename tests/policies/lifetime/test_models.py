"""BG/NBD and Gamma–Gamma against integrals and simulated customers, and what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from policies.lifetime import likelihood
from policies.lifetime.bg_nbd import BgNbd, fit_bg_nbd
from policies.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from policies.lifetime.history import Histories, of_orders, of_rows
from policies.lifetime.value import fit_lifetime
from policies.refusal import Refusal


def by_series(model: BgNbd, repeats: int, age: float, weeks: float) -> float:
    """The purchases expected of an active customer as the paper writes them, with the series of 2F1 in 60 digits."""
    with localcontext(prec=60):
        r, alpha, a, b, time, ahead = map(Decimal, (model.r, model.alpha, model.a, model.b, age, weeks))
        z = ahead / (alpha + time + ahead)
        first, second, third = r + repeats, b + repeats, a + b + repeats - 1
        term = series = Decimal(1)
        for k in range(100_000):
            term *= (first + k) * (second + k) / ((third + k) * (k + 1)) * z
            series += term
            if abs(term) < abs(series) * Decimal("1e-40"):
                break
        return float(third / (a - 1) * (1 - (1 - z) ** first * series))


@given(
    r=st.floats(0.05, 20), alpha=st.floats(0.2, 50), a=st.floats(1e-4, 8).filter(lambda a: abs(a - 1) > 1e-9),
    b=st.floats(1.05, 8000), repeats=st.integers(0, 300), age=st.floats(1, 500), ahead=st.floats(0.01, 20),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_expected_purchases_are_those_of_the_papers_formula(
    r: float, alpha: float, a: float, b: float, repeats: int, age: float, ahead: float
) -> None:
    weeks = ahead * (alpha + age)
    model = BgNbd(r, alpha, a, b, 0.0, 0)
    (found,) = model._while_active(np.array([repeats]), np.array([age]), weeks)
    assert found == pytest.approx(by_series(model, repeats, age, weeks), rel=1e-5)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (0.4, 0.6)])
def test_expected_purchases_have_no_hole_where_the_formula_divides_by_zero(a: float, b: float) -> None:
    beside = BgNbd(0.3, 4.0, a + 1e-6, b, 0.0, 0).purchases_of_a_new_customer(30.0)
    assert BgNbd(0.3, 4.0, a, b, 0.0, 0).purchases_of_a_new_customer(30.0) == pytest.approx(beside, rel=1e-5)


def simulated(model: BgNbd, worth: GammaGamma, customers: int, days: int, seed: int = 7) -> list[tuple[int, date, int]]:
    """Orders drawn from both models: everybody buys first in the first quarter of the days; exact to the day."""
    draw = np.random.default_rng(seed)
    orders = []
    for customer in range(customers):
        rate, leaving = draw.gamma(model.r, 1 / model.alpha) / 7, draw.beta(model.a, model.b)
        scale = 1 / draw.gamma(worth.q, 1 / worth.v)
        at = float(draw.integers(0, days // 4))
        while at < days:
            amount = max(1, round(draw.gamma(worth.p, scale) * worth.unit))
            orders.append((customer, date.fromordinal(730_000 + int(at)), amount))
            if len(orders) > 1 and orders[-2][0] == customer and draw.random() < leaving:
                break
            at += draw.exponential(1 / rate) if rate > 0 else days
    return orders


END = date.fromordinal(730_000 + 700)


def test_the_parameters_of_simulated_customers_are_found_again() -> None:
    drawn, worth = BgNbd(0.8, 6.0, 0.9, 4.0, 0.0, 0), GammaGamma(5.0, 4.0, 20.0, 0.0, 0)
    found = fit_lifetime(of_orders(simulated(drawn, worth, 6000, 700), END))
    assert found.purchases.at_the_edge == found.amount.at_the_edge == ()
    assert (found.purchases.r, found.purchases.alpha) == pytest.approx((drawn.r, drawn.alpha), rel=0.15)
    leaving = drawn.a / (drawn.a + drawn.b)
    assert found.purchases.a / (found.purchases.a + found.purchases.b) == pytest.approx(leaving, rel=0.15)
    assert (found.amount.p, found.amount.q, found.amount.v) == pytest.approx((worth.p, worth.q, worth.v), rel=0.25)
    (mean,), (drawn_mean,) = (model.mean_amount(of_rows([(1, 0, 0, 0, 0, 0)])) for model in (found.amount, worth))
    assert mean == pytest.approx(drawn_mean, rel=0.05)


def test_the_order_of_orders_and_customers_changes_no_digit() -> None:
    orders = simulated(BgNbd(0.8, 6.0, 0.9, 4.0, 0.0, 0), GammaGamma(5.0, 4.0, 20.0, 0.0, 0), 300, 700)
    forward, backward = of_orders(orders, END), of_orders(orders[::-1], END)
    assert fit_lifetime(forward) == fit_lifetime(backward)
    turned = of_rows(list(zip(*(column.tolist()[::-1] for column in vars(forward).values()), strict=True)))
    assert fit_lifetime(turned) == fit_lifetime(forward)
    value = fit_lifetime(forward).value(forward, 26.0)
    assert value.tolist() == fit_lifetime(turned).value(turned, 26.0).tolist()[::-1]
    assert value.dtype == np.int64


def test_the_parameters_do_not_hang_on_where_the_search_starts_or_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = simulated(BgNbd(0.8, 6.0, 0.9, 4.0, 0.0, 0), GammaGamma(5.0, 4.0, 20.0, 0.0, 0), 300, 700)
    found = of_orders(orders, END)
    exact = fit_bg_nbd(found)

    def elsewhere(slope: Any, start: Any, **given: Any) -> Any:
        return minimize(slope, start + 0.7, **{**given, "options": {"gtol": 3e-7, "ftol": 1e-14}})

    monkeypatch.setattr(likelihood, "minimize", elsewhere)
    assert fit_bg_nbd(found) == exact
    monkeypatch.setattr(likelihood, "MOST_STEPS", 0)
    assert fit_bg_nbd(found) != exact


def test_customers_who_never_leave_run_to_the_edge_and_still_have_a_value() -> None:
    orders = simulated(BgNbd(3.0, 6.0, 1e-3, 4.0, 0.0, 0), GammaGamma(5.0, 4.0, 20.0, 0.0, 0), 300, 700)
    found = of_orders(orders, END)
    model = fit_bg_nbd(found)
    expected = model.purchases(found, 26.0)
    assert np.isfinite(expected).all()
    assert expected.sum() == pytest.approx(sum(found.repeats) / found.age.sum() * 7 * 26 * 300, rel=0.1)


def test_who_bought_once_is_expected_at_the_mean_of_all_and_regulars_at_their_own() -> None:
    model = GammaGamma(p=6.25, q=3.74, v=15.44, log_likelihood=0.0, customers=0)
    once, often = model.mean_amount(of_rows([(1, 100, 0, 0, 0, 0), (2, 100, 90, 1000, 1000, 5_000_000)]))
    assert once == pytest.approx(100 * 6.25 * 15.44 / 2.74)
    assert often == pytest.approx(5000, rel=0.01)


def test_a_longer_absence_makes_a_regular_less_likely_to_be_active() -> None:
    model = BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, 0)
    chances = model.active(of_rows([(1, 280, 0, 0, 0, 0), (2, 280, 273, 10, 10, 1), (3, 280, 140, 10, 10, 1)]))
    assert chances[0] == 1
    assert 1 > chances[1] > 0.5 > chances[2] > 0


def many(**given: list[int]) -> Histories:
    """A hundred customers, of whom the lists tell the first ones, the others never bought again."""
    columns = {"customer_id": list(range(100)), "age": [100] * 100, **{name: [0] * 100 for name in
               ("recency", "repeats", "priced", "repeat_amount")}}  # fmt: skip
    for name, values in given.items():
        columns[name][: len(values)] = values
    return of_rows(list(zip(*columns.values(), strict=True)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recency": [5], "repeats": [-1]}, "negative time or number of purchases .*repeats -1"),
        ({"recency": [101], "repeats": [1]}, "last purchase after the day .*recency 101"),
        ({"repeats": [2]}, "repeat purchases without time between them"),
        ({"recency": [5]}, "or time without them"),
        ({"recency": [5], "repeats": [1], "priced": [2], "repeat_amount": [9]}, "more amounts than repeat purchases"),
        ({"recency": [5], "repeats": [1], "priced": [1]}, "zero or negative amount .*repeat_amount 0"),
        ({"recency": [5], "repeats": [1], "priced": [1], "repeat_amount": [-3]}, "zero or negative amount"),
    ],
)
def test_a_history_that_cannot_be_is_refused_with_its_customer(given: dict[str, list[int]], message: str) -> None:
    with pytest.raises(Refusal, match=f"Customer 0 has .*{message}"):
        many(**given)


def test_too_few_customers_or_repeat_buyers_are_refused() -> None:
    with pytest.raises(Refusal, match="50 who tell something, but 0 customers have bought;"):
        fit_bg_nbd(of_rows([]))
    with pytest.raises(Refusal, match="10 who tell something, but 0 customers have bought again;"):
        fit_bg_nbd(many())
    with pytest.raises(Refusal, match="10 customers with a repeat purchase of known amount, but 0 have one;"):
        fit_gamma_gamma(many(recency=[5] * 20, repeats=[1] * 20))


def test_amounts_without_a_finite_mean_are_refused() -> None:
    wide = [2 ** (i // 2) * 100 for i in range(60)]
    regular = [100] * 60
    with pytest.raises(Refusal, match="their mean over all customers has no end"):
        fit_gamma_gamma(many(recency=regular, repeats=regular, priced=regular, repeat_amount=wide))


def test_orders_after_the_day_are_not_seen() -> None:
    orders = [
        (1, date(2025, 1, 1), 500),
        (1, date(2025, 2, 1), 700),
        (1, date(2025, 2, 1), 50),
        (1, date(2025, 3, 1), 0),
    ]
    found = of_orders([*orders, (1, date(2026, 1, 1), 9), (2, date(2026, 1, 1), 9)], date(2025, 12, 31))
    assert [column.tolist() for column in vars(found).values()] == [[1], [364], [59], [2], [1], [750]]
