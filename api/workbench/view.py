"""A view of a replay: what the views of every family of figures share."""

from __future__ import annotations

from api.workbench.table import Head, Note, merged
from policies.backtest.metrics import DateFigures, SideFigures
from policies.backtest.panel import OUTSIDE, Side
from policies.backtest.replay import Replay
from policies.plan import Plan

NAMES: dict[Side, Head] = {"candidate": ("草案", "candidate"), "champion": ("现行", "champion")}
NO_CHAMPION = Note(
    "没有现行版本,无从比较。", "No version of this policy is in force, so there is nothing to compare with."
)


class View:
    """A replay as a strategy group looks at it; a method without a date shows the last one."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay

    @property
    def candidate(self) -> Plan:
        """Return the candidate's plan."""
        return self.replay.candidate

    @property
    def champion(self) -> Plan | None:
        """Return the champion's plan, None when no version is in force."""
        return self.replay.champion

    @property
    def dates(self) -> tuple[str, ...]:
        """Return the dates, ascending."""
        return self.replay.parameters.days

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""
        return self.replay.currency

    def figures(self, date: str | None = None) -> DateFigures:
        """Return the exact figures of a date."""
        return self.replay.figures[date or self.dates[-1]]

    def sides(self, date: str | None = None) -> dict[Side, SideFigures]:
        """Return the figures of a date by policy."""
        return dict(self.figures(date).sides)

    def places(self) -> tuple[str, ...]:
        """Return the places of both policies in one order."""
        return merged([plan.tiers for plan in self.replay.sides.values()], OUTSIDE)
