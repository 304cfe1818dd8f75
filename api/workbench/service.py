"""Service as a table and a picture: customers, hours and cost of each tier against the capacity."""

from __future__ import annotations

from collections.abc import Sequence

from api.workbench.pictures import Picture, bars_beside
from api.workbench.table import Head, Money, Note, Table, beside, count, decimal, percent
from api.workbench.view import NAMES, View
from policies.backtest.panel import OUTSIDE, Side
from policies.backtest.service import Served

NO_SERVICE = Note(
    "没有给出各等级的服务工时与成本(参数 service)。", "The parameter service does not say what each tier takes."
)


class ServiceView(View):
    """What serving the tiers takes in 12 months."""

    def _served(self, date: str | None) -> dict[Side, Served]:
        return {side: each.service for side, each in self.sides(date).items() if each.service}

    def service(self, date: str | None = None) -> Table | Note:
        """Return customers, hours and cost by tier, the champion's beside the candidate's."""
        found = self._served(date)
        if not found:
            return NO_SERVICE
        unit = Money.of((load.cost for each in found.values() for load in each.loads), self.currency)
        heads: tuple[Head, ...] = (("客户数", "customers"), ("工时", "hours"), unit.head("成本", "cost"))
        cells = {
            NAMES[side]: {
                **{load.place: (count(load.customers), decimal(load.hours, 1), unit.text(load.cost)) for load in each.loads},
                "合计 all": (count(sum(load.customers for load in each.loads)), decimal(each.hours, 1), unit.text(each.cost)),
            }
            for side, each in found.items()
        }  # fmt: skip
        capacity = next(iter(found.values())).capacity
        used = ", ".join(f"{NAMES[side][0]} {percent(each.used)}" for side, each in found.items())
        told = f",产能 {decimal(capacity, 0)} 小时,占用 {used}" if capacity else ""
        return beside((f"一年服务负荷,{date or self.dates[-1]}{told}", "service of 12 months"), (*self.places(), "合计 all"), heads, cells)  # fmt: skip

    def service_picture(self, date: str | None = None) -> Picture | Note:
        """Draw the hours of each tier."""
        found = self._served(date)
        if not found:
            return NO_SERVICE
        names = [name for name in self.places() if name not in OUTSIDE]
        series: dict[str, Sequence[float]] = {}
        for side, each in found.items():
            hours = {load.place: float(load.hours or 0) for load in each.loads}
            series[" ".join(NAMES[side])] = [hours.get(name, 0.0) for name in names]
        return bars_beside(
            "服务工时 service hours", names, [("一年服务工时 service hours of 12 months", series)], decimals=0
        )
