"""Structure as tables and pictures: customers, amount and margin by tier, concentration, tiers over dates."""

from __future__ import annotations

from collections.abc import Sequence

from api.workbench.pictures import Picture, bars_beside, curves, shares_over_time
from api.workbench.table import Head, Money, Note, Table, beside, count, decimal, percent, place_name
from api.workbench.view import NAMES, View
from policies.backtest.concentration import STEPS, TOPS


class StructureView(View):
    """Who is in each tier, and what they bought before."""

    def structure(self, date: str | None = None) -> Table:
        """Return customers and amount of 12 months by tier, the champion's beside the candidate's."""
        sides = self.sides(date)
        unit = Money.of((row.amount for each in sides.values() for row in each.structure), self.currency)
        heads = (
            ("客户数", "customers"),
            ("占比", "share"),
            unit.head("近一年金额", "12 months"),
            ("占比", "share"),
            ("毛利率", "margin"),
        )
        cells = {
            NAMES[side]: {
                row.place: (
                    count(row.customers),
                    percent(row.of_customers),
                    unit.text(row.amount),
                    percent(row.of_amount),
                    percent(row.margin),
                )
                for row in each.structure
            }
            for side, each in sides.items()
        }
        return beside(
            (f"各等级客户与金额,{date or self.dates[-1]}", "customers and amount by tier"), self.places(), heads, cells
        )

    def structure_picture(self, date: str | None = None) -> Picture:
        """Draw shares of customers and of amount by tier, the champion's beside the candidate's."""
        sides = self.sides(date)
        names = self.places()
        customers: dict[str, Sequence[float]] = {}
        amounts: dict[str, Sequence[float]] = {}
        for side, each in sides.items():
            found = {row.place: row for row in each.structure}
            label = " ".join(NAMES[side])
            customers[label] = [float(found[name].of_customers * 100) if name in found else 0.0 for name in names]
            amounts[label] = [float(found[name].of_amount * 100) if name in found else 0.0 for name in names]
        return bars_beside(
            f"各等级占比 shares by tier, {date or self.dates[-1]}",
            [place_name(name).replace(" ", "\n") for name in names],
            [("客户占比 share of customers", customers), ("近一年金额占比 share of amount", amounts)],
            percent=True,
        )

    def over_dates(self) -> Table:
        """Return the customers of each tier of the candidate on every date."""
        names = self.figures().sides["candidate"].places.names
        heads: list[Head] = [("日期", "date"), *((place_name(name), "") for name in names), ("合计", "all")]
        rows = []
        for date in self.dates:
            numbers = [row.customers for row in self.figures(date).sides["candidate"].structure]
            rows.append((date, *map(count, numbers), count(sum(numbers))))
        return Table(("草案各日期的等级分布", "the candidate's tiers over dates"), tuple(heads), tuple(rows))

    def over_dates_picture(self) -> Picture:
        """Draw the share of each tier on every date."""
        panels = []
        for side, each in self.sides().items():
            shares = [
                [float(self.figures(date).sides[side].structure[i].of_customers * 100) for date in self.dates]
                for i in range(len(each.places.names))
            ]
            panels.append((" ".join(NAMES[side]), [place_name(name) for name in each.places.names], shares))
        return shares_over_time("等级分布随时间 tiers over dates", self.dates, panels)

    def concentration(self) -> Table | Note:
        """Return, for every date, how unequally the amount of 12 months is spread over all customers."""
        found = {date: self.figures(date).concentration for date in self.dates}
        heads: list[Head] = [("日期", "date"), ("金额已知客户", "with known amount"), ("Gini 系数", "Gini coefficient")]
        heads += [(f"最大 {top}% 占", f"largest {top}% hold") for top in TOPS]
        rows = tuple(
            (date, count(each.customers), decimal(each.gini), *(percent(each.top[top]) for top in TOPS))
            for date, each in found.items() if each
        )  # fmt: skip
        if not rows:
            return Note("近一年没有金额,或有负数。", "There is no amount of 12 months, or one is below 0.")
        return Table(("金额集中度", "concentration of the amount of 12 months"), tuple(heads), rows)

    def lorenz_picture(self, date: str | None = None) -> Picture | Note:
        """Draw the Lorenz curve of the amount of 12 months, and what each policy's order gathers of it from the top."""
        found = self.figures(date).concentration
        if found is None:
            return Note("近一年没有金额,或有负数。", "There is no amount of 12 months, or one is below 0.")
        spread: dict[str, Sequence[float]] = {
            "Lorenz 曲线 (由小到大) Lorenz curve": [float(share * 100) for share in found.lorenz]
        }
        gathered: dict[str, Sequence[float]] = {
            " ".join(NAMES[side]): [float(share * 100) for share in each.gathered]
            for side, each in self.sides(date).items()
        }
        return curves(
            f"金额集中度 concentration, {date or self.dates[-1]}", STEPS,
            [("客户由小到大 customers, smallest first", spread), ("客户按政策次序 customers in the policy's order", gathered)],
            ("累计客户占比 % of customers", "累计金额占比 % of amount"),
        )  # fmt: skip
