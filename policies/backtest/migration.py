"""Migration: from which tier of the champion to which tier of the candidate the same customers go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.drift import Drift, drift
from policies.backtest.figure import part, points, statistic
from policies.backtest.ordinal import tau_b, weighted_kappa
from policies.backtest.panel import Panel, Places


@dataclass(frozen=True)
class Matrix:
    """Customers by place under the champion (rows) and under the candidate (columns)."""

    rows: Places
    columns: Places
    counts: tuple[tuple[int, ...], ...]

    @property
    def customers(self) -> int:
        """Return the number of all customers."""
        return sum(map(sum, self.counts))

    @property
    def row_totals(self) -> tuple[int, ...]:
        """Return the customers of each place under the champion."""
        return tuple(map(sum, self.counts))

    @property
    def column_totals(self) -> tuple[int, ...]:
        """Return the customers of each place under the candidate."""
        return tuple(map(sum, zip(*self.counts, strict=True)))

    def share(self, row: int, column: int) -> Fraction:
        """Return the share of a row's customers who go to a column, 0 for an empty row."""
        return part(self.counts[row][column], sum(self.counts[row]))

    @property
    def comparable(self) -> bool:
        """Say whether both policies have the same tiers, so that up and down have a meaning."""
        return self.rows == self.columns

    def moved(self, least: int, most: int | None = None) -> int | None:
        """Return the customers who go ``least`` to ``most`` tiers down (negative: up); None when not comparable.

        Only moves between tiers count; see ``crossing`` for the places outside them.
        """
        if not self.comparable:
            return None
        tiers = range(len(self.rows.tiers))
        return sum(
            self.counts[i][j] for i in tiers for j in tiers if least <= j - i and (most is None or j - i <= most)
        )

    @property
    def up(self) -> int | None:
        """Return the customers who rise."""
        return self.moved(-len(self.rows.tiers), -1)

    @property
    def down(self) -> int | None:
        """Return the customers who fall."""
        return self.moved(1)

    @property
    def far(self) -> int | None:
        """Return the customers who rise or fall two tiers or more."""
        rises, falls = self.moved(-len(self.rows.tiers), -2), self.moved(2)
        return None if rises is None or falls is None else rises + falls

    @property
    def same(self) -> int | None:
        """Return the customers who stay where they are, in a tier or outside."""
        return sum(self.counts[i][i] for i in range(len(self.counts))) if self.comparable else None

    @property
    def crossing(self) -> int | None:
        """Return the customers who enter or leave the tiers, or change between the places outside them."""
        stays = [self.up, self.down, self.same]
        return None if None in stays else self.customers - sum(number for number in stays if number is not None)

    @property
    def graded(self) -> tuple[tuple[int, ...], ...]:
        """Return the customers who have a tier under both policies, by tier."""
        return tuple(row[: len(self.columns.tiers)] for row in self.counts[: len(self.rows.tiers)])

    def kappa(self, power: int) -> Fraction | None:
        """Return weighted kappa over ``graded``, linear (1) or quadratic (2); None when not comparable."""
        return weighted_kappa(self.graded, power) if self.comparable else None

    @property
    def tau_b(self) -> float | None:
        """Return Kendall's tau-b over ``graded``, also of policies with other tiers."""
        return tau_b(self.graded)

    @property
    def drift(self) -> Drift | None:
        """Return the stability index from the champion's places to the candidate's; None when not comparable."""
        return drift(self.row_totals, self.column_totals) if self.comparable else None

    def plain(self) -> dict[str, Any]:
        """Return the matrix and its figures for JSON."""
        return {
            "rows": list(self.rows.names),
            "columns": list(self.columns.names),
            "customers": [list(row) for row in self.counts],
            "of_row": [[points(self.share(i, j)) for j in range(len(row))] for i, row in enumerate(self.counts)],
            **{name: getattr(self, name) for name in ("up", "down", "same", "far", "crossing")},
            "kappa_linear": statistic(self.kappa(1)),
            "kappa_quadratic": statistic(self.kappa(2)),
            "tau_b": statistic(self.tau_b),
            "psi": self.drift.plain() if self.drift else None,
        }


def matrix(cells: Iterable[tuple[int, int, int]], rows: Places, columns: Places) -> Matrix:
    """Return the matrix of (champion's position, candidate's position, customers)."""
    counts = [[0] * len(columns.names) for _ in rows.names]
    for row, column, customers in cells:
        counts[row][column] += customers
    return Matrix(rows, columns, tuple(map(tuple, counts)))


def migration(panel: Panel) -> Matrix:
    """Return how the panel's customers move from the champion to the candidate."""
    cells = panel.rows(
        "select a.place, b.place, count(*) from placed a join placed b using (customer_id) "
        "where a.side = 'champion' and b.side = 'candidate' group by all"
    )
    return matrix(cells, panel.places["champion"], panel.places["candidate"])
