"""A replay: candidate and champion over the dates of a folder of inputs, and all their figures."""

from __future__ import annotations

import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from policies.backtest.discontinuity import Jump, discontinuities
from policies.backtest.grade import grade_parquet
from policies.backtest.inspection import Inspection, inspect
from policies.backtest.leak import Suspect, suspects
from policies.backtest.limits import judge, verdict
from policies.backtest.metrics import SCHEMA, DateFigures, as_json, canonical, measure, moves_json
from policies.backtest.panel import Panel, Places, Side
from policies.backtest.parameters import BacktestParameters
from policies.backtest.people import People, people
from policies.backtest.resampling import REPLICATES, SEED, Estimates, estimates
from policies.backtest.stability import Stability, stability
from policies.compiler import compile_plan
from policies.loading import read_file
from policies.plan import Plan
from policies.refusal import Refusal
from policies.version import semantic_hash

# What lies in a folder of inputs.
CANDIDATE, CHAMPION, DESCRIPTION = "candidate.yaml", "champion.yaml", "inputs.json"
SNAPSHOTS, OUTCOMES = "snapshots", "outcomes"


class Replay:
    """One or two policies over the snapshots of a folder.

    The folder holds ``candidate.yaml``, ``champion.yaml`` or none, ``snapshots/<date>.parquet`` (customer_id and every
    word of the vocabulary), ``outcomes/<date>.parquet`` (customer_id, and policies.backtest.panel.OUTCOMES,
    of the customers who ordered in (date, date + horizon]) and ``inputs.json`` (horizon_months, the currency, the
    fingerprint of each snapshot, and what the versions are called).
    """

    def __init__(self, folder: Path, parameters: BacktestParameters) -> None:
        """Read the policies; Refusal when an input is missing or does not go with the parameters."""
        self.folder, self.parameters = folder, parameters
        self.description = self._described()
        self.candidate = compile_plan(read_file(folder / CANDIDATE))
        path = folder / CHAMPION
        self.champion: Plan | None = compile_plan(read_file(path)) if path.exists() else None
        Places(self.candidate.tiers).position(parameters.tier_of_interest)
        self._panels: dict[str, Panel] = {}

    def _described(self) -> dict[str, Any]:
        path = self.folder / DESCRIPTION
        if not path.exists():
            raise Refusal(
                f"{self.folder} is no folder of inputs: it has no {DESCRIPTION}; `fenji backtest run` makes one.",
                code="file_invalid",
            )
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["horizon_months"] != self.parameters.horizon_months:
            raise Refusal(
                f"The outcomes in {self.folder} reach {found['horizon_months']} months, "
                f"not {self.parameters.horizon_months}; run the backtest anew with the other horizon.",
                code="invalid",
            )
        missing = [day for day in self.parameters.days if day not in found["snapshots"]]
        if missing:
            raise Refusal(
                f"{self.folder} has no snapshot of {', '.join(missing)}; there are {', '.join(found['snapshots'])}.",
                code="invalid",
            )
        return found

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""
        return str(self.description.get("currency", "CNY"))

    @property
    def sides(self) -> dict[Side, Plan]:
        """Return the plans by side; the champion's is absent when no version is in force."""
        return {"candidate": self.candidate, **({"champion": self.champion} if self.champion else {})}

    def panel(self, day: date | str) -> Panel:
        """Return the customers of a date, placed under both policies; read once."""
        key = str(day)
        if key not in self._panels:
            panel = Panel()
            snapshot = self.folder / SNAPSHOTS / f"{key}.parquet"
            panel.load(snapshot, self.folder / OUTCOMES / f"{key}.parquet")
            for side, plan in self.sides.items():
                panel.place(side, Places(plan.tiers), grade_parquet(plan, snapshot, panel.connection))
            self._panels[key] = panel
        return self._panels[key]

    @cached_property
    def figures(self) -> dict[str, DateFigures]:
        """Return the figures of every date, in order."""
        given = self.parameters
        return {
            day: measure(self.panel(day), given.tier_of_interest, given.service, given.horizon_months)
            for day in given.days
        }

    @cached_property
    def stability(self) -> dict[Side, Stability | None]:
        """Return who rises and falls over the dates under each policy; None for fewer than three dates."""
        snapshots = [self.folder / SNAPSHOTS / f"{day}.parquet" for day in self.parameters.days]
        return {side: stability(plan, snapshots) for side, plan in self.sides.items()}

    @cached_property
    def inspections(self) -> dict[str, dict[Side, Inspection]]:
        """Return the inspection of every date under each policy."""
        found: dict[str, dict[Side, Inspection]] = {}
        for day in self.parameters.days:
            first = next(iter(found.values()), None)
            found[day] = {
                side: inspect(
                    self.panel(day),
                    side,
                    plan,
                    self.figures[day].sides[side].structure,
                    first[side] if first else None,
                    asking=day == self.parameters.days[-1],
                )
                for side, plan in self.sides.items()
            }
        return found

    @cached_property
    def suspects(self) -> dict[str, tuple[Suspect, ...]]:
        """Return, for every date, the facts that foretell too well to have been known."""
        return {day: suspects(self.panel(day)) for day in self.parameters.days}

    @cached_property
    def people(self) -> dict[str, People | None]:
        """Return, for every date, what people decided; None where the folder does not carry it."""
        return {str(day): people(self.panel(day), self.folder, day) for day in self.parameters.dates}

    @cached_property
    def estimates(self) -> dict[str, Estimates]:
        """Return the figures of foresight with their intervals, of every date and of all together."""
        panels = {day: self.panel(day) for day in self.parameters.days}
        return estimates(panels, self.parameters.tier_of_interest)

    @cached_property
    def discontinuities(self) -> dict[str, tuple[Jump, ...]] | None:
        """Return, for every date, the jumps at the champion's cuts; None without a champion or without services."""
        service, champion = self.parameters.service, self.champion
        if service is None or champion is None:
            return None
        return {day: discontinuities(self.panel(day), "champion", champion, service) for day in self.parameters.days}

    def _date(self, day: str, figures: dict[str, Any]) -> dict[str, Any]:
        """Return the figures of a date with what the whole replay adds to them."""
        inspected: dict[str, Any] = {
            side: {**figures[side], **one.plain()} for side, one in self.inspections[day].items()
        }
        people, jumps = self.people[day], self.discontinuities
        return {
            **figures, **inspected,
            "suspects": [one.plain() for one in self.suspects[day]],
            "people": people.plain() if people else None,
            "discontinuities": [one.plain() for one in jumps[day]] if jumps else None,
        }  # fmt: skip

    @cached_property
    def plain(self) -> dict[str, Any]:
        """Return every figure as plain values, and the verdict of the limits on them."""
        figures = as_json(self.figures)
        found = {
            "schema": SCHEMA,
            "parameters": self.parameters.model_dump(mode="json"),
            "currency": self.currency,
            "policies": {side: self._policy(plan) for side, plan in self.sides.items()},
            "snapshots": {day: self.description["snapshots"][day] for day in self.parameters.days},
            **figures,
            "dates": {day: self._date(day, of_date) for day, of_date in figures["dates"].items()},
            "estimates": {
                "replicates": REPLICATES,
                "seed": SEED,
                **{
                    day: {
                        measure: {name: one.plain(measure) for name, one in each.items()}
                        for measure, each in found.items()
                    }
                    for day, found in self.estimates.items()
                },
            },
            "stability": {side: moves_json(found) for side, found in self.stability.items()},
        }
        judged = judge(self.parameters.limits, found)
        return {**found, "limits": judged, "go": verdict(judged)}

    def metrics(self) -> bytes:
        """Return ``metrics.json``: the same bytes for the same inputs and parameters, with no time and no path in it."""
        return canonical(self.plain)

    def _policy(self, plan: Plan) -> dict[str, Any]:
        return {"id": plan.id, "semantic_hash": semantic_hash(plan.document), "tiers": list(plan.tiers)}
