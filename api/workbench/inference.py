"""Inference as tables and a picture: intervals, membership of the top, jumps at the cuts, bunching, facts too good to be true."""

from __future__ import annotations

from api.workbench.pictures import Picture, intervals
from api.workbench.table import Head, Money, Note, Table, chance, count, decimal
from api.workbench.view import NAMES, NO_CHAMPION, View
from policies.backtest.bunching import WINDOW
from policies.backtest.discontinuity import BANDWIDTH
from policies.backtest.resampling import REPLICATES, TOGETHER, Estimate

SIDES: dict[str, Head] = {
    "candidate": NAMES["candidate"],
    "champion": NAMES["champion"],
    "difference": ("差", "difference"),
}


class InferenceView(View):
    """How sure the figures are."""

    def estimates(self) -> Table:
        """Return AUC, capture of the top 20 % and the mean of the tier of interest with bootstrap intervals, by date."""
        tier = self.replay.parameters.tier_of_interest
        found = self.replay.estimates
        means = [one.value for each in found.values() for one in each["mean"].values()]
        unit = Money.of((round(mean) for mean in means), self.currency)
        titles = {
            "auc": "AUC",
            "capture_20": "前 20% 占 top 20% captures",
            "mean": f"{tier} 及以上均值 mean ({unit.zh})",
        }

        def shown(measure: str, one: Estimate | None) -> str:
            if one is None:
                return "–"
            texts = [_text(measure, unit, value) for value in (one.value, one.low, one.high)]
            return f"{texts[0]} [{texts[1]}, {texts[2]}]"

        names = [name for name in SIDES if name in next(iter(found.values()))["auc"] or name == "candidate"]
        rows = tuple(
            ("合计 together" if day == TOGETHER else day, titles[measure], *(shown(measure, each[measure].get(name)) for name in names))
            for measure in titles for day, each in found.items()
        )  # fmt: skip
        heads: tuple[Head, ...] = (("日期", "date"), ("指标", "figure"), *(SIDES[name] for name in names))
        return Table(
            (f"配对自助法 95% 区间,{REPLICATES} 次", "paired bootstrap intervals over customers"), heads, rows, words=2
        )

    def estimates_picture(self) -> Picture | Note:
        """Draw the difference of the AUC, candidate less champion, with its interval on every date."""
        if self.champion is None:
            return NO_CHAMPION
        found = {day: each["auc"].get("difference") for day, each in self.replay.estimates.items()}
        values = [None if one is None or one.low is None or one.high is None else (one.value, one.low, one.high) for one in found.values()]  # fmt: skip
        names = ["合计\ntogether" if day == TOGETHER else day for day in found]
        return intervals("AUC 之差 difference of AUC", names, {"草案 − 现行 candidate − champion": values}, "AUC 之差 difference", zero=True)  # fmt: skip

    def memberships(self) -> Table | Note:
        """Return McNemar's test of who enters and leaves the tier of interest and better, on every date."""
        tier = self.replay.parameters.tier_of_interest
        found = {date: swap for date in self.dates if (swap := self.figures(date).swap)}
        if not found:
            return (
                NO_CHAMPION
                if self.champion is None
                else Note(f"现行版本没有等级 {tier}。", f"The champion has no tier {tier}.")
            )
        heads: tuple[Head, ...] = (("日期", "date"), ("进入", "in"), ("退出", "out"), ("p", "exact, two-sided"))
        rows = tuple(
            (date, count(swap.groups["in"].customers), count(swap.groups["out"].customers), chance(swap.mcnemar))
            for date, swap in found.items()
        )
        return Table((f"{tier} 及以上的成员变化:McNemar 检验", "membership of the top tiers"), heads, rows)

    def discontinuities(self, date: str | None = None) -> Table | Note:
        """Return what customers buy next just above and just below each cut of the champion where the service differs."""
        if self.champion is None:
            return NO_CHAMPION
        jumps = self.replay.discontinuities
        if jumps is None:
            return Note("没有给出各等级的服务(参数 service),不知道哪条界线两侧服务不同。",
                        "The parameter service does not say where service differs.")  # fmt: skip
        found = jumps[date or self.dates[-1]]
        if not found:
            return Note(
                "现行版本没有两侧服务不同的总分界线。", "The champion has no cut of a total at which service differs."
            )
        unit = Money.of((round(abs(one.jump)) for one in found if one.jump is not None), self.currency)
        heads: tuple[Head, ...] = (("界线", "cut"), ("下方客户", "below"), ("上方客户", "above"), unit.head("跳跃", "jump"),
                                   ("95% 区间", "95% interval"), ("p", ""))  # fmt: skip
        rows = tuple(
            (f"{one.worse} | {one.better}", count(one.below), count(one.above),
             "样本不足 too few" if one.jump is None else unit.text(one.jump),
             "–" if (ends := one.interval) is None else f"[{unit.text(round(ends[0]))}, {unit.text(round(ends[1]))}]", chance(one.p))
            for one in found
        )  # fmt: skip
        caption = f"断点回归,{date or self.dates[-1]},带宽 {BANDWIDTH} 分"
        return Table(
            (caption, "regression discontinuity at the champion's cuts: amount bought next per customer"), heads, rows
        )

    def bunching(self, date: str | None = None) -> Table | Note:
        """Return whether more customers stand just above each cut than just below it."""
        day = date or self.dates[-1]
        rows = tuple(
            (" ".join(NAMES[side]), one.tier, count(one.below), count(one.above), "样本不足 too few" if one.p is None else chance(one.p))
            for side, inspected in self.replay.inspections[day].items() for one in inspected.bunching
        )  # fmt: skip
        if not rows:
            return Note("政策没有总分界线。", "The policies have no cuts of a total.")
        heads: tuple[Head, ...] = (
            ("政策", "policy"),
            ("等级", "tier"),
            ("下方客户", "just below"),
            ("上方客户", "just above"),
            ("p", "one-sided"),
        )
        return Table(
            (f"界线处堆积,{day},两侧各 {WINDOW} 分", "bunching at the cuts: nudged scores"), heads, rows, words=2
        )

    def suspects(self) -> Table | Note:
        """Return the facts that foretell too well to have been known at the date."""
        rows = tuple(
            (date, one.word, decimal(one.auc)) for date, found in self.replay.suspects.items() for one in found
        )
        if not rows:
            return Note(
                "没有哪个事实单独就能近乎完全预示后续采购。",
                "No fact by itself foretells the purchases implausibly well.",
            )
        heads: tuple[Head, ...] = (("日期", "date"), ("事实", "fact"), ("AUC", "by itself"))
        return Table(
            ("疑似泄漏的事实:可能取自日期之后", "facts that may come from after the date"), heads, rows, words=2
        )


def _text(measure: str, unit: Money, value: float | None) -> str:
    if value is None:
        return "–"
    if measure == "mean":
        return unit.text(round(value))
    return f"{decimal(value * 100, 1)}%" if measure == "capture_20" else decimal(value)
