"""BG/NBD: how many purchases a customer is expected to make, from how often and how lately it bought.

While a customer is active it buys at a Poisson rate that is gamma distributed (r, alpha) over customers; after each purchase
it leaves for good with a probability that is beta distributed (a, b).  Peter S. Fader, Bruce G. S. Hardie and Ka Lok Lee,
"'Counting Your Customers' the Easy Way: An Alternative to the Pareto/NBD Model", Marketing Science 24 (2005) 275–284.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import digamma, expit, gammaln

from policies.lifetime.history import Floats, Histories, Integers
from policies.lifetime.likelihood import Likelihood, fit
from policies.refusal import Refusal

FEWEST = 50  # customers, below which four parameters say little
FEWEST_REPEATING = 10
NODES = 100  # of the quadrature: five digits while the weeks ahead are up to twenty times alpha + age


@dataclass(frozen=True)
class BgNbd:
    """A fitted model: r and alpha (weeks) of the rate, a and b of the leaving, and how it was fitted."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    at_the_edge: tuple[str, ...] = ()

    def active(self, found: Histories) -> Floats:
        """Return for each customer the probability of being active at its age (Fader & Hardie 2008, note 021)."""
        repeats, (recency, age) = found.repeats, found.weeks
        against = (self.r + repeats) * np.log((self.alpha + age) / (self.alpha + recency)) + np.log(
            self.a / (self.b + np.maximum(repeats, 1) - 1)
        )
        return np.where(repeats == 0, 1.0, expit(-against))

    def purchases(self, found: Histories, weeks: float) -> Floats:
        """Return for each customer the purchases expected in the next ``weeks`` (equation 10 of the paper)."""
        return self._while_active(found.repeats, found.weeks[1], weeks) * self.active(found)

    def purchases_of_a_new_customer(self, weeks: float) -> float:
        """Return the repeat purchases expected in the ``weeks`` after a customer's first (equation 9)."""
        return float(self._while_active(np.zeros(1, dtype=np.int64), np.zeros(1), weeks)[0])

    def _while_active(self, repeats: Integers, age: Floats, weeks: float) -> Floats:
        """Return the purchases expected of customers that are active at their age.

        The mean, over what a history of x repeats says of p, of (1 - (1 + p t / (alpha + T))^-(r + x)) / p, where p is
        beta distributed (a, b + x): the paper writes this integral as a hypergeometric function, which SciPy gives as
        infinite for some regular customers, and which divides by zero at a = 1.  The quadrature does neither.
        """
        expected = np.empty(len(repeats))
        for number in np.unique(repeats):
            these = repeats == number
            p, weights = _beta_nodes(self.a, self.b + float(number))
            faster = np.outer(weeks / (self.alpha + age[these]), p)
            expected[these] = -np.expm1(-(self.r + number) * np.log1p(faster)) / p @ weights
        return expected


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return NODES points in (0, 1) and weights whose sum over a function is its mean over a beta distribution.

    Gauss and Jacobi's quadrature from the recurrence of the polynomials (Golub & Welsch 1969); SciPy's own overflows for
    large b.
    """
    k = np.arange(1, NODES)
    ends = 2 * k + a + b - 2
    first = (a - b) / (a + b)
    diagonal = np.concatenate([[first], (a - b) * (a + b - 2) / (ends * (ends + 2))])
    beside = 4 * k * (k + b - 1) * (k + a - 1) * (k + a + b - 2)
    beside[0] = 4 * a * b
    below = ends**2 * (ends + 1) * (ends - 1)
    below[0] = (a + b) ** 2 * (a + b + 1)
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(beside / below))
    return np.maximum((nodes + 1) / 2, 1e-18), vectors[0] ** 2


def fit_bg_nbd(found: Histories) -> BgNbd:
    """Return the model of greatest likelihood; Refusal for too few customers, or too few who bought again."""
    repeating = int((found.repeats > 0).sum())
    for number, fewest, whom in (
        (len(found), FEWEST, "customers have bought"),
        (repeating, FEWEST_REPEATING, "customers have bought again"),
    ):
        if number < fewest:
            raise Refusal(
                f"BG/NBD needs {fewest} who tell something, but {number} {whom}; take more customers or a longer history.",
                code="invalid",
            )
    rows, weights = np.unique(np.stack([found.repeats, *found.weeks], axis=1), axis=0, return_counts=True)
    repeats, recency, age = rows.T
    if not age.any():
        raise Refusal("BG/NBD needs time to have passed, but everyone bought first on the day; take a later day.",
                      code="invalid")  # fmt: skip
    scale = float(age.mean())
    done = fit(("r", "alpha", "a", "b"), _likelihood(repeats, recency, age), weights.astype(np.float64),
               (1.0, scale, 1.0, 1.0), "BG/NBD")  # fmt: skip
    return BgNbd(
        **done.parameters, log_likelihood=done.log_likelihood, customers=len(found), at_the_edge=done.at_the_edge
    )


def _likelihood(repeats: Floats, recency: Floats, age: Floats) -> Likelihood:
    """Return the log-likelihood of each row (section 4.2 of the paper) and its derivatives by r, alpha, a and b.

    Two ways lead to a row: still active at the age, or gone after the last purchase.  They are added by their logarithms.
    """
    again = repeats > 0

    def likelihood(parameters: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = parameters
        stays = -(r + repeats) * np.log(alpha + age)
        with np.errstate(divide="ignore"):
            leaves = np.where(
                again,
                np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) - (r + repeats) * np.log(alpha + recency),
                -np.inf,
            )
        both = np.logaddexp(stays, leaves)
        gone = np.exp(leaves - both)
        values = (
            gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) - gammaln(a + b + repeats) + gammaln(b + repeats) - gammaln(b) + both
        )  # fmt: skip
        of_both = digamma(a + b) - digamma(a + b + repeats)
        derivatives = np.stack([
            digamma(r + repeats) - digamma(r) + np.log(alpha) - (1 - gone) * np.log(alpha + age) - gone * np.log(alpha + recency),
            r / alpha - (r + repeats) * ((1 - gone) / (alpha + age) + gone / (alpha + recency)),
            of_both + gone / a,
            of_both + digamma(b + repeats) - digamma(b) - gone / (b + np.maximum(repeats, 1) - 1),
        ])  # fmt: skip
        return values, derivatives

    return likelihood
