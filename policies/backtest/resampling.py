"""Resampling: paired bootstrap intervals of what both orders foretell, over the customers of all dates together.

Customers are drawn with replacement, each with all its dates and under both policies at once, so that a difference is
that of the same customers.  The draws are integers of a seeded generator whose stream NumPy promises to keep (PCG64),
the sums are integers, and each estimate is one division: every machine gets the same intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies.backtest.figure import statistic
from policies.backtest.panel import Panel, Side

if TYPE_CHECKING:  # NumPy comes with the extra notebooks; the application starts without it
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

# The 5th smallest and the 5th largest of 199 are the ends of a 95 % interval (Davison and Hinkley 1997, 5.2).
REPLICATES, EDGE, SEED = 199, 5, 1
TOGETHER = "together"
MEASURES = ("auc", "capture_20", "mean")
TOP = 20


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its 95 % percentile interval; None where some draw does not have the figure."""

    value: float
    low: float | None
    high: float | None

    def plain(self, measure: str) -> list[float | None]:
        """Return value, low and high for JSON: a mean in whole fen, the others at six digits."""
        ends = (self.value, self.low, self.high)
        if measure == "mean":
            return [None if end is None else round(end) for end in ends]
        return [statistic(end) for end in ends]


# By measure, then by side and ``difference``: candidate less champion.
Estimates = dict[str, dict[str, Estimate]]


@dataclass(frozen=True)
class _Order:
    """One policy's order in one sample: which customers (by number), sorted by place; where each place begins.

    The first ``leading`` places are those of the tier of interest and better.
    """

    customers: Integers
    bought: Integers
    amounts: Integers
    begins: Integers
    leading: int

    def measured(self, weights: Integers) -> tuple[float | None, ...]:
        """Return AUC, capture of the top 20 % and mean amount of the leading tiers, each customer weighted."""
        import numpy as np

        drawn = weights[self.customers]
        size, buyers, amount = (
            np.add.reduceat(values, self.begins) for values in (drawn, drawn * self.bought, drawn * self.amounts)
        )
        first = int(size[: self.leading].sum())
        mean = int(amount[: self.leading].sum()) / first if first else None
        return _auc(buyers, size - buyers), _capture(size, amount), mean


def _auc(buyers: Integers, others: Integers) -> float | None:
    there = others.cumsum()
    pairs = int(buyers.sum()) * int(there[-1])
    return int((buyers * (2 * (there[-1] - there) + others)).sum()) / (2 * pairs) if pairs else None


def _capture(size: Integers, amount: Integers) -> float | None:
    seats, passed, held = TOP * int(size.sum()), 100 * size.cumsum(), amount.cumsum()
    if not held[-1]:
        return None
    edge = int(passed.searchsorted(seats))
    before, captured = (int(passed[edge - 1]), int(held[edge - 1])) if edge else (0, 0)
    straddling = int(amount[edge]) * (seats - before) / (100 * int(size[edge])) if size[edge] else 0.0
    return (captured + straddling) / int(held[-1])


def estimates(panels: Mapping[str, Panel], tier: str) -> dict[str, Estimates]:
    """Return the figures of each date and of all together (``TOGETHER``) with their intervals.

    ``mean`` is the amount bought next, in fen, per customer of ``tier`` and better.  A champion without that tier has
    none.
    """
    import numpy as np

    rows = {day: _rows(panel) for day, panel in panels.items()}
    numbers = {
        customer: number for number, customer in enumerate(sorted({row[0] for of in rows.values() for row in of}))
    }
    samples = {**rows, TOGETHER: [row for of in rows.values() for row in of]}
    places = next(iter(panels.values())).places
    orders = {
        (day, side): _order(sample, numbers, 3 + 2 * at, 1 + each.tiers.index(tier) if tier in each.tiers else 0)
        for day, sample in samples.items() if sample for at, (side, each) in enumerate(places.items())
    }  # fmt: skip
    measured = {key: [order.measured(np.ones(len(numbers), np.int64))] for key, order in orders.items()}
    for replicate in range(REPLICATES if numbers else 0):
        raw = np.random.PCG64(np.random.SeedSequence([SEED, replicate])).random_raw(len(numbers))
        # The upper 32 bits times the number of customers, in 64 bits: a customer's number.
        drawn = ((raw >> np.uint64(32)) * np.uint64(len(numbers))) >> np.uint64(32)
        weights = np.bincount(drawn.astype(np.int64), minlength=len(numbers)).astype(np.int64)
        for key, order in orders.items():
            measured[key].append(order.measured(weights))
    return {
        day: _estimates({side: measured[day, side] for side in places}) for day, sample in samples.items() if sample
    }


# customer, buys next, amount next, then place in the order and score of each side
_Row = tuple[Any, ...]


def _rows(panel: Panel) -> list[_Row]:
    columns, joins = "", ""
    for side, places in panel.places.items():
        tiers = len(places.tiers)
        columns += f", least({side}.place, {tiers}), case when {side}.place < {tiers} then -{side}.rank end"
        joins += f" join placed {side} on {side}.customer_id = c.customer_id and {side}.side = '{side}'"
    query = f"select c.customer_id, (next_orders > 0)::bigint, next_amount{columns} from customers c{joins} order by 1"  # noqa: S608 - sides and numbers
    return panel.rows(query)


def _order(sample: Sequence[_Row], numbers: Mapping[int, int], column: int, leading: int) -> _Order:
    import numpy as np

    keyed = sorted(((row[column], row[column + 1] or 0), numbers[row[0]], row[1], row[2]) for row in sample)
    begins = [i for i, row in enumerate(keyed) if not i or row[0] != keyed[i - 1][0]]
    customers, bought, amounts = (np.array([row[i] for row in keyed], np.int64) for i in (1, 2, 3))
    if len(numbers) * int(amounts.max(initial=0)) >= 2**63:
        amounts = amounts // 100  # whole yuan, where sums of fen could leave 64 bits
    ahead = sum(keyed[i][0][0] < leading for i in begins)
    return _Order(customers, bought, amounts, np.array(begins, np.int64), ahead)


def _estimates(measured: Mapping[Side, Sequence[tuple[float | None, ...]]]) -> Estimates:
    found: Estimates = {}
    for at, measure in enumerate(MEASURES):
        values: dict[str, list[float | None]] = {side: [one[at] for one in each] for side, each in measured.items()}
        if "champion" in values:
            pairs = zip(values["candidate"], values["champion"], strict=True)
            values["difference"] = [None if a is None or b is None else a - b for a, b in pairs]
        found[measure] = {name: estimate for name, each in values.items() if (estimate := _interval(each)) is not None}
    return found


def _interval(values: Sequence[float | None]) -> Estimate | None:
    """Return the first value with the interval of the others; None without it."""
    value, *drawn = values
    if value is None:
        return None
    known = sorted(one for one in drawn if one is not None)
    if len(known) < len(drawn) or not known:
        return Estimate(value, None, None)
    return Estimate(value, known[EDGE - 1], known[-EDGE])
