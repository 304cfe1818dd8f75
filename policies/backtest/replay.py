"""A replay: candidate and champion over the dates of a folder of inputs, and all their figures."""

from __future__ import annotations

import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from policies.backtest.grade import grade_parquet
from policies.backtest.limits import judge, verdict
from policies.backtest.metrics import SCHEMA, DateFigures, as_json, canonical, measure, moves_json
from policies.backtest.panel import Panel, Places, Side
from policies.backtest.parameters import BacktestParameters
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
    def plain(self) -> dict[str, Any]:
        """Return every figure as plain values, and the verdict of the limits on them."""
        found = {
            "schema": SCHEMA,
            "parameters": self.parameters.model_dump(mode="json"),
            "currency": self.currency,
            "policies": {side: self._policy(plan) for side, plan in self.sides.items()},
            "snapshots": {day: self.description["snapshots"][day] for day in self.parameters.days},
            **as_json(self.figures),
            "stability": {side: moves_json(found) for side, found in self.stability.items()},
        }
        judged = judge(self.parameters.limits, found)
        return {**found, "limits": judged, "go": verdict(judged)}

    def metrics(self) -> bytes:
        """Return ``metrics.json``: the same bytes for the same inputs and parameters, with no time and no path in it."""
        return canonical(self.plain)

    def _policy(self, plan: Plan) -> dict[str, Any]:
        return {"id": plan.id, "semantic_hash": semantic_hash(plan.document), "tiers": list(plan.tiers)}
