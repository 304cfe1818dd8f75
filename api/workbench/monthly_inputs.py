"""The inputs of a monthly report: the folder of a finished run, opened, and its grades held against its policy and facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.workbench.snapshot import Snapshot
from policies.backtest.grade import grade_parquet
from policies.compiler import compile_plan
from policies.loading import read_file
from policies.ranking import frozen
from policies.refusal import Refusal

# What lies in the folder of a report; api/commands/monthly_report.py writes it.
REPORT, POLICY, FACTS, GRADES = "report.json", "policy.yaml", "snapshot.parquet", "grades.parquet"
PREVIOUS, CUSTOMERS, APPOINTED = "previous.parquet", "customers.parquet", "appointments.parquet"


class MonthlyInputs:
    """The files of a run as tables of one connection: facts, grades, previous, customers, appointments."""

    def __init__(self, folder: str | Path) -> None:
        """Open a folder; Refusal when it is none of a report, or its grades are not what the policy gives."""
        self.folder = Path(folder)
        if not (self.folder / REPORT).exists():
            raise Refusal(
                f"{folder} is no folder of a monthly report: it has no {REPORT}; `fenji notebook run monthly_report --run N` makes one.",
                code="file_invalid",
            )
        self.about: dict[str, Any] = json.loads((self.folder / REPORT).read_text(encoding="utf-8"))
        self.plan = frozen(compile_plan(read_file(self.folder / POLICY)), self.about["cuts"])
        self.snapshot = Snapshot(self.folder / FACTS, self.about["as_of"], self.about["currency"])
        self.connection = self.snapshot.connection
        for name in (GRADES, PREVIOUS, CUSTOMERS, APPOINTED):
            if (self.folder / name).exists():
                self.connection.read_parquet(str(self.folder / name)).create(name.removesuffix(".parquet"))
        self._require_same()

    def _require_same(self) -> None:
        """Refuse grades that are not what the policy gives on the snapshot."""
        grade_parquet(self.plan, self.folder / FACTS, self.connection).create_view("anew")
        different = self._rows(
            "select count(*) from anew a full join grades g using (customer_id) "
            "where (a.status, a.tier, a.worst, a.best) is distinct from (g.status, g.tier, g.worst, g.best)"
        )[0][0]
        if different:
            raise Refusal(
                f"{different} grades of run {self.about['run']} are not what its policy gives on its snapshot.",
                code="conflict",
            )

    def _rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.snapshot.rows(query, parameters)

    @property
    def has_previous(self) -> bool:
        """Say whether there is a run before."""
        return self.about["previous"] is not None
