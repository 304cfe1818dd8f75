"""Noise on the weights: many policies whose weights are drawn around those of one, and whose tier stays what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from policies.compiler import compile_plan
from policies.document import Card, Policy
from policies.refusal import Refusal
from policies.sweep.change import Form, rebuilt
from policies.sweep.levels import Levels
from policies.version import canonical

# Weights are drawn as whole basis points, so that every total stays exact.
UNIT = 10_000


@dataclass(frozen=True)
class Steadiness:
    """The customers of one place: how many keep it in every draw, and in how many draws and customers it is kept together."""

    place: str
    customers: int
    always: int
    kept: int


@dataclass(frozen=True)
class Noise:
    """What the draws did: ``concentration`` is that of the Dirichlet distribution, ``moved`` how many customers each draw moves."""

    draws: int
    concentration: int
    seed: int
    places: tuple[Steadiness, ...]
    moved: tuple[int, ...]

    @property
    def customers(self) -> int:
        """Return the number of all customers."""
        return sum(place.customers for place in self.places)

    @property
    def always(self) -> Fraction:
        """Return the share of the customers who keep their place in every draw."""
        return Fraction(sum(place.always for place in self.places), max(self.customers, 1))

    @property
    def kept(self) -> Fraction:
        """Return the share of the customers who keep their place, on average over the draws."""
        return Fraction(sum(place.kept for place in self.places), max(self.customers * self.draws, 1))


def noise(levels: Levels, document: Policy, *, draws: int = 200, concentration: int = 200, seed: int = 1) -> Noise:
    """Draw the shares of all indicators from a Dirichlet distribution around the document's, and grade with each draw.

    A share w then has the standard deviation sqrt(w (1 - w) / (concentration + 1)).  The same seed gives the same draws
    (NumPy's PCG64), rounded to basis points that sum to 100 %.  Refusal for a policy without weights.
    """
    graded = levels.grade(compile_plan(document))
    before, kept = graded.place, np.zeros(len(graded.place), np.int64)
    moved = []
    for policy in perturbed(document, draws=draws, concentration=concentration, seed=seed):
        same = levels.grade(compile_plan(policy)).place == before
        kept += same
        moved.append(int(len(same) - np.count_nonzero(same)))
    places = []
    for place, name in enumerate(graded.places):
        here = kept[before == place]
        places.append(Steadiness(name, len(here), int(np.count_nonzero(here == draws)), int(here.sum())))
    return Noise(draws, concentration, seed, tuple(places), tuple(moved))


def perturbed(document: Policy, *, draws: int, concentration: int, seed: int) -> list[Policy]:
    """Return documents with drawn weights; each indicator keeps one basis point at least."""
    if not isinstance(document, Card) or document.weights == "points":
        raise Refusal(f"{document.id} has no weights to draw; noise is for weighted scorecards.", code="invalid")
    if draws < 1 or concentration < 1:
        raise Refusal(f"{draws} draws at a concentration of {concentration}: both must be 1 or more.", code="invalid")
    shares = [document.share(dimension, part) or Fraction(0) for dimension, part, _ in document.indicators]
    alpha = np.array([float(share * concentration) for share in shares])
    drawn = np.random.Generator(np.random.PCG64(seed)).dirichlet(alpha, draws)
    form: Form = json.loads(canonical(document.model_copy(update={"cases": (), "interpretations": ()})))
    return [_weighed(form, _rounded(row)) for row in drawn]


def _rounded(shares: NDArray[np.float64]) -> list[int]:
    """Return shares as basis points that sum to UNIT, by largest remainder, none of them 0."""
    points = np.maximum(np.floor(shares * UNIT).astype(np.int64), 1)
    order = np.argsort(-(shares * UNIT - np.floor(shares * UNIT)), kind="stable")
    left = int(UNIT - points.sum())
    for place in order[: max(left, 0)]:
        points[place] += 1
    while (over := int(points.sum() - UNIT)) > 0:  # what the least shares were given is taken from the largest
        largest = int(np.argmax(points))
        points[largest] -= min(over, int(points[largest]) - 1)
    return [int(point) for point in points]


def _weighed(form: Form, points: list[int]) -> Policy:
    left = iter(points)
    for dimension in form["dimensions"]:
        mine = [Fraction(next(left), UNIT) for _ in dimension["indicators"]]
        weight = sum(mine, Fraction(0))
        dimension["weight"] = str(weight)
        for part, share in zip(dimension["indicators"], mine, strict=True):
            part["weight"] = str(share if form["weights"] == "absolute" else share / weight)
    return rebuilt(form)
