"""CDNOW's sample of 2,357 customers: orders, the end of the 39 weeks to calibrate on, and what was bought in the next 39."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policies.backtest.panel import OUTCOMES
from policies.lifetime.history import of_orders
from policies.vocabulary import WORDS

Order = tuple[int, date, int]
CALIBRATED = date(1997, 9, 30)
LAST = date(1998, 6, 30)
WEEKS = 39.0


def orders(shared: Path, name: str = "CDNOW_sample.txt") -> list[Order]:
    """Return (customer, date, amount in cents) of every transaction."""
    found = []
    for line in (shared / "cdnow" / name).read_text(encoding="ascii").splitlines():
        if not line.split()[-1][0].isdigit():
            continue  # the heads of CDNOW_master.txt
        customer, day, _, amount = line.split()[-4:]
        dollars, cents = amount.split(".")
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        found.append((int(customer), on, int(dollars) * 100 + int(cents)))
    return found


def amounts(found: list[Order], after: date, until: date) -> Counter[int]:
    """Return what each customer bought in (after, until], 0 for the others."""
    total: Counter[int] = Counter()
    for customer, day, amount in found:
        total[customer] += amount if after < day <= until else 0
    return total


def write_inputs(
    folder: Path, found: list[Order], day: date = CALIBRATED, until: date = LAST
) -> tuple[Path, Path, Path]:
    """Write the snapshot of a day, what was bought in (day, until] and the histories, as Parquet; return their paths."""
    seen = sorted({customer for customer, on, _ in found if on <= day})
    last = {customer: on for customer, on, _ in sorted(found, key=lambda order: order[1]) if on <= day}
    before, after = amounts(found, date.min, day), amounts(found, day, until)
    times = Counter(customer for customer, on, _ in found if on <= day)
    later = Counter(customer for customer, on, _ in found if day < on <= until)
    rows = [
        {"customer_id": customer, **dict.fromkeys(word.name for word in WORDS), "status": "active",
         "amount_12m": before[customer], "amount_total": before[customer], "orders_total": times[customer],
         "days_since_order": (day - last[customer]).days}
        for customer in seen
    ]  # fmt: skip
    types = [(word.name, pa.string() if word.type == "category" else pa.int64()) for word in WORDS]
    table = pa.Table.from_pylist(rows, schema=pa.schema([("customer_id", pa.int64()), *types]))
    bought = [{"customer_id": customer, **dict.fromkeys(OUTCOMES, 0), "next_amount": after[customer],
               "next_orders": later[customer]} for customer in seen]  # fmt: skip
    history = of_orders(found, day)
    paths = (folder / "snapshot.parquet", folder / "outcomes.parquet", folder / "history.parquet")
    for path, content in zip(paths, (table, pa.Table.from_pylist(bought), pa.table(vars(history))), strict=True):
        pq.write_table(content, path)
    return paths
