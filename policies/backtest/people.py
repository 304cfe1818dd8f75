"""People: who was given another tier by whom, what came of it, and how far the raters of panels agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from policies.agreement import Agreement, agreement
from policies.backtest.figure import part, points, statistic, whole
from policies.backtest.panel import Panel, Side

# What lies in a folder of inputs: the appointments and overrides that hold on each date, and the ratings of settled panels.
APPOINTMENTS, RATINGS = "appointments", "ratings.parquet"
EVERYBODY = "*"


@dataclass(frozen=True)
class Move:
    """One appointment: by whom, in which direction from the computed place, and what the customer bought next in fen."""

    person: str
    kind: str
    direction: str
    place: int
    next_amount: int


@dataclass(frozen=True)
class Overrides:
    """What one person appointed or overrode (``kind``), or everybody both: ``up`` and ``down`` beside the computed tier, ``same`` as it, and
    ``outside`` where none was computed.

    ``mean`` is the amount bought next of those moved up (down), ``peers`` that of the customers whom the policy put into
    the tiers they came from and nobody appointed: an override upwards was right where the first is the larger.
    """

    person: str
    kind: str
    up: int
    down: int
    same: int
    outside: int
    up_mean: Fraction | None
    up_peers: Fraction | None
    down_mean: Fraction | None
    down_peers: Fraction | None

    @property
    def number(self) -> int:
        """Return the number of appointments."""
        return self.up + self.down + self.same + self.outside

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        counts = {name: getattr(self, name) for name in ("person", "kind", "up", "down", "same", "outside")}
        means = {name: whole(getattr(self, name)) for name in ("up_mean", "up_peers", "down_mean", "down_peers")}
        return {**counts, **means}


@dataclass(frozen=True)
class People:
    """The overrides of everybody and of each person, beside the tiers of ``side``; raters' agreement by word."""

    side: Side
    customers: int
    overrides: tuple[Overrides, ...]
    raters: dict[str, Agreement]

    @property
    def rate(self) -> Fraction:
        """Return the share of all customers who have a tier from people other than the computed one."""
        return part(self.overrides[0].number - self.overrides[0].same, self.customers)

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            "beside": self.side, "customers": self.customers, "rate": points(self.rate),
            "overrides": [row.plain() for row in self.overrides],
            "raters": {
                word: {"panels": one.panels, "same": points(one.same), "apart": statistic(one.apart), "alpha": statistic(one.alpha)}
                for word, one in self.raters.items()
            },
        }  # fmt: skip


def people(panel: Panel, folder: Path, day: date) -> People | None:
    """Return what people decided by a date, beside the champion's tiers (the candidate's without one).

    None where the folder of inputs does not carry it.
    """
    path = folder / APPOINTMENTS / f"{day}.parquet"
    if not path.exists():
        return None
    side: Side = "champion" if "champion" in panel.places else "candidate"
    tiers = panel.places[side].tiers
    given = panel.rows(
        "select person, kind, tier, place, next_amount from read_parquet($path) join placed using (customer_id) "
        "join customers using (customer_id) where side = $side order by kind, person, customer_id",
        path=str(path),
        side=side,
    )
    peers = {
        place: Fraction(int(amount), number)
        for place, amount, number in panel.rows(
            "select place, sum(next_amount), count(*) from placed join customers using (customer_id) "
            "where side = $side and customer_id not in (select customer_id from read_parquet($path)) group by 1",
            path=str(path),
            side=side,
        )
    }
    moves = [Move(who, kind, _direction(tiers, tier, place), place, amount) for who, kind, tier, place, amount in given]
    persons = dict.fromkeys((move.person, move.kind) for move in moves)
    rows = [_overrides((EVERYBODY, EVERYBODY), moves, peers)]
    rows += [_overrides(who, [move for move in moves if (move.person, move.kind) == who], peers) for who in persons]
    everyone = panel.number("select count(*) from customers")
    return People(side, everyone, tuple(rows), _raters(panel, folder / RATINGS, day))


def _direction(tiers: Sequence[str], tier: str, place: int) -> str:
    if place >= len(tiers) or tier not in tiers:
        return "outside"
    to = tiers.index(tier)
    return "up" if to < place else "down" if to > place else "same"


def _overrides(who: tuple[str, str], moves: Sequence[Move], peers: dict[int, Fraction]) -> Overrides:
    up, down, same, outside = (
        [move for move in moves if move.direction == name] for name in ("up", "down", "same", "outside")
    )
    return Overrides(
        *who, len(up), len(down), len(same), len(outside), _mean(up), _of_peers(up, peers), _mean(down), _of_peers(down, peers)
    )  # fmt: skip


def _mean(moves: Sequence[Move]) -> Fraction | None:
    return Fraction(sum(move.next_amount for move in moves), len(moves)) if moves else None


def _of_peers(moves: Sequence[Move], peers: dict[int, Fraction]) -> Fraction | None:
    known = [peers[move.place] for move in moves if move.place in peers]
    return sum(known, Fraction(0)) / len(known) if known and len(known) == len(moves) else None


def _raters(panel: Panel, path: Path, day: date) -> dict[str, Agreement]:
    """Return how far raters agree by word, over the panels settled by a day; under EVERYBODY of all words."""
    if not path.exists():
        return {}
    rows = panel.rows(
        "select word, panel, list(rating order by person) from read_parquet($path) group by word, panel "
        "having max(given_on) <= $day order by word, panel",
        path=str(path),
        day=str(day),
    )
    words = dict.fromkeys(row[0] for row in rows)
    found = {word: agreement([row[2] for row in rows if row[0] == word]) for word in words}
    return {EVERYBODY: agreement([row[2] for row in rows]), **found} if rows else {}
