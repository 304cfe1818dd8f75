"""The figures of a backtest as plain values, so that two runs write the same bytes on any machine.

Money in fen, shares in basis points, both rounded half to even from exact fractions; statistics at six digits;
``null`` where there is no figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.concentration import Concentration, concentration, gathered
from policies.backtest.discrimination import Discrimination, Order, added, discrimination, order
from policies.backtest.figure import points, probability, statistic
from policies.backtest.foresight import Outcome, breaks, foresight, pooled
from policies.backtest.migration import Matrix, migration
from policies.backtest.panel import Panel, Places, Side
from policies.backtest.service import Served, Service, served
from policies.backtest.stability import Stability
from policies.backtest.structure import Share, structure
from policies.backtest.swap import Swap, swap
from policies.backtest.trend import Trend, trend

SCHEMA = "fenji.metrics/2"


@dataclass(frozen=True)
class SideFigures:
    """What one policy does on one date."""

    places: Places
    structure: tuple[Share, ...]
    gathered: tuple[Fraction, ...]
    foresight: tuple[Outcome, ...]
    trend: Trend | None
    order: Order
    discrimination: Discrimination
    service: Served | None

    @property
    def breaks(self) -> tuple[tuple[str, str], ...]:
        """Return the neighbouring tiers whose order the outcome contradicts."""
        return breaks(self.foresight, self.places)

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            "structure": [row.plain() for row in self.structure],
            "gathered": [points(share) for share in self.gathered],
            **_outcomes(self.foresight, self.places),
            "trend": _trend(self.trend),
            **_discrimination(self.discrimination),
            "service": self.service.plain() if self.service else None,
        }


@dataclass(frozen=True)
class DateFigures:
    """What both policies do on one date; without a champion there is nothing to move from."""

    sides: Mapping[Side, SideFigures]
    concentration: Concentration | None
    migration: Matrix | None
    swap: Swap | None

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            **{side: each.plain() for side, each in self.sides.items()},
            "concentration": _concentration(self.concentration) if self.concentration else None,
            "migration": self.migration.plain() if self.migration else None,
            "swap": self.swap.plain() if self.swap else None,
        }


def measure(panel: Panel, tier: str, service: Service | None = None, months: int = 12) -> DateFigures:
    """Return all figures of a panel; ``tier`` and better is the group whose swap set is counted.

    The swap set is None when there is no champion, or when the champion has no tier of that name; its cost is that of
    ``service`` over the ``months`` of the outcomes.
    """
    sides = {side: _side(panel, side, service) for side in panel.places}
    champion = panel.places.get("champion")
    return DateFigures(
        sides,
        concentration(panel),
        migration(panel) if champion else None,
        swap(panel, tier, service, months) if champion and tier in champion.tiers else None,
    )


def _side(panel: Panel, side: Side, service: Service | None) -> SideFigures:
    shares, ranked = structure(panel, side), order(panel, side)
    return SideFigures(
        panel.places[side],
        shares,
        gathered(panel, side),
        foresight(panel, side),
        trend(panel, side),
        ranked,
        discrimination(ranked),
        served(shares, service) if service else None,
    )


def together(dates: Mapping[str, DateFigures], side: Side) -> tuple[Outcome, ...]:
    """Return the outcomes of all dates together for one policy."""
    figures = [found.sides[side] for found in dates.values()]
    return pooled([each.foresight for each in figures], figures[0].places)


def ordered(dates: Mapping[str, DateFigures], side: Side) -> Discrimination:
    """Return how well one policy's order foretells over all dates together."""
    return discrimination(added(found.sides[side].order for found in dates.values()))


def as_json(dates: Mapping[str, DateFigures]) -> dict[str, Any]:
    """Return the figures by date, and of all dates together, as plain JSON values."""
    sides = next(iter(dates.values())).sides
    return {
        "dates": {date: figures.plain() for date, figures in dates.items()},
        "together": {
            side: {**_outcomes(together(dates, side), sides[side].places), **_discrimination(ordered(dates, side))}
            for side in sides
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


def _outcomes(outcomes: tuple[Outcome, ...], places: Places) -> dict[str, Any]:
    found = breaks(outcomes, places)
    return {
        "foresight": [row.plain() for row in outcomes],
        "monotone": not found,
        "breaks": [list(pair) for pair in found],
    }


def _trend(found: Trend | None) -> dict[str, Any] | None:
    return None if found is None else {"z": statistic(found.z), "p": probability(found.p)}


def _discrimination(found: Discrimination) -> dict[str, Any]:
    return {
        "auc": statistic(found.auc),
        "gini": statistic(found.gini),
        "ks": statistic(found.ks),
        "capture": {str(percent): points(share) for percent, share in found.capture.items()},
        "lift": {str(percent): statistic(lift) for percent, lift in found.lift.items()},
    }


def _concentration(found: Concentration) -> dict[str, Any]:
    return {
        "customers": found.customers,
        "gini": statistic(found.gini),
        "top": {str(percent): points(share) for percent, share in found.top.items()},
        "lorenz": [points(share) for share in found.lorenz],
    }
