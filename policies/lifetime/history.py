"""Purchase histories: for each customer the age, the time of the last purchase, the repeat purchases and their amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from policies.lifetime import COLUMNS
from policies.refusal import Refusal

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
WEEK = 7


@dataclass(frozen=True)
class Histories:
    """One row a customer who has bought, all columns int64 of one length, counted up to a day t.

    ``age``: days from the first purchase to t; ``recency``: days from the first to the last purchase; ``repeats``: days of
    purchase after the first; ``priced``: those of them with a known amount above 0, and ``repeat_amount`` its sum in fen.
    """

    customer_id: Integers
    age: Integers
    recency: Integers
    repeats: Integers
    priced: Integers
    repeat_amount: Integers

    def __post_init__(self) -> None:
        """Refuse what no history can be, naming the first customer."""
        bought_again = self.repeats > 0
        for wrong, what in (
            ((self.recency < 0) | (self.repeats < 0), "a negative time or number of purchases"),
            (self.recency > self.age, "a last purchase after the day"),
            (bought_again != (self.recency > 0), "repeat purchases without time between them, or time without them"),
            ((self.priced < 0) | (self.priced > self.repeats), "more amounts than repeat purchases"),
            ((self.priced > 0) & (self.repeat_amount <= 0), "repeat purchases of zero or negative amount"),
        ):  # fmt: skip
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                found = ", ".join(f"{name} {int(getattr(self, name)[row])}" for name in COLUMNS[1:])
                raise Refusal(
                    f"Customer {int(self.customer_id[row])} has {what} ({found}); "
                    "count one purchase a day, and only amounts above 0 as priced.",
                    code="invalid",
                )

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer_id)

    @property
    def weeks(self) -> tuple[Floats, Floats]:
        """Return recency and age in weeks."""
        return self.recency / WEEK, self.age / WEEK


def of_orders(orders: Iterable[tuple[int, date, int]], day: date) -> Histories:
    """Return the histories at the end of ``day`` from orders (customer, date, amount in fen), in any order.

    Later orders are not seen.  Orders of one day are one purchase, also when they were free; its amount counts when it is
    above 0.
    """
    days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for customer, ordered_on, amount in orders:
        if ordered_on <= day:
            days[customer][ordered_on] += amount
    rows = []
    for customer, amounts in sorted(days.items()):
        first, last = min(amounts), max(amounts)
        priced = [amount for on, amount in amounts.items() if on > first and amount > 0]
        rows.append((customer, (day - first).days, (last - first).days, len(amounts) - 1, len(priced), sum(priced)))
    return of_rows(rows)


def of_rows(rows: Sequence[tuple[int, ...]]) -> Histories:
    """Return the histories of rows of COLUMNS."""
    return Histories(*np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS)).T)


def read(path: Path) -> Histories:
    """Return the histories of a Parquet file with COLUMNS; Refusal when it is not there."""
    if not path.exists():
        raise Refusal(
            f"There are no purchase histories at {path}; the folder is of an older backtest, run `fenji backtest run` again.",
            code="file_invalid",
        )
    query = f"select {', '.join(COLUMNS)} from read_parquet(?) order by customer_id"  # noqa: S608 - our own names
    found = duckdb.connect().execute(query, [str(path)]).fetchnumpy()
    return Histories(*(np.asarray(found[name], dtype=np.int64) for name in COLUMNS))
