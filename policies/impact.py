"""What a new version does to customers and their revenue: both versions graded over the same facts, move by move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from policies.backtest.grade import grade_parquet
from policies.backtest.panel import OUTSIDE
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sql_states import known_value
from policies.vocabulary import VOCABULARY, Word

# The fact that revenue is counted by.
REVENUE = "amount_12m"
_WHOLE_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


@dataclass(frozen=True)
class End:
    """Where a customer ends: a tier when graded, otherwise only a status."""

    status: str
    tier: str | None

    def __str__(self) -> str:
        return self.status if self.tier is None else self.tier


@dataclass(frozen=True)
class Mover:
    """A customer and its amount of 12 months in fen, None when it is not known."""

    customer_id: int
    amount: int | None


@dataclass(frozen=True)
class Move:
    """Customers who go from one end to another, or stay: their number, amount of 12 months in fen, and names.

    ``unknown`` of them have no known amount.  ``listed`` are those with the largest amounts, none of those who stay.
    """

    old: End
    new: End
    customers: int
    amount: int
    unknown: int
    listed: tuple[Mover, ...]

    @property
    def stays(self) -> bool:
        """Say whether these customers end where they did."""
        return self.old == self.new


@dataclass(frozen=True)
class Impact:
    """Every move between two versions, in the order of the old tiers and then the new ones; each customer is in one."""

    moves: tuple[Move, ...]

    @property
    def customers(self) -> int:
        """Return the number of all customers."""
        return sum(move.customers for move in self.moves)

    @property
    def amount(self) -> int:
        """Return the known amount of 12 months of all customers, in fen."""
        return sum(move.amount for move in self.moves)

    @property
    def moved(self) -> tuple[Move, ...]:
        """Return the moves of those who do not stay."""
        return tuple(move for move in self.moves if not move.stays)


def impact(old: Plan, new: Plan, snapshot: Path, *, listed: int | None = 100) -> Impact:
    """Grade a Parquet file of facts with two plans and return who moves, with at most ``listed`` names a move (None: all).

    Refusal when the file cannot be read, lacks a column that one of the plans needs or has one of another type, or
    names a customer twice.
    """
    with duckdb.connect(":memory:") as connection:
        try:
            _check(connection, snapshot, {word.name: word for word in (*old.words, *new.words, VOCABULARY[REVENUE])})
            for name, plan in (("before", old), ("after", new)):
                grade_parquet(plan, snapshot, connection).create_view(name)
            connection.execute(_ENDS, {"file": str(snapshot)})
            return Impact(tuple(_moves(connection, (old, new), listed)))
        except duckdb.Error as error:
            raise _unreadable(snapshot, str(error).splitlines()[0]) from error


_ENDS = (
    "create table ends as select b.customer_id, b.status as old_status, b.tier as old_tier, a.status as new_status, "  # noqa: S608 - our own expression
    f"a.tier as new_tier, {known_value('s.amount_12m')} as amount "
    "from before b join after a using (customer_id) join read_parquet($file) s using (customer_id)"
)
_COUNTED = (
    "select old_status, old_tier, new_status, new_tier, count(*), coalesce(sum(amount), 0), count(*) - count(amount) "
    "from ends group by all"
)
_LISTED = (
    "select old_status, old_tier, new_status, new_tier, customer_id, amount from ends "
    "where (old_status, old_tier) is distinct from (new_status, new_tier) "
    "qualify $most::bigint is null or row_number() over ("
    "partition by old_status, old_tier, new_status, new_tier order by amount desc nulls last, customer_id) <= $most "
    "order by amount desc nulls last, customer_id"
)


def _moves(connection: duckdb.DuckDBPyConnection, plans: tuple[Plan, Plan], listed: int | None) -> list[Move]:
    names: dict[tuple[Any, ...], list[Mover]] = {}
    for *ends, customer_id, amount in connection.execute(_LISTED, {"most": listed}).fetchall():
        names.setdefault(tuple(ends), []).append(Mover(customer_id, amount))
    moves = [
        Move(End(*row[:2]), End(*row[2:4]), row[4], int(row[5]), row[6], tuple(names.get(tuple(row[:4]), ())))
        for row in connection.execute(_COUNTED).fetchall()
    ]
    return sorted(moves, key=lambda move: (_place(plans[0], move.old), _place(plans[1], move.new)))


def _place(plan: Plan, end: End) -> int:
    return plan.tiers.index(end.tier) if end.tier is not None else len(plan.tiers) + OUTSIDE.index(end.status)


def _check(connection: duckdb.DuckDBPyConnection, path: Path, words: Mapping[str, Word]) -> None:
    """Refuse a file that is not one row of whole numbers and words for each customer."""
    file = connection.read_parquet(str(path))
    types = dict(zip(file.columns, map(str, file.types), strict=True))
    lacking = [name for name in ("customer_id", *words) if name not in types]
    if lacking:
        raise _unreadable(path, f"it lacks {', '.join(lacking)}")
    for name in ("customer_id", *words):
        category = name in words and bool(words[name].values)
        if types[name] != "VARCHAR" if category else types[name] not in _WHOLE_TYPES:
            raise _unreadable(path, f"{name} is {types[name]}, not {'text' if category else 'whole numbers'}")
    (counted,) = file.aggregate("count(*), count(customer_id), count(distinct customer_id)").fetchall()
    if len(set(counted)) > 1:
        raise _unreadable(path, f"{counted[0]} rows have {counted[1]} customer_id, {counted[2]} of them different")


def _unreadable(path: Path, why: str) -> Refusal:
    message = f"{path} is no snapshot of facts: {why}. `fenji snapshot take` writes one."
    return Refusal(message, code="file_invalid")
