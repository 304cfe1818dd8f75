"""Lifetime value over a horizon: the purchases expected of each customer times what one of them is expected to be worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.lifetime.bg_nbd import BgNbd, fit_bg_nbd
from policies.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from policies.lifetime.history import Histories, Integers


@dataclass(frozen=True)
class LifetimeModel:
    """The two models fitted to the same customers."""

    purchases: BgNbd
    amount: GammaGamma

    def value(self, found: Histories, weeks: float) -> Integers:
        """Return for each customer what it is expected to buy in the next ``weeks``, in fen, without discount."""
        expected = self.purchases.purchases(found, weeks) * self.amount.mean_amount(found)
        return np.rint(expected).astype(np.int64)


def fit_lifetime(found: Histories) -> LifetimeModel:
    """Return both models fitted to the customers; Refusal where one of them cannot be."""
    return LifetimeModel(fit_bg_nbd(found), fit_gamma_gamma(found))
