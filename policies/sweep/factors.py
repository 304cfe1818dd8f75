"""The contributions of many plans as two factors: weights by variant and points by code, where they are in one proportion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.plan import Plan
from policies.sweep.coded import Coded
from policies.sweep.levels import Codes, Integers, Levels

Floats = NDArray[Any]


@dataclass(frozen=True)
class Factorised:
    """Contributions of some customers as a product: ``left`` (variants, columns) times ``right`` (columns, customers), plus ``base``."""

    left: Floats
    columns: list[tuple[str, NDArray[Any]]]
    base: Integers


def factors(blocks: Mapping[str, Integers], codes: Mapping[str, Codes], kind: Any) -> Factorised:
    """Return the contributions of customers with some fine codes by word as factors of a ``kind`` of floating point."""
    plans = next(iter(blocks.values())).shape[0]
    base = np.zeros(plans, np.int64)
    left, columns = [], list[tuple[str, NDArray[Any]]]()
    for word, block in blocks.items():
        present = np.flatnonzero(np.bincount(codes[word], minlength=block.shape[1]))
        base += block[:, present[0]]
        rest = block[:, present] - block[:, present[:1]]
        if not rest.any():
            continue
        direction = _direction(rest)
        if direction is not None:
            spread = np.zeros(block.shape[1], kind)
            spread[present] = direction[1]
            left.append(direction[0])
            columns.append((word, spread))
            continue
        for place, code in enumerate(present):
            if rest[:, place].any():
                hot = np.zeros(block.shape[1], kind)
                hot[code] = 1
                left.append(rest[:, place])
                columns.append((word, hot))
    matrix = np.stack(left, axis=1).astype(kind) if left else np.zeros((plans, 0), kind)
    return Factorised(matrix, columns, base)


def blocks_of(levels: Levels, plans: Sequence[Plan], best: bool) -> dict[str, Integers]:
    """Return by word the contributions (plans, fine codes) of all its indicators: at their worst, or at their ``best``."""
    found: dict[str, Integers] = {}
    for i, plan in enumerate(plans):
        coded = Coded(levels, plan)
        for part in plan.indicators:
            word = plan.axes[part.axis].word.name
            table = coded.table(part.axis)
            block = found.setdefault(word, np.zeros((len(plans), len(table)), np.int64))
            values = [part.missing_best, *part.contributions[1:]] if best else part.contributions
            block[i] += np.array(values, np.int64)[table]
    return found


def _direction(rest: Integers) -> tuple[Integers, Integers] | None:
    """Return whole numbers whose outer product is the block, where all its rows are in one proportion."""
    rows = rest[rest.any(axis=1)]
    first = rows[0] // np.gcd.reduce(rows[0])
    place = int(np.flatnonzero(first)[0])
    times, left = np.divmod(rest[:, place], first[place])
    return (times, first) if not left.any() and np.array_equal(np.outer(times, first), rest) else None
