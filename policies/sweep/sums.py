"""Sums of money by group in exact whole numbers, split in limbs whose sums a double holds exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A limb below 2^24 of fewer than 2^29 customers sums to less than 2^53.
BITS = 24


def limbs(fen: NDArray[np.int64], bits: int = BITS) -> list[NDArray[np.int64]]:
    """Return whole numbers as limbs of ``bits``, the lowest first; only the last may be negative."""
    found, rest = [], fen
    while len(rest) and (int(rest.max()) >= 1 << bits or int(rest.min()) <= -(1 << bits)):
        found.append(rest & ((1 << bits) - 1))
        rest = rest >> bits
    return [*found, rest]


def sums(group: NDArray[np.generic], fen: NDArray[np.int64], size: int, bits: int = BITS) -> list[int]:
    """Return the sum of ``fen`` over the members of each group 0, 1, ..., size - 1."""
    found = [0] * size
    for place, limb in enumerate(limbs(fen, bits)):
        for i, value in enumerate(np.bincount(group, weights=limb, minlength=size).tolist()):
            found[i] += int(value) << (bits * place)
    return found
