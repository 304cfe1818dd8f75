"""The review of a sensitive choice: other readings, tornado, noise and a swept grid with its frontier, over a folder of inputs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from policies.backtest.metrics import canonical
from policies.backtest.replay import CANDIDATE, DESCRIPTION, OUTCOMES, SNAPSHOTS
from policies.compiler import compile_plan
from policies.document import Card, Policy, Scorecard
from policies.exact import percent
from policies.loading import read_file
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.frontier import Point, frontier
from policies.sweep.graded import Tally
from policies.sweep.grid import Move, Variant, variant, variants
from policies.sweep.histogram import Histogram
from policies.sweep.history import History, sweep
from policies.sweep.levels import Levels
from policies.sweep.noise import Noise, noise
from policies.sweep.parameters import ChoiceParameters
from policies.sweep.readings import Moved, interpreted
from policies.sweep.tornado import Bar, tornado
from policies.version import semantic_hash

SCHEMA = 1
# The grid where none is given: a dimension's weight and where a tier begins, each around what it is.
_WEIGHTS = tuple(Fraction(by, 100) for by in (-10, -5, 0, 5, 10))
_HALF = Fraction(1, 2)
_BANDS = tuple(Fraction(by) for by in (-6, -4, -2, 0, 2, 4, 6))


@dataclass(frozen=True)
class Cut:
    """Where a tier could begin, and the customers, the amount of 12 months and the next amount (fen) of it and the better ones."""

    begin: Fraction
    customers: int
    amount: int
    next_amount: int


class Choice:
    """The candidate of a folder of inputs (policies.backtest.replay.Replay) and how much hangs on its figures."""

    def __init__(self, parameters: ChoiceParameters) -> None:
        """Read the candidate; Refusal when the folder has not what the parameters name."""
        self.parameters, self.folder = parameters, Path(parameters.folder)
        path = self.folder / DESCRIPTION
        if not path.exists():
            message = f"{self.folder} is no folder of inputs: it has no {DESCRIPTION}; `fenji backtest run` makes one."
            raise Refusal(message, code="file_invalid")
        self.description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.dates = tuple(sorted(self.description["snapshots"]))
        self.date = parameters.date or self.dates[-1]
        if self.date not in self.dates:
            raise Refusal(
                f"{self.folder} has no snapshot of {self.date}; there are {', '.join(self.dates)}.", code="invalid"
            )
        self.document: Policy = read_file(self.folder / CANDIDATE)
        self.plan: Plan = compile_plan(self.document)
        tiers = self.document.tiers.order
        self.tier = parameters.tier_of_interest or tiers[min(1, len(tiers) - 1)]
        if self.tier not in tiers:
            raise Refusal(f"The policy has no tier {self.tier!r}; choose among {', '.join(tiers)}.", code="invalid")

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""
        return str(self.description.get("currency", "CNY"))

    @cached_property
    def levels(self) -> Levels:
        """Return the customers of the date, scored once."""
        return Levels.read(
            self.folder / SNAPSHOTS / f"{self.date}.parquet", self.plan, outcomes=self._outcomes(self.date)
        )

    def _outcomes(self, date: str) -> Path:
        return self.folder / OUTCOMES / f"{date}.parquet"

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """Return the candidate's places on the date."""
        return self.levels.grade(self.plan).tallies

    @cached_property
    def readings(self) -> tuple[Moved, ...]:
        """Return whom each other reading of the document moves on the date."""
        return interpreted(self.levels, self.document)

    @cached_property
    def tornado(self) -> tuple[Bar, ...]:
        """Return whom each figure moves on the date, the most sensitive first."""
        return tornado(self.levels, self.document, self.parameters.steps)

    @cached_property
    def noise(self) -> Noise | None:
        """Return who keeps the tier under noise on the weights on the date; None for a policy without weights."""
        if not isinstance(self.document, Card) or self.document.weights == "points":
            return None
        wanted = self.parameters
        return noise(
            self.levels, self.document, draws=wanted.draws, concentration=wanted.concentration, seed=wanted.seed
        )

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Return the variants of the grid, the candidate as it is first; none but it where nothing was named and nothing can be chosen."""
        moves = [] if self.parameters.vary else self._chosen()
        as_is = Variant((), self.plan)
        if not self.parameters.vary and not moves:
            return (as_is,)
        return (as_is, *variants(self.document, self.parameters.grid(moves)))

    @cached_property
    def history(self) -> History:
        """Return customers and money by place, for every date and variant."""
        files = [(date, self.folder / SNAPSHOTS / f"{date}.parquet", self._outcomes(date)) for date in self.dates]
        return sweep(files, [one.plan for one in self.variants])

    @cached_property
    def frontier(self) -> tuple[Point, ...]:
        """Return what each variant captures of the next period's money, and what service that takes."""
        names = [one.name for one in self.variants]
        return frontier(self.history, names, self.tier, hours=self.parameters.service_hours)

    @cached_property
    def bands(self) -> tuple[Cut, ...]:
        """Return what the tier of interest and better take in on the date, wherever between its neighbours it begins; none without bands."""
        document, order = self.document, self.document.tiers.order
        if not isinstance(document, Scorecard) or self.tier == order[-1] or document.tiers.bands.intervals is not None:
            return ()
        place, begins = order.index(self.tier), document.tiers.bands.cuts
        highest = begins[order[place - 1]] if place else Fraction(100)
        lowest = begins.get(order[place + 1], Fraction(0))
        cuts = [lowest + _HALF * i for i in range(int((highest - lowest) / _HALF) + 1)]
        histogram = Histogram(self.levels, self.plan)
        figures = histogram.sweep(histogram.begins([{self.tier: cut} for cut in cuts]))[:, : place + 1].sum(axis=1)
        return tuple(Cut(cut, *map(int, row[[0, 2, 3]])) for cut, row in zip(cuts, figures, strict=True))

    def _chosen(self) -> list[Move]:
        """Return the heaviest dimension's weight and the begin of the tier of interest, with those values around them that are sound."""
        document = self.document
        if not isinstance(document, Card):
            return []
        found: dict[str, list[str]] = {}
        if document.weights != "points" and len(document.dimensions) > 1:
            heaviest = max(document.dimensions, key=lambda dimension: dimension.weight or Fraction(0))
            weight = heaviest.weight or Fraction(0)
            found[f"{heaviest.id}.weight"] = [_text(weight + by) for by in _WEIGHTS]
        if (
            isinstance(document, Scorecard)
            and self.tier in document.tiers.bands.cuts
            and document.tiers.bands.intervals is None
        ):
            begin = document.tiers.bands.cuts[self.tier]
            found[f"tiers.{self.tier}"] = [str(begin + by) for by in _BANDS]
        sound = {path: tuple(value for value in values if self._sound(path, value)) for path, values in found.items()}
        return [Move(path=path, values=values) for path, values in sound.items() if values]

    def _sound(self, path: str, value: str) -> bool:
        try:
            variant(self.document, {path: value})
        except Refusal:
            return False
        return True

    def metrics(self) -> bytes:
        """Return ``metrics.json``: the same bytes for the same inputs and parameters; every figure a whole number or exact text."""
        return canonical(
            {
                "schema": SCHEMA,
                "kind": "review_choice",
                "parameters": self.parameters.model_dump(mode="json", exclude={"folder"}),
                "policy": {
                    "id": self.plan.id,
                    "semantic_hash": semantic_hash(self.document),
                    "tiers": list(self.plan.tiers),
                },
                "snapshots": dict(self.description["snapshots"]),
                "currency": self.currency,
                "date": self.date,
                "tier_of_interest": self.tier,
                "places": [asdict(tally) for tally in self.tallies],
                "readings": [_reading(moved) for moved in self.readings],
                "tornado": [asdict(bar) for bar in self.tornado],
                "noise": None if self.noise is None else _noise(self.noise),
                "bands": [_exact(cut) for cut in self.bands],
                "variants": [_exact(point) for point in self.frontier],
            }
        )


def _text(share: Fraction) -> str:
    shown = percent(share)
    return str(share) if "/" in shown else shown


def _reading(moved: Moved) -> dict[str, Any]:
    reading = moved.reading
    return {
        "id": reading.id, "alternative": reading.alternative, "applied": reading.plan is not None, "why": reading.why,
        "customers": moved.customers, "up": moved.up, "down": moved.down, "amount": moved.amount,
    }  # fmt: skip


def _noise(found: Noise) -> dict[str, Any]:
    return {
        "draws": found.draws, "concentration": found.concentration, "seed": found.seed, "moved": list(found.moved),
        "always": str(found.always), "kept": str(found.kept), "places": [asdict(place) for place in found.places],
    }  # fmt: skip


def _exact(found: Point | Cut) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in asdict(found).items()}
