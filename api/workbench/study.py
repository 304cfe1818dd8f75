"""A study: the figures of a backtest, each as a table and a picture; short calls for short cells."""

from __future__ import annotations

from pathlib import Path

from api.workbench.foresight import ForesightView
from api.workbench.inference import InferenceView
from api.workbench.lifetime import LifetimeView
from api.workbench.migration import MigrationView
from api.workbench.missing import MissingView
from api.workbench.people import PeopleView
from api.workbench.service import ServiceView
from api.workbench.stability import StabilityView
from api.workbench.structure import StructureView
from api.workbench.swap import SwapView
from api.workbench.table import Note, Table, count
from api.workbench.verdict import VerdictView
from api.workbench.view import NAMES, NO_CHAMPION


class Study(
    VerdictView, StructureView, MigrationView, ForesightView, LifetimeView, SwapView, StabilityView, MissingView, PeopleView,
    ServiceView, InferenceView,
):  # fmt: skip
    """What a strategy group looks at; a method without a date shows the last one."""

    def grade(self, date: str) -> list[tuple[int, str, str]]:
        """Return (customer_id, side, place) of every customer on a date, in order of customer and side."""
        names = {side: places.names for side, places in self.replay.panel(date).places.items()}
        rows = self.replay.panel(date).rows("select customer_id, side, place from placed order by 1, 2")
        return [(customer, side, names[side][place]) for customer, side, place in rows]

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same inputs and parameters give the same bytes."""
        Path(path).write_bytes(self.replay.metrics())
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")

    def overview(self) -> Table:
        """Return what is compared: policies, dates, horizon, customers and the data's fingerprint."""
        described, parameters = self.replay.description, self.replay.parameters
        last = self.dates[-1]
        titles = {
            side: f"{plan.document.title.zh} {plan.document.title.en}" for side, plan in self.replay.sides.items()
        }
        rows = [
            (" ".join(NAMES[side]), f"{titles[side]} · {described.get(side, plan.id)}")
            for side, plan in self.replay.sides.items()
        ]
        if self.champion is None:
            rows.append((" ".join(NAMES["champion"]), str(NO_CHAMPION)))
        total = sum(row.customers for row in self.figures().sides["candidate"].structure)
        rows += [
            ("日期 dates", ", ".join(self.dates)),
            ("后续期 horizon", f"{parameters.horizon_months} 个月 months"),
            ("关注等级 tier of interest", f"{parameters.tier_of_interest} 及以上 and better"),
            (f"客户数 customers, {last}", count(total)),
            (f"快照 snapshot, {last}", described["snapshots"][last][:23] + "…"),
        ]
        return Table(("回测对象", "what is compared"), (("项目", "item"), ("内容", "content")), tuple(rows), words=2)
