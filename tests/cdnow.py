"""CDNOW's sample of 2,357 customers: orders, the end of the 39 weeks to calibrate on, and what was bought in the next 39."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

Order = tuple[int, date, int]
CALIBRATED = date(1997, 9, 30)
LAST = date(1998, 6, 30)
WEEKS = 39.0


def orders(shared: Path) -> list[Order]:
    """Return (customer, date, amount in cents) of every transaction."""
    found = []
    for line in (shared / "cdnow/CDNOW_sample.txt").read_text(encoding="ascii").splitlines():
        _, customer, day, _, amount = line.split()
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
