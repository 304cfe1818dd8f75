"""Stability as tables and a picture: drift beside its critical value, who stands near a bound, who rose and fell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.workbench.pictures import Picture, bars_beside
from api.workbench.table import Head, Note, Table, beside, count, decimal, folded, merged, percent
from api.workbench.view import NAMES, View
from policies.backtest.drift import Drift
from policies.backtest.panel import Side
from policies.backtest.stability import LEAST_DATES


class StabilityView(View):
    """How far tiers and inputs drift."""

    def stability(self) -> Table:
        """Return, for every date, PSI from champion to candidate and since the first date, and who stands near a bound."""
        sides = list(self.sides())
        heads: list[Head] = [("日期", "date")]
        if self.champion:
            heads.append(("PSI 现行→草案", "champion to candidate"))
        heads += [(f"PSI 首日起 {NAMES[side][0]}", f"since the first date, {NAMES[side][1]}") for side in sides]
        heads += [(f"临界 {NAMES[side][0]}", f"near a bound, {NAMES[side][1]}") for side in sides]
        rows = []
        for date in self.dates:
            inspected, moves = self.replay.inspections[date], self.figures(date).migration
            cells = [date, *([_drift(moves.drift)] if moves else []), *(_drift(inspected[side].psi) for side in sides)]
            near = (inspected[side].borderline for side in sides)
            rows.append(
                (*cells, *("–" if one is None else f"{count(one.near)} ({percent(one.share)})" for one in near))
            )
        return Table(
            ("稳定性,括号内为 5% 临界值", "population stability index, with its critical value at 5 %"), tuple(heads), tuple(rows)
        )  # fmt: skip

    def characteristics(self, date: str | None = None) -> Table | Note:
        """Return the CSI of every input of each policy from the first date to a date, the largest first."""
        day = date or self.dates[-1]
        if day == self.dates[0]:
            return Note("只有一个日期,没有可比的首日。", "There is no earlier date to compare with.")
        cells = {
            NAMES[side]: {
                self._named(side, name): (decimal(found.index), decimal(found.critical), "超出 above" if found.index > found.critical else "–")
                for name, found in one.csi.items() if found
            }
            for side, one in self.replay.inspections[day].items()
        }  # fmt: skip
        names = merged([list(of) for of in cells.values()], ())
        heads: tuple[Head, ...] = (("CSI", ""), ("临界值", "critical, 5 %"), ("", ""))
        table = beside(
            (f"输入分布的变化,{self.dates[0]} → {day}", "characteristic stability index"), names, heads, cells
        )
        return replace(table, heads=(("输入", "input"), *table.heads[1:]))

    def _named(self, side: Side, axis: str) -> str:
        """Return an input as a reader knows it: its place in the policy, and the fact."""
        word = next(one.word for one in self.replay.sides[side].axes if one.name == axis)
        return word.zh if axis == word.name else f"{axis} {word.zh}"

    def characteristics_picture(self) -> Picture | Note:
        """Draw the CSI of the candidate's inputs on the last date beside their critical values."""
        found = {
            name: one for name, one in self.replay.inspections[self.dates[-1]]["candidate"].csi.items() if one
        }  # fmt: skip
        if len(self.dates) == 1 or not found:
            return Note("只有一个日期,没有可比的首日。", "There is no earlier date to compare with.")
        series: dict[str, Sequence[float]] = {
            "CSI": [one.index for one in found.values()], "临界值 critical value": [one.critical for one in found.values()],
        }  # fmt: skip
        return bars_beside("草案输入的变化 drift of the candidate's inputs", ["\n".join(map(folded, self._named("candidate", name).split(" "))) for name in found],
                           [(f"CSI, {self.dates[0]} → {self.dates[-1]}", series)], decimals=2, width=1.6 + 0.7 * len(found))  # fmt: skip

    def walk(self) -> Table | Note:
        """Return how many customers both rose and fell over the dates, with and without the hold rule."""
        found = {side: each for side, each in self.replay.stability.items() if each}
        if not found:
            return Note(
                f"少于 {LEAST_DATES} 个日期,看不出忽升忽降。", f"Fewer than {LEAST_DATES} dates show no rise and fall."
            )
        heads: tuple[Head, ...] = (("政策", "policy"), ("等级", "tier"), ("客户数", "customers"), ("变动次数", "changes"),
                                   ("忽升忽降", "rose and fell"), ("占比", "share"))  # fmt: skip
        rows = tuple(
            (" ".join(NAMES[side]), label, count(each.customers), count(moves.changes), count(moves.yoyo), percent(each.rate(moves)))
            for side, each in found.items() for label, moves in (("计算 computed", each.computed), ("生效 in effect", each.held))
        )  # fmt: skip
        return Table(("忽升忽降", "yo-yo over the dates"), heads, rows, words=2)


def _drift(found: Drift | None) -> str:
    return "–" if found is None else f"{decimal(found.index)} ({decimal(found.critical)})"
