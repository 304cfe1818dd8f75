"""What is missing as tables and a picture: coverage of the inputs, pending, graded all the same, answers worth asking for."""

from __future__ import annotations

from collections.abc import Sequence

from api.workbench.pictures import Picture, bars_beside
from api.workbench.table import Head, Note, Table, count, folded, percent
from api.workbench.view import NAMES, View


class MissingView(View):
    """What is not known, and what it changes."""

    def missing(self) -> Table:
        """Return, for every date, who lacks nothing, who is graded although something is missing, and who is pending."""
        heads: tuple[Head, ...] = (("日期", "date"), ("政策", "policy"), ("信息完整", "complete"), ("缺而可定级", "graded all the same"),
                                   ("待定", "pending"), ("可定级占不完整", "graded of the incomplete"), ("权重分摊", "weight shared out"))  # fmt: skip
        rows = tuple(
            (date, " ".join(NAMES[side]), count(one.missing.complete), count(one.missing.determinate), count(one.missing.pending),
             percent(one.missing.settled), count(max((each.shared for each in one.missing.shared_out), default=None)))
            for date, inspected in self.replay.inspections.items() for side, one in inspected.items()
        )  # fmt: skip
        return Table(("信息不全", "what is missing"), heads, rows, words=2)

    def coverage(self, date: str | None = None) -> Table:
        """Return how far each input of the candidate is known."""
        day = date or self.dates[-1]
        heads: tuple[Head, ...] = (("输入", "input"), ("已知", "known"), ("不适用", "not applicable"), ("缺失", "missing"),
                                   ("待确认", "asked"), ("覆盖率", "coverage"))  # fmt: skip
        rows = tuple(
            (f"{row.title.zh} {row.title.en}", count(row.known), count(row.not_applicable), count(row.missing),
             count(row.pending), percent(row.share))
            for row in self.replay.inspections[day]["candidate"].missing.inputs
        )  # fmt: skip
        return Table((f"草案输入的覆盖率,{day}", "coverage of the candidate's inputs"), heads, rows)

    def coverage_picture(self, date: str | None = None) -> Picture:
        """Draw the coverage of each input of the candidate."""
        rows = self.replay.inspections[date or self.dates[-1]]["candidate"].missing.inputs
        series: dict[str, Sequence[float]] = {"覆盖率 coverage": [float(row.share) * 100 for row in rows]}
        names = [folded(row.title.zh) for row in rows]
        return bars_beside("输入覆盖率 coverage", names, [("输入覆盖率 coverage of the inputs, %", series)], percent=True,
                           width=1.2 + 0.75 * len(rows))  # fmt: skip

    def answers(self) -> Table | Note:
        """Return the missing answers that would settle most pending customers of the candidate on the last date."""
        found = self.replay.inspections[self.dates[-1]]["candidate"].missing.answers
        if found is None or not found.ranked:
            return Note("没有待定客户缺少答案。", "No pending customer lacks an answer.")
        heads: tuple[Head, ...] = (("输入", "input"), ("缺少的待定客户", "pending who lack it"), ("必能定级", "settled whatever it says"),
                                   ("可能定级", "may be settled"))  # fmt: skip
        rows = tuple(
            (f"{one.title.zh} {one.title.en}", count(one.lacking), count(one.settled), count(one.may_settle))
            for one in found.ranked
        )
        return Table((f"最值得补的答案,{self.dates[-1]}", "most valuable missing answers"), heads, rows)

    def shared_out(self) -> Table | Note:
        """Return whose missing weight the rest of a dimension took over, on the last date."""
        rows = tuple(
            (" ".join(NAMES[side]), f"{one.title.zh} {one.title.en}", count(one.shared), count(one.short))
            for side, inspected in self.replay.inspections[self.dates[-1]].items() for one in inspected.missing.shared_out
        )  # fmt: skip
        if not rows:
            return Note("没有政策分摊缺失权重。", "No policy shares out missing weight.")
        heads: tuple[Head, ...] = (("政策", "policy"), ("维度", "dimension"), ("已分摊", "shared out"), ("已知权重不足", "too little known"))  # fmt: skip
        return Table((f"缺失权重分摊,{self.dates[-1]}", "customers re-weighted"), heads, rows, words=2)
