"""A study: the figures of a backtest, each as a table and a picture; short calls for short cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.workbench.pictures import Picture, bars_beside, heat_map, shares_over_time
from api.workbench.table import Head, Money, Note, Table, beside, count, merged, percent, place_name
from policies.backtest.foresight import Outcome, breaks
from policies.backtest.metrics import PERCENTS, DateFigures, SideFigures, together
from policies.backtest.panel import OUTSIDE, Side
from policies.backtest.replay import Replay
from policies.backtest.swap import movers
from policies.plan import Plan

NAMES: dict[Side, Head] = {"candidate": ("草案", "candidate"), "champion": ("现行", "champion")}
NO_CHAMPION = Note(
    "没有现行版本,无从比较。", "No version of this policy is in force, so there is nothing to compare with."
)


class Study:
    """What a strategy group looks at; a method without a date shows the last one."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay

    @property
    def candidate(self) -> Plan:
        """Return the candidate's plan."""
        return self.replay.candidate

    @property
    def champion(self) -> Plan | None:
        """Return the champion's plan, None when no version is in force."""
        return self.replay.champion

    @property
    def dates(self) -> tuple[str, ...]:
        """Return the dates, ascending."""
        return self.replay.parameters.days

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""
        return self.replay.currency

    def grade(self, date: str) -> list[tuple[int, str, str]]:
        """Return (customer_id, side, place) of every customer on a date, in order of customer and side."""
        names = {side: places.names for side, places in self.replay.panel(date).places.items()}
        rows = self.replay.panel(date).rows("select customer_id, side, place from placed order by 1, 2")
        return [(customer, side, names[side][place]) for customer, side, place in rows]

    def figures(self, date: str | None = None) -> DateFigures:
        """Return the exact figures of a date."""
        return self.replay.figures[date or self.dates[-1]]

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

    def _each_side(self, date: str | None = None) -> dict[Side, SideFigures]:
        return dict(self.figures(date).sides)

    def _names(self) -> tuple[str, ...]:
        """Return the places of both policies in one order."""
        return merged([plan.tiers for plan in self.replay.sides.values()], OUTSIDE)

    def structure(self, date: str | None = None) -> Table:
        """Return customers and amount of 12 months by tier, the champion's beside the candidate's."""
        sides = self._each_side(date)
        unit = Money.of((row.amount for each in sides.values() for row in each.structure), self.currency)
        heads = (("客户数", "customers"), ("占比", "share"), unit.head("近一年金额", "12 months"), ("占比", "share"))
        cells = {
            NAMES[side]: {
                row.place: (
                    count(row.customers),
                    percent(row.of_customers),
                    unit.text(row.amount),
                    percent(row.of_amount),
                )
                for row in each.structure
            }
            for side, each in sides.items()
        }
        return beside(
            (f"各等级客户与金额,{date or self.dates[-1]}", "customers and amount by tier"), self._names(), heads, cells
        )

    def structure_picture(self, date: str | None = None) -> Picture:
        """Draw shares of customers and of amount by tier, the champion's beside the candidate's."""
        sides = self._each_side(date)
        names = self._names()
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
        for side, each in self._each_side().items():
            shares = [
                [float(self.figures(date).sides[side].structure[i].of_customers * 100) for date in self.dates]
                for i in range(len(each.places.names))
            ]
            panels.append((" ".join(NAMES[side]), [place_name(name) for name in each.places.names], shares))
        return shares_over_time("等级分布随时间 tiers over dates", self.dates, panels)

    def migration(self, date: str | None = None) -> Table | Note:
        """Return where the champion's customers go, with the shares of each row, and how many rise and fall."""
        found = self.figures(date).migration
        if found is None:
            return NO_CHAMPION
        heads: list[Head] = [("现行 → 草案", "champion → candidate")]
        heads += [*((place_name(name), "") for name in found.columns.names), ("合计", "all")]
        rows = [
            (place_name(name), *(f"{count(n)} ({percent(found.share(i, j))})" if n else "·"
                                 for j, n in enumerate(found.counts[i])), count(found.row_totals[i]))
            for i, name in enumerate(found.rows.names) if found.row_totals[i]
        ]  # fmt: skip
        rows.append(("合计 all", *map(count, found.column_totals), count(found.customers)))
        return Table(
            (f"等级迁移,{date or self.dates[-1]}", "migration, with shares of each row"), tuple(heads), tuple(rows)
        )

    def moves(self) -> Table | Note:
        """Return how many rise, fall, move two tiers or more, and enter or leave the tiers, on every date."""
        if self.champion is None:
            return NO_CHAMPION
        heads = (("日期", "date"), ("上升", "up"), ("下降", "down"), ("两级以上", "two tiers or more"), ("不变", "same"),
                 ("进出等级", "in or out of the tiers"), ("客户数", "customers"))  # fmt: skip
        rows = []
        for date in self.dates:
            found = self.figures(date).migration
            assert found is not None  # there is a champion
            numbers = (found.up, found.down, found.far, found.same, found.crossing, found.customers)
            rows.append((date, *map(count, numbers)))
        return Table(("迁移概况", "moves by date"), heads, tuple(rows))

    def migration_picture(self, date: str | None = None) -> Picture | Note:
        """Draw the migration matrix; rows are the champion's tiers."""
        found = self.figures(date).migration
        if found is None:
            return NO_CHAMPION
        shares = [[float(found.share(i, j)) for j in range(len(line))] for i, line in enumerate(found.counts)]
        rows, columns = (
            [place_name(name).replace(" ", "\n") for name in side.names] for side in (found.rows, found.columns)
        )
        return heat_map(
            f"等级迁移 migration, {date or self.dates[-1]}", rows, columns, found.counts, shares,
            ("现行 champion", "草案 candidate"),
        )  # fmt: skip

    def foresight(self, date: str | None = None) -> Table:
        """Return what the customers of each tier bought in the months after a date."""
        return self._foresight(
            {side: each.foresight for side, each in self._each_side(date).items()},
            (f"后续期金额,{date or self.dates[-1]} 之后", "bought in the period after"),
        )

    def foresight_of_all(self) -> Table:
        """Return what the customers of each tier bought next, all dates together."""
        return self._foresight(self._together(), ("后续期金额,全部日期合计", "bought next, all dates together"))

    def _together(self) -> dict[Side, tuple[Outcome, ...]]:
        return {side: together(self.replay.figures, side) for side in self._each_side()}

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
        return beside(caption, self._names(), heads if medians else heads[:-1], cells)

    def foresight_picture(self) -> Picture:
        """Draw the mean amount bought next by tier, all dates together, the champion's beside the candidate's."""
        names = [name for name in self._names() if name not in OUTSIDE]
        found = {side: {row.place: row.mean for row in outcomes} for side, outcomes in self._together().items()}
        unit = Money.of((mean for means in found.values() for mean in means.values()), self.currency)
        series: dict[str, Sequence[float]] = {
            " ".join(NAMES[side]): [unit.value(means.get(name)) for name in names] for side, means in found.items()
        }
        label = f"每客户后续期金额({unit.zh}) mean bought next ({unit.en})"
        return bars_beside("后续期金额按等级 bought next by tier", names, [(label, series)])

    def order_holds(self) -> Table:
        """Return, for every date, whether the better tier buys more next, and what the top of the order captures."""
        sides = list(self._each_side())
        columns: list[Head] = [
            ("单调", "monotone"),
            *((f"前 {part}% 占", f"top {part}% captures") for part in PERCENTS),
        ]
        rows = []
        for date in self.dates:
            cells = [date]
            for side in sides:
                found = self.figures(date).sides[side]
                cells += [_monotone(found.breaks), *(percent(found.capture[part]) for part in PERCENTS)]
            rows.append(tuple(cells))
        last = ["合计 together"]
        for side in sides:
            each = self.figures().sides[side]
            last += [_monotone(breaks(self._together()[side], each.places)), *("–" for _ in PERCENTS)]
        groups = tuple((NAMES[side], len(columns)) for side in sides)
        return Table(
            ("等级次序与后续期金额", "does the order foretell"), (("日期", "date"), *columns * len(sides)), (*rows, tuple(last)),
            groups=groups,
        )  # fmt: skip

    @property
    def _no_tier(self) -> Note:
        tier = self.replay.parameters.tier_of_interest
        return Note(f"现行版本没有等级 {tier}。", f"The champion has no tier {tier}.")

    def swap(self) -> Table | Note:
        """Return, for every date, who enters and leaves the group of the tier of interest and better."""
        tier = self.replay.parameters.tier_of_interest
        found = {date: self.figures(date).swap for date in self.dates}
        groups = [group for each in found.values() if each for group in each.groups.values()]
        if not groups:
            return NO_CHAMPION if self.champion is None else self._no_tier
        before = Money.of((group.amount for group in groups), self.currency)
        after = Money.of((group.next_amount for group in groups), self.currency)
        heads = (("日期", "date"), ("方向", "direction"), ("客户数", "customers"), before.head("近一年金额", "12 months before"),
                 after.head("后续期金额", "bought next"))  # fmt: skip
        names = {"in": "进入 in", "out": "退出 out", "stay": "不变 stay"}
        rows = tuple(
            (date, names[direction], count(group.customers), before.text(group.amount), after.text(group.next_amount))
            for date, each in found.items() if each for direction, group in each.groups.items()
        )  # fmt: skip
        return Table((f"{tier} 及以上的进出", f"swap set of {tier} and better"), heads, rows, words=2)

    def movers(self, limit: int = 20, date: str | None = None) -> Table | Note:
        """Return the largest customers who enter and who leave the group, at most ``limit`` of each, by number."""
        day, tier = date or self.dates[-1], self.replay.parameters.tier_of_interest
        if self.figures(day).swap is None:
            return NO_CHAMPION if self.champion is None else self._no_tier
        found = movers(self.replay.panel(day), tier, limit)
        unit = Money.of([amount for row in found for amount in (row.amount, row.next_amount)], self.currency)
        heads = (("方向", "direction"), ("客户编号", "customer id"), ("现行", "champion"), ("草案", "candidate"),
                 unit.head("近一年金额", "12 months before"), unit.head("后续期金额", "bought next"))  # fmt: skip
        rows = tuple(
            ({"in": "进入 in", "out": "退出 out"}[row.direction], str(row.customer_id), place_name(row.champion),
             place_name(row.candidate), unit.text(row.amount), unit.text(row.next_amount))
            for row in found
        )  # fmt: skip
        return Table((f"进出名单,{day}", f"the largest {limit} each way"), heads, rows, words=4)


def _monotone(found: Sequence[tuple[str, str]]) -> str:
    return "是 yes" if not found else "否 no: " + ", ".join(f"{better} < {worse}" for better, worse in found)
