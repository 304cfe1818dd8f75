"""The panel of one date: each customer with its place under both policies, its amount then and its orders after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from policies.refusal import Refusal
from policies.sql_states import known_value

Side = Literal["candidate", "champion"]
# The places below the tiers, in this order; a customer is always somewhere.
OUTSIDE = ("pending", "not_applicable", "error")
# What came after the date, of the customers who ordered; 0 for the others.
OUTCOMES = ("next_amount", "next_orders", "next_unknown", "next_profit", "next_unprofit", "next_earning")


@dataclass(frozen=True)
class Places:
    """Where a policy can put a customer: its tiers, best first, then OUTSIDE; figures count by position."""

    tiers: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of every position."""
        return (*self.tiers, *OUTSIDE)

    def position(self, tier: str) -> int:
        """Return the position of a tier; Refusal for one the policy does not have."""
        if tier not in self.tiers:
            raise Refusal(f"The policy has no tier {tier!r}; choose among {', '.join(self.tiers)}.", code="invalid")
        return self.tiers.index(tier)


class Panel:
    """The customers of one date in an in-memory DuckDB of its own.

    Tables: ``customers`` (customer_id; amount, profit and orders of the 12 months before, NULL when unknown; next_amount,
    next_orders; next_unknown, orders of unknown amount; next_profit; next_unprofit, orders of unknown profit;
    next_earning, the amount of the others; in fen and counts) and ``placed`` (side, customer_id, place, rank, worst, best, levels): place is a position of Places, rank
    orders the customers of a tier (worst + best total: twice the total when all is known), levels are the packed codes.
    """

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.places: dict[Side, Places] = {}
        self.snapshot = Path()
        self.connection.execute(
            "create table customers (customer_id bigint primary key, amount bigint, profit bigint, orders bigint, "
            "next_amount bigint not null, next_orders bigint not null, next_unknown bigint not null, "
            "next_profit bigint not null, next_unprofit bigint not null, next_earning bigint not null)"
        )
        self.connection.execute(
            "create table placed (side varchar, customer_id bigint, place integer not null, rank hugeint, "
            "worst bigint, best bigint, levels bigint, primary key (side, customer_id))"
        )

    def load(self, snapshot: Path, outcomes: Path) -> None:
        """Fill ``customers`` from two Parquet files; who has no row in ``outcomes`` has ordered nothing."""
        self.snapshot = snapshot
        known = ", ".join(known_value(f"s.{word}") for word in ("amount_12m", "profit_12m", "orders_12m"))
        later = ", ".join(f"coalesce(o.{name}, 0)" for name in OUTCOMES)
        self.connection.execute(
            f"insert into customers select s.customer_id, {known}, {later} "  # noqa: S608 - our own expressions
            "from read_parquet(?) s left join read_parquet(?) o using (customer_id)",
            [str(snapshot), str(outcomes)],
        )

    def place(self, side: Side, places: Places, results: duckdb.DuckDBPyRelation) -> None:
        """Put every customer somewhere from the result rows of an engine, a relation of this panel's connection.

        Refusal when the results are not of exactly the panel's customers, or name a tier the policy does not have.
        """
        self.places[side] = places
        results.create_view("results", replace=True)
        self.connection.execute(
            "insert into placed select $side, customer_id, "
            "case status when 'graded' then list_position($tiers::varchar[], tier) - 1 "
            "when 'pending' then len($tiers::varchar[]) when 'not_applicable' then len($tiers::varchar[]) + 1 "
            "when 'error' then len($tiers::varchar[]) + 2 end, worst::hugeint + best, worst, best, levels from results",
            {"side": side, "tiers": list(places.tiers)},
        )
        strangers = self.number(
            "select count(*) from (from placed where side = $side) p full join customers c using (customer_id) "
            "where c.customer_id is null or p.customer_id is null",
            side=side,
        )
        if strangers:
            raise Refusal(
                f"{strangers} customers of the snapshot and of the {side}'s grades do not match.", code="invalid"
            )

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the panel's tables."""
        return self.connection.execute(query, parameters or None).fetchall()

    def number(self, query: str, **parameters: Any) -> int:
        """Return the single integer of a query."""
        ((value,),) = self.rows(query, **parameters)
        return int(value)
