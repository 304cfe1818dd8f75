"""What a sweep sums by place: customers, unknown amounts and money, as columns of whole numbers that no float rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.sweep.levels import Integers, Levels
from policies.sweep.sums import limbs


@dataclass(frozen=True)
class Measures:
    """What is summed over customers: columns of whole numbers below 2^bits, and how they make up the measures again."""

    columns: list[Integers]
    widths: list[int]
    bits: int

    @classmethod
    def of(cls, levels: Levels, bits: int) -> Measures:
        """Return customers, unknown amounts, amount and next amount, the money in limbs."""
        wanted = [np.ones(len(levels.customers), np.int64), (~levels.amount.known).astype(np.int64), levels.amount.fen]
        wanted += [levels.next_amount.fen] if levels.next_amount else []
        split = [limbs(measure, bits) for measure in wanted]
        return cls([limb for one in split for limb in one], [len(one) for one in split], bits)

    def whole(self, found: NDArray[Any]) -> NDArray[Any]:
        """Return (..., 4) exact whole numbers from (..., columns), int64 or, where they could be larger, Python's.

        The next amount is 0 where there is no file of outcomes.
        """
        large = any(len(self.columns[0]) << (self.bits * width) >= 2**62 for width in self._used)
        exact = found.astype(object) if large else found.astype(np.int64)
        if large and found.dtype.kind == "f":
            exact = np.vectorize(int, otypes=[object])(exact)
        made, first = [], 0
        for width in self.widths:
            made.append(sum(exact[..., first + i] * (1 << (self.bits * i)) for i in range(width)))
            first += width
        return np.stack([*made, *([made[0] * 0] * (4 - len(made)))], axis=-1)

    @property
    def _used(self) -> list[int]:
        """Return the bits of each money's greatest value, in limbs of ``bits``, rounded up."""
        return [width for width in self.widths if width > 1]
