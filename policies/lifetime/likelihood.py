"""The greatest likelihood of positive parameters: one deterministic search from one start, refused when it does not converge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from policies.lifetime.history import Floats
from policies.refusal import Refusal

# Parameters, relative to their scale, are looked for between e^-9 and e^9.
WIDEST = 9.0
# The largest slope of the mean log-likelihood, by the logarithm of a parameter, that counts as level.
LEVEL = 1e-6
DIGITS = 6
# Steps of Newton at the end, how far aside the slope is taken for a curvature, and which curvature is as good as none.
MOST_STEPS, ASIDE, FLAT = 3, 1e-4, 1e-6
# Parameters to the log-likelihood of each row, and its derivatives by each parameter (one line a parameter).
Likelihood = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Fit:
    """Parameters to six significant digits, the log-likelihood there, and the parameters that ran to the edge of the search."""

    parameters: dict[str, float]
    log_likelihood: float
    at_the_edge: tuple[str, ...]


def fit(names: Sequence[str], likelihood: Likelihood, weights: Floats, scales: Sequence[float], model: str) -> Fit:
    """Return the parameters of the greatest weighted log-likelihood; Refusal when the search does not end on level ground.

    Minimises the negative mean log-likelihood over the logarithms of the parameters by L-BFGS-B (Byrd, Lu, Nocedal & Zhu
    1995) with exact derivatives, from ``scales``, and ends with steps of Newton, so that the last digit does not hang on
    where a search stops.  At the edge of the search the slope has to point outward.
    """
    everyone, start = float(weights.sum()), np.log(np.asarray(scales, dtype=np.float64))

    def slope(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        values, derivatives = likelihood(parameters)
        return -float(values @ weights) / everyone, -(derivatives @ weights) * parameters / everyone

    bounds = [(middle - WIDEST, middle + WIDEST) for middle in start]
    options = {"maxiter": 1000, "maxfun": 5000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20}
    found = minimize(slope, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    logs = np.asarray(found.x, dtype=np.float64)
    low, high = logs - start <= -WIDEST + 1e-6, logs - start >= WIDEST - 1e-6
    logs = _sharpened(lambda at: slope(at)[1], logs, np.flatnonzero(~(low | high)))
    steepness = slope(logs)[1]
    # Only what could still be followed counts: not the slope out of the box.
    left = np.where(low, np.minimum(steepness, 0), np.where(high, np.maximum(steepness, 0), steepness))
    if not (np.isfinite(found.fun) and np.abs(left).max() < LEVEL):
        raise Refusal(
            f"The {model} model does not converge on these customers (largest slope {np.abs(left).max():.1e}, "
            f"{found.nit} steps); take a longer history or more customers.",
            code="invalid",
        )
    parameters = np.array([float(f"{value:.{DIGITS}g}") for value in np.exp(logs)])
    values, _ = likelihood(parameters)
    edge = tuple(name for name, at in zip(names, low | high, strict=True) if at)
    return Fit(
        dict(zip(names, parameters.tolist(), strict=True)),
        round(fsum((values * weights).tolist()), DIGITS - 2),
        edge,
    )  # fmt: skip


def _sharpened(slope: Callable[[Floats], Floats], logs: Floats, free: NDArray[np.intp]) -> Floats:
    """Return the parameters after Newton's steps over the free ones; as they were where the ground is flat in some direction."""
    logs = logs.copy()
    for _ in range(MOST_STEPS):
        curvature = np.empty((len(free), len(free)))
        for line, place in enumerate(free):
            aside = np.zeros(len(logs))
            aside[place] = ASIDE
            curvature[line] = (slope(logs + aside) - slope(logs - aside))[free] / (2 * ASIDE)
        curvature = (curvature + curvature.T) / 2
        if not len(free) or np.linalg.eigvalsh(curvature)[0] < FLAT:
            break
        step = np.linalg.solve(curvature, -slope(logs)[free])
        if np.abs(step).max() > 0.1:
            break
        logs[free] += step
    return logs
