"""Gamma–Gamma: what a customer's purchases are worth on average, drawn towards the mean of all the less it has bought.

Amounts of one customer are gamma distributed (shape p) about its own mean, and the rates of these gammas are gamma
distributed (q, v) over customers, independent of how often they buy.  Peter S. Fader and Bruce G. S. Hardie, "The
Gamma-Gamma Model of Monetary Value" (2013), brucehardie.com/notes/025.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from policies.lifetime.history import Floats, Histories
from policies.lifetime.likelihood import Likelihood, fit
from policies.refusal import Refusal

FEWEST = 10  # customers with a repeat purchase of known amount


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model: p, q, v (in ``unit`` fen), and how it was fitted."""

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    unit: int = 100
    at_the_edge: tuple[str, ...] = ()

    def mean_amount(self, found: Histories) -> Floats:
        """Return for each customer the expected mean amount of a purchase in fen (equation 5 of the note)."""
        amount = found.repeat_amount / self.unit
        mean = self.p * (self.v + amount) / (self.p * found.priced + self.q - 1)
        return np.asarray(mean * self.unit, dtype=np.float64)


def fit_gamma_gamma(found: Histories, unit: int = 100) -> GammaGamma:
    """Return the model of greatest likelihood over customers with repeat purchases of known amount.

    Amounts are taken in ``unit`` fen, which decides v and the log-likelihood.  Refusal for too few customers, and where
    the mean of all has no end (q up to 1).
    """
    again = found.priced > 0
    customers = int(again.sum())
    if customers < FEWEST:
        raise Refusal(
            f"Gamma–Gamma needs {FEWEST} customers with a repeat purchase of known amount, but {customers} have one; "
            "take more customers or a longer history.",
            code="invalid",
        )
    pairs = np.stack([found.priced[again], found.repeat_amount[again]], axis=1)
    rows, weights = np.unique(pairs, axis=0, return_counts=True)
    purchases, amount = rows[:, 0].astype(np.float64), rows[:, 1] / unit
    scale = float((amount / purchases).mean())
    done = fit(
        ("p", "q", "v"), _likelihood(purchases, amount), weights.astype(np.float64), (1.0, 2.0, scale), "Gamma–Gamma"
    )
    if done.parameters["q"] <= 1:
        raise Refusal(
            f"The amounts are spread so widely (q = {done.parameters['q']}) that their mean over all customers has no end; "
            "rank by expected purchases, or leave out the largest orders.",
            code="invalid",
        )
    return GammaGamma(**done.parameters, log_likelihood=done.log_likelihood, customers=customers, unit=unit,
                      at_the_edge=done.at_the_edge)  # fmt: skip


def _likelihood(purchases: Floats, amount: Floats) -> Likelihood:
    """Return the log-likelihood of each row's mean amount (equation 1a) and its derivatives by p, q and v."""
    of_mean = np.log(amount / purchases)
    of_amount, of_purchases = np.log(amount), np.log(purchases)

    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        p, q, v = parameters
        shape, whole = p * purchases, v + amount
        values = (
            gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v / whole)
            + (shape - 1) * of_mean + shape * (of_purchases - np.log(whole))
        )  # fmt: skip
        derivatives = np.stack([
            purchases * (digamma(shape + q) - digamma(shape) + of_amount - np.log(whole)),
            digamma(shape + q) - digamma(q) + np.log(v / whole),
            q / v - (shape + q) / whole,
        ])  # fmt: skip
        return values, derivatives

    return likelihood
