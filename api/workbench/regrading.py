"""Re-grading of one snapshot: its customers are scored once to level codes, and each changed policy is then a matter of milliseconds."""

from __future__ import annotations

from api.workbench.snapshot import Snapshot
from policies.impact import Impact, impact
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep import Graded, Levels

_MOST_KEPT = 8


class Regrading:
    """Grades of one snapshot under any plan; where the level codes cannot grade a plan, DuckDB does, with the same figures."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._levels: Levels | None = None
        self._graded: dict[Plan, Graded] = {}

    def impact(self, before: Plan, after: Plan, listed: int | None = 100) -> Impact:
        """Return who moves from one plan to another, with at most ``listed`` names a move."""
        try:
            return self._grade(after).impact(self._grade(before), listed=listed)
        except Refusal:
            return impact(before, after, self.snapshot.path, listed=listed)

    def _grade(self, plan: Plan) -> Graded:
        if self._levels is None:
            self._levels = Levels.read(self.snapshot.path, plan)
        if plan not in self._graded:
            if len(self._graded) >= _MOST_KEPT:
                del self._graded[next(iter(self._graded))]
            self._graded[plan] = self._levels.grade(plan)
        return self._graded[plan]
