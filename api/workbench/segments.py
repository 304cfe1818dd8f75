"""Segments in the workbench: a file of orders graded into segments, as a table, a picture and a file of figures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import matplotlib

from api.workbench.pictures import CANDIDATE, STYLE, Picture, _figure, _picture
from api.workbench.table import Head, Money, Note, Table, count, percent
from policies.backtest.figure import part
from policies.segments import Segmentation, checked, segmented


class Segments:
    """What a segmentation found, for short cells."""

    def __init__(self, found: Segmentation) -> None:
        self.found = found

    def overview(self) -> Table:
        """Return what was graded, by which policy, on which day."""
        document, each = self.found.policy, self.found.segments
        rows = (
            ("政策 policy", f"{document.title.zh} {document.title.en} ({document.id})"),
            ("日期 date", self.found.parameters.date),
            ("客户数 customers", count(sum(one.customers for one in each))),
            ("订单数 orders", count(sum(one.orders for one in each))),
        )
        return Table(("分群对象", "what is segmented"), (("项目", "item"), ("内容", "content")), rows, words=2)

    def table(self) -> Table:
        """Return customers, orders, revenue and the average order of each segment, the whole last."""
        each = self.found.segments
        customers, orders, revenue = (
            sum(getattr(one, name) for one in each) for name in ("customers", "orders", "revenue")
        )
        unit = Money.of([revenue])
        heads: tuple[Head, ...] = (
            ("分群", "segment"), ("客户数", "customers"), ("占比", "share"), ("订单数", "orders"), unit.head("金额", "revenue"),
            ("占比", "share"), ("均单(元)", "average order"),
        )  # fmt: skip
        rows = [
            (_named(one.zh, one.name), count(one.customers), percent(part(one.customers, customers)), count(one.orders),
             unit.text(one.revenue), percent(part(one.revenue, revenue)), _cents(one.average))
            for one in each
        ]  # fmt: skip
        whole = ("合计 all", count(customers), percent(part(customers, customers)), count(orders), unit.text(revenue),
                 percent(part(revenue, revenue)), _cents(Fraction(revenue, orders)))  # fmt: skip
        return Table((f"近度频度额度分群,{self.found.parameters.date}", "segments"), heads, (*rows, whole))

    @matplotlib.rc_context(STYLE)
    def picture(self) -> Picture:
        """Draw the customers of each segment as lying bars, each with its number and share."""
        each = self.found.segments
        everyone = sum(one.customers for one in each)
        figure, (axis,) = _figure(7.2, 0.8 + 0.3 * len(each))
        bars = axis.barh(range(len(each)), [one.customers for one in each], 0.7, color=CANDIDATE)
        texts = [f"{one.customers:,} · {percent(part(one.customers, everyone))}" for one in each]
        axis.bar_label(bars, texts, fontsize=8, padding=3)
        axis.set_yticks(range(len(each)), [_named(one.zh, one.name) for one in each], fontsize=8)
        axis.invert_yaxis()
        axis.margins(x=0.14)
        axis.set_xticks([])
        axis.spines["bottom"].set_visible(False)
        axis.tick_params(axis="y", length=0)
        axis.set_title("客户数按分群 customers by segment")
        return _picture(figure, "客户数按分群 customers by segment")

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same orders, day and policy give the same bytes."""
        Path(path).write_bytes(self.found.metrics())
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")


def open(folder: str | Path, *, date: str, policy: str = "rfm-segments") -> Segments:
    """Return the segments of ``orders.csv`` in a folder; Refusal for wrong parameters, rows, or a policy of other facts."""
    return Segments(segmented(checked(folder=str(folder), date=date, policy=policy)))


def _named(zh: str, name: str) -> str:
    return f"{zh} {name}".strip()


def _cents(average: Fraction | None) -> str:
    """Return an amount in fen with two decimals of its unit, half to even; a dash where there is none."""
    if average is None:
        return "–"
    whole, rest = divmod(abs(round(average)), 100)
    return f"{'-' if average < 0 else ''}{whole:,}.{rest:02}"
