"""One customer of a snapshot explained: the grade, what each indicator adds, and the waterfall picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.workbench.pictures import Picture
from api.workbench.sheet import Sentence, Sheet
from api.workbench.snapshot import Snapshot
from api.workbench.table import Note, Table
from policies.display import share_text
from policies.exact import decimal_text, floor_tenth
from policies.explain import Explanation, explain
from policies.picture import FONTS, waterfall
from policies.plan import Plan
from policies.ranking import ranked
from policies.refusal import Refusal
from policies.sql import histogram_statement


@dataclass(frozen=True, repr=False)
class Explained:
    """An explanation with its picture; ``explanation`` holds every exact figure."""

    explanation: Explanation
    picture: Picture | None
    customer: int

    def table(self) -> Table | Note:
        """Return what each indicator adds to the total."""
        told = self.explanation
        if not told.contributions:
            return Note("没有评分项。", "There is no total.")
        titles = {item.id: item.title.zh for item in told.dimensions}
        rows = [
            (titles.get(part.dimension, part.dimension), f"{part.rung.id} {part.rung.title.zh}",
             (part.rung.value or part.rung.range).zh, share_text(part) if part.weight is not None else "",
             f"{decimal_text(part.points)}/{decimal_text(part.out_of)}", _range(part.contribution, part.best))
            for part in told.contributions
        ]  # fmt: skip
        rows.append(("总分 total", "", "", "", "", _range(told.worst, told.best)))
        heads = (
            ("维度", "dimension"),
            ("指标", "indicator"),
            ("数值", "value"),
            ("占总分", "share"),
            ("得分", "points"),
            ("贡献", "contribution"),
        )
        return Table((f"客户 {self.customer}", "contributions"), heads, tuple(rows), words=3)

    def lines(self) -> Table:
        """Return the explanation in sentences, Chinese beside English."""
        pairs = zip(self.explanation.lines("zh"), self.explanation.lines("en"), strict=True)
        return Table(
            (f"客户 {self.customer} 的等级说明", "why"), (("说明", ""), ("", "in words")), tuple(pairs), words=2
        )

    def _sheet(self) -> Sheet:
        first = Sentence(self.explanation.lines("zh")[0].strip(), self.explanation.lines("en")[0].strip())
        drawn = () if self.picture is None else (self.picture,)
        return Sheet((first, *drawn, self.table(), self.lines()))

    def __repr__(self) -> str:
        return repr(self._sheet())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._sheet()._repr_mimebundle_()


def explained(plan: Plan, snapshot: Snapshot, customer: int) -> Explained:
    """Explain a customer of a snapshot; a ranking ranks the snapshot's customers first."""
    facts = snapshot.facts(customer)
    lacking = [name for name in plan.inputs if name not in facts]
    if lacking:
        raise Refusal(
            f"The snapshot of {snapshot.day} lacks {', '.join(lacking)}, which the policy reads.", code="file_invalid"
        )
    if plan.shares and plan.cuts is None:
        plan = ranked(plan, snapshot.rows(histogram_statement(plan, "duckdb", "facts")))
    told = explain(plan, {name: facts[name] for name in plan.inputs})
    drawn = None
    if told.contributions:
        svg = waterfall(plan, told, "zh", f"客户 {customer}").replace(FONTS, f"'Fenji Sans SC',{FONTS}")
        drawn = Picture(svg, f"客户 {customer} 的评分瀑布图 waterfall")
    return Explained(told, drawn, customer)


def _range(low: Any, high: Any) -> str:
    return floor_tenth(low) if low == high else f"{floor_tenth(low)} 至 {floor_tenth(high)}"
