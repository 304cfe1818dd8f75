"""Stability: who rises and falls within the dates of a walk, by the computed tier and by the tier that takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import duckdb

from policies.backtest.figure import part
from policies.backtest.grade import grade_parquet
from policies.compiler import compile_plan
from policies.hold import Graded, Standing, follow, staying
from policies.plan import Plan

# A customer needs this many tiers before it can have risen and fallen.
LEAST_DATES = 3
_ENOUGH = f"select customer_id from walk group by customer_id having count(computed) >= {LEAST_DATES}"  # noqa: S608  # a number
_OUTCOME = "struct(status varchar, tier varchar)"
_STANDING = "struct(tier varchar, below integer, held varchar, proposed varchar)"


@dataclass(frozen=True)
class Moves:
    """How often the customers of a walk changed their tier, and how many of them both rose and fell."""

    changes: int
    yoyo: int


@dataclass(frozen=True)
class Stability:
    """A walk over several dates: the ``customers`` who had a tier on three or more of them, and their moves.

    ``held`` counts the moves of the tier that takes effect, ``computed`` those of the computed one; without a hold rule
    they are the same.
    """

    customers: int
    computed: Moves
    held: Moves

    def rate(self, moves: Moves) -> Fraction:
        """Return the share of customers who both rose and fell, 0 of nobody."""
        return part(moves.yoyo, self.customers)


def stability(plan: Plan, snapshots: Sequence[Path]) -> Stability | None:
    """Walk a policy over Parquet snapshots in the order of their dates; None for fewer than three.

    Each date is one grading of the hold rule, and no fall is approved in between.
    """
    if len(snapshots) < LEAST_DATES:
        return None
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"create table standing (customer_id bigint primary key, now {_STANDING})")
        connection.execute("create table walk (date integer, customer_id bigint, computed varchar, held varchar)")
        for date, snapshot in enumerate(snapshots):
            _step(connection, plan, snapshot, date)
        moves = [_moves(connection, plan, column) for column in ("computed", "held")]
        (customers,) = connection.execute(f"select count(*) from ({_ENOUGH})").fetchone() or (0,)  # noqa: S608  # above
        return Stability(customers, *moves)


def _step(connection: duckdb.DuckDBPyConnection, plan: Plan, snapshot: Path, date: int) -> None:
    """Grade one date and let every customer follow; the rule is asked once for each different situation."""
    document = plan.document
    connection.execute(f"create or replace temp table graded (customer_id bigint, leaving varchar, came {_OUTCOME})")
    exits = document.hold.exit if document.hold is not None else {}
    for tier in (None, *exits):
        by = plan if tier is None else compile_plan(staying(document, tier))
        grade_parquet(by, snapshot, connection).create_view("results", replace=True)
        connection.execute(
            "insert into graded select customer_id, $tier, {'status': status, 'tier': tier} from results",
            {"tier": tier},
        )
    connection.execute(
        "create or replace temp table situation as select c.customer_id, coalesce(s.now, $nobody) as before, "
        "c.came as computed, g.came as stays from graded c left join standing s using (customer_id) "
        "left join graded g on g.customer_id = c.customer_id and g.leaving = s.now.tier where c.leaving is null",
        {"nobody": vars(Standing())},
    )
    rows = connection.execute("select distinct before, computed, stays from situation").fetchall()
    connection.execute(
        f"create or replace temp table answer (before {_STANDING}, computed {_OUTCOME}, stays {_OUTCOME}, "
        f"after {_STANDING})"
    )
    for before, computed, stays in rows:
        after = follow(document, Standing(**before), Graded(**computed), Graded(**stays) if stays else None)
        connection.execute("insert into answer values (?, ?, ?, ?)", [before, computed, stays, vars(after)])
    connection.execute(
        "create or replace temp table followed as select s.customer_id, s.computed, a.after from situation s "
        "join answer a on a.before = s.before and a.computed = s.computed and a.stays is not distinct from s.stays"
    )
    connection.execute("insert or replace into standing select customer_id, after from followed")
    connection.execute(
        "insert into walk select $date, customer_id, computed.tier, after.tier from followed", {"date": date}
    )


def _moves(connection: duckdb.DuckDBPyConnection, plan: Plan, column: str) -> Moves:
    step = "place - lag(place) over (partition by customer_id order by date)"
    changes, yoyo = connection.execute(
        "select coalesce(sum(ups + downs), 0), count(*) filter (ups > 0 and downs > 0) from ("  # noqa: S608  # a column named here
        "select count(*) filter (step < 0) as ups, count(*) filter (step > 0) as downs from ("
        f"select customer_id, {step} as step from (select date, customer_id, "
        f"list_position($tiers::varchar[], {column}) as place from walk "
        f"where {column} is not null and customer_id in ({_ENOUGH}))) group by customer_id)",
        {"tiers": list(plan.tiers)},
    ).fetchone() or (0, 0)
    return Moves(int(changes), int(yoyo))
