"""Panels of customers made by hand, for the figures of a backtest."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from policies.backtest.panel import OUTSIDE, Panel, Places, Side

SABC = Places(("S", "A", "B", "C"))
# (place under the champion, place under the candidate, amount, next amount)
Customer = tuple[str, str, int | None, int]

GRADED = pa.schema(
    [("customer_id", pa.int64()), ("status", pa.string()), ("tier", pa.string()), ("worst", pa.int64()), ("best", pa.int64()),
     ("levels", pa.int64())]
)  # fmt: skip


def panel_of(rows: Sequence[Customer]) -> Panel:
    """A panel of given customers, numbered from 1; their totals fall with their number."""
    panel, numbers = Panel(), range(1, len(rows) + 1)
    amounts, later = (pa.array([row[i] for row in rows], pa.int64()) for i in (2, 3))
    known = pa.table({"id": pa.array(numbers, pa.int64()), "amount": amounts, "later": later})
    panel.connection.register("known", known)
    panel.connection.execute(
        "insert into customers select id, amount, amount // 4, 1, later, (later > 0)::bigint, 0, later // 5, 0, later from known"
    )
    sides: tuple[tuple[Side, int], ...] = (("champion", 0), ("candidate", 1))
    for side, column in sides:
        graded = [
            {"customer_id": n, "status": row[column] if row[column] in OUTSIDE else "graded",
             "tier": None if row[column] in OUTSIDE else row[column], "worst": -n, "best": -n, "levels": 0}
            for n, row in zip(numbers, rows, strict=True)
        ]  # fmt: skip
        panel.place(side, SABC, panel.connection.from_arrow(pa.Table.from_pylist(graded, schema=GRADED)))
    return panel
