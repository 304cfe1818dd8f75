"""The steps of a tornado: how far each kind of figure is moved."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Steps:
    """How far each kind of figure is moved: weights by points of a share, cuts of ladders in proportion, bands by points of the total."""

    weights: Fraction = Fraction(2, 100)
    cuts: Fraction = Fraction(10, 100)
    bands: Fraction = Fraction(1)
