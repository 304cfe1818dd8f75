"""Foresight as tables and pictures: what each tier buys next, whom it loses, and how well the order foretells."""

from __future__ import annotations

from collections.abc import Sequence

from api.workbench.pictures import Picture, bars_beside, intervals
from api.workbench.table import Head, Money, Table, beside, chance, count, decimal, interval, percent
from api.workbench.view import NAMES, View
from policies.backtest.discrimination import PERCENTS
from policies.backtest.figure import part
from policies.backtest.foresight import Outcome, breaks
from policies.backtest.metrics import ordered, together
from policies.backtest.panel import OUTSIDE, Side


class ForesightView(View):
    """What came after the dates."""

    def foresight(self, date: str | None = None) -> Table:
        """Return what the customers of each tier bought in the months after a date."""
        return self._foresight(
            {side: each.foresight for side, each in self.sides(date).items()},
            (f"后续期金额,{date or self.dates[-1]} 之后", "bought in the period after"),
        )

    def foresight_of_all(self) -> Table:
        """Return what the customers of each tier bought next, all dates together."""
        return self._foresight(self._together(), ("后续期金额,全部日期合计", "bought next, all dates together"))

    def _together(self) -> dict[Side, tuple[Outcome, ...]]:
        return {side: together(self.replay.figures, side) for side in self.sides()}

    def _foresight(self, sides: dict[Side, tuple[Outcome, ...]], caption: Head) -> Table:
        """Return outcomes by tier, the champion's beside the candidate's."""
        outcomes = [row for rows in sides.values() for row in rows]
        total = Money.of((row.amount for row in outcomes), self.currency)
        each = Money.of((row.mean for row in outcomes), self.currency)
        medians = any(row.median is not None for row in outcomes)
        heads = (("客户数", "customers"), ("有采购", "buyers"), total.head("金额", "amount"), ("占比", "share"),
                 each.head("均值", "mean"), each.head("中位数", "median"))  # fmt: skip
        cells = {
            NAMES[side]: {
                row.place: (count(row.customers), count(row.buyers), total.text(row.amount), percent(row.share),
                            each.text(row.mean), each.text(row.median))[: None if medians else -1]
                for row in rows
            }
            for side, rows in sides.items()
        }  # fmt: skip
        return beside(caption, self.places(), heads if medians else heads[:-1], cells)

    def foresight_picture(self) -> Picture:
        """Draw the mean amount bought next by tier, all dates together, the champion's beside the candidate's."""
        names = [name for name in self.places() if name not in OUTSIDE]
        found = {side: {row.place: row.mean for row in outcomes} for side, outcomes in self._together().items()}
        unit = Money.of((mean for means in found.values() for mean in means.values()), self.currency)
        series: dict[str, Sequence[float]] = {
            " ".join(NAMES[side]): [unit.value(means.get(name)) for name in names] for side, means in found.items()
        }
        label = f"每客户后续期金额({unit.zh}) mean bought next ({unit.en})"
        return bars_beside("后续期金额按等级 bought next by tier", names, [(label, series)])

    def churn(self) -> Table:
        """Return, all dates together, whom each tier loses and its margin, the champion's beside the candidate's."""
        heads: tuple[Head, ...] = (("有采购", "buy next"), ("95% 区间", "95% interval"), ("流失 / 原活跃", "lost of active"),
                                   ("流失率", "churn"), ("95% 区间", "95% interval"), ("毛利率", "margin"))  # fmt: skip
        cells = {
            NAMES[side]: {
                row.place: (percent(part(row.buyers, row.customers)) if row.customers else "–", interval(row.buying),
                            f"{count(row.lost)} / {count(row.active)}", percent(row.churn), interval(row.losing),
                            percent(row.margin))
                for row in rows
            }
            for side, rows in self._together().items()
        }  # fmt: skip
        return beside(
            ("后续采购与流失,全部日期合计", "buyers and churn, all dates together"), self.places(), heads, cells
        )

    def churn_picture(self) -> Picture:
        """Draw the churn by tier with its 95 % intervals, all dates together."""
        names = [name for name in self.places() if name not in OUTSIDE]
        series = {}
        for side, rows in self._together().items():
            found = {row.place: row for row in rows if row.churn is not None}
            series[" ".join(NAMES[side])] = [
                (float(row.churn or 0) * 100, float(row.losing[0]) * 100, float(row.losing[1]) * 100)
                if (row := found.get(name)) and row.losing else None
                for name in names
            ]  # fmt: skip
        return intervals("流失率与 95% 区间 churn with 95% intervals", names, series, "流失率 churn, %")

    def order_holds(self) -> Table:
        """Return, for every date, whether the better tier buys more next, and the test for a trend over the tiers."""
        heads: tuple[Head, ...] = (("单调", "monotone"), ("JT z", "Jonckheere–Terpstra"), ("p", "p"))
        rows = []
        for date in self.dates:
            cells = [date]
            for each in self.sides(date).values():
                z, p = (each.trend.z, each.trend.p) if each.trend else (None, None)
                cells += [_monotone(each.breaks), decimal(z, 1), chance(p)]
            rows.append(tuple(cells))
        last = ["合计 together"]
        for side, each in self.sides().items():
            last += [_monotone(breaks(self._together()[side], each.places)), "–", "–"]
        return self._by_date(("等级次序与后续期金额", "does the order foretell"), heads, [*rows, tuple(last)])

    def discrimination(self) -> Table:
        """Return, for every date, how well the order tells buyers from others: AUC, Gini, KS, capture and lift."""
        heads: list[Head] = [("日期", "date"), ("政策", "policy"), ("AUC", ""), ("Gini", "2 AUC − 1"), ("KS", "")]
        heads += [(f"前 {top}% 占", "captures (lift)") for top in PERCENTS]
        found = {date: {side: each.discrimination for side, each in self.sides(date).items()} for date in self.dates}
        found["合计 together"] = {side: ordered(self.replay.figures, side) for side in self.sides()}
        rows = tuple(
            (date, " ".join(NAMES[side]), decimal(each.auc), decimal(each.gini), decimal(each.ks),
             *(f"{percent(each.capture[top])} (×{decimal(each.lift[top], 1)})" for top in PERCENTS))
            for date, sides in found.items() for side, each in sides.items()
        )  # fmt: skip
        return Table(("区分度", "who buys next: discrimination and capture"), tuple(heads), rows, words=2)

    def _by_date(self, caption: Head, heads: tuple[Head, ...], rows: Sequence[tuple[str, ...]]) -> Table:
        sides = list(self.sides())
        groups = tuple((NAMES[side], len(heads)) for side in sides)
        return Table(caption, (("日期", "date"), *heads * len(sides)), tuple(rows), groups=groups)

    def capture_picture(self) -> Picture:
        """Draw what the first 5, 10, 20 and 40 percent of each order capture of all that was bought next."""
        series: dict[str, Sequence[float]] = {
            " ".join(NAMES[side]): [
                float(share or 0) * 100 for share in ordered(self.replay.figures, side).capture.values()
            ]
            for side in self.sides()
        }
        label = "占全部后续期金额 share of all bought next"
        return bars_beside("前若干客户的捕获 captured by the top", [f"前 top {top}%" for top in PERCENTS], [(label, series)],
                           percent=True)  # fmt: skip


def _monotone(found: Sequence[tuple[str, str]]) -> str:
    return "是 yes" if not found else "否 no: " + ", ".join(f"{better} < {worse}" for better, worse in found)
