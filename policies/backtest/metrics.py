"""The figures of a backtest as plain integers, so that two runs write the same bytes on any machine.

Money in fen, shares in basis points, both rounded half to even from exact fractions; ``null`` where there is no figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.foresight import Outcome, breaks, capture, foresight, pooled
from policies.backtest.migration import Matrix, migration
from policies.backtest.panel import Panel, Places, Side
from policies.backtest.stability import Stability
from policies.backtest.structure import Share, structure
from policies.backtest.swap import Swap, swap

SCHEMA = "fenji.metrics/1"
PERCENTS = (10, 20)


@dataclass(frozen=True)
class SideFigures:
    """What one policy does on one date."""

    places: Places
    structure: tuple[Share, ...]
    foresight: tuple[Outcome, ...]
    capture: dict[int, Fraction | None]

    @property
    def breaks(self) -> tuple[tuple[str, str], ...]:
        """Return the neighbouring tiers whose order the outcome contradicts."""
        return breaks(self.foresight, self.places)


@dataclass(frozen=True)
class DateFigures:
    """What both policies do on one date; without a champion there is nothing to move from."""

    sides: Mapping[Side, SideFigures]
    migration: Matrix | None
    swap: Swap | None


def measure(panel: Panel, tier: str) -> DateFigures:
    """Return all figures of a panel; ``tier`` and better is the group whose swap set is counted.

    The swap set is None when there is no champion, or when the champion has no tier of that name.
    """
    sides = {
        side: SideFigures(places, structure(panel, side), foresight(panel, side), capture(panel, side, PERCENTS))
        for side, places in panel.places.items()
    }
    champion = panel.places.get("champion")
    moves = migration(panel) if champion else None
    return DateFigures(sides, moves, swap(panel, tier) if champion and tier in champion.tiers else None)


def together(dates: Mapping[str, DateFigures], side: Side) -> tuple[Outcome, ...]:
    """Return the outcomes of all dates together for one policy."""
    figures = [found.sides[side] for found in dates.values()]
    return pooled([each.foresight for each in figures], figures[0].places)


def as_json(dates: Mapping[str, DateFigures]) -> dict[str, Any]:
    """Return the figures by date, and of all dates together, as plain JSON values."""
    sides = next(iter(dates.values())).sides
    return {
        "dates": {date: _date(figures) for date, figures in dates.items()},
        "together": {
            side: _outcomes(together(dates, side), sides[side].places) for side in sides
        },
    }  # fmt: skip


def moves_json(found: Stability | None) -> dict[str, Any] | None:
    """Return how stable a policy is over the dates: of the computed tiers, and of those that its hold rule lets take effect."""
    if found is None:
        return None
    sides = {"computed": found.computed, "held": found.held}
    return {
        "customers": found.customers,
        **{
            name: {"changes": moves.changes, "yoyo": moves.yoyo, "of_customers": points(found.rate(moves))}
            for name, moves in sides.items()
        },
    }


def canonical(value: Any) -> bytes:
    """Return JSON as bytes that depend on the value alone: sorted keys, no blanks, UTF-8, one line."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def fingerprint(content: bytes) -> str:
    """Return the SHA-256 of bytes as it is written everywhere: ``sha256:`` and 64 digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _date(figures: DateFigures) -> dict[str, Any]:
    return {
        **{side: _side(each) for side, each in figures.sides.items()},
        "migration": _migration(figures.migration) if figures.migration else None,
        "swap": _swap(figures.swap) if figures.swap else None,
    }


def _side(figures: SideFigures) -> dict[str, Any]:
    return {
        "structure": [
            {"place": row.place, "customers": row.customers, "amount": row.amount, "unknown": row.unknown,
             "of_customers": points(row.of_customers), "of_amount": points(row.of_amount)}
            for row in figures.structure
        ],
        **_outcomes(figures.foresight, figures.places),
        "capture": {str(percent): points(share) for percent, share in figures.capture.items()},
    }  # fmt: skip


def _outcomes(outcomes: tuple[Outcome, ...], places: Places) -> dict[str, Any]:
    found = breaks(outcomes, places)
    return {
        "foresight": [
            {"place": row.place, "customers": row.customers, "buyers": row.buyers, "amount": row.amount,
             "unknown": row.unknown, "mean": whole(row.mean), "median": whole(row.median), "share": points(row.share)}
            for row in outcomes
        ],
        "monotone": not found,
        "breaks": [list(pair) for pair in found],
    }  # fmt: skip


def _migration(found: Matrix) -> dict[str, Any]:
    return {
        "rows": list(found.rows.names),
        "columns": list(found.columns.names),
        "customers": [list(row) for row in found.counts],
        "of_row": [[points(found.share(i, j)) for j in range(len(row))] for i, row in enumerate(found.counts)],
        **{name: getattr(found, name) for name in ("up", "down", "same", "far", "crossing")},
    }


def _swap(found: Swap) -> dict[str, Any]:
    groups: dict[str, Any] = {
        direction: {"customers": group.customers, "amount": group.amount, "next_amount": group.next_amount}
        for direction, group in found.groups.items()
    }
    return {"tier": found.tier, **groups}


def points(share: Fraction | None) -> int | None:
    """Return a share in basis points."""
    return None if share is None else round(share * 10_000)


def whole(amount: Fraction | None) -> int | None:
    """Return an amount in whole fen."""
    return None if amount is None else round(amount)
