"""The swap set as tables: who enters and leaves, what came of them, and the list of the largest."""

from __future__ import annotations

from api.workbench.table import Money, Note, Table, count, percent, place_name
from api.workbench.view import NO_CHAMPION, View
from policies.backtest.swap import Direction, movers

NAMES_OF: dict[Direction, str] = {"in": "进入 in", "out": "退出 out", "stay": "不变 stay"}


class SwapView(View):
    """Who enters and who leaves the group of the tier of interest."""

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
                 after.head("后续期金额", "bought next"), ("有采购", "buyers"), after.head("后续毛利", "profit next"),
                 after.head("服务成本", "cost of service"), after.head("净值", "net value"))  # fmt: skip
        names = {"in": "进入 in", "out": "退出 out", "stay": "不变 stay"}
        rows = tuple(
            (date, names[direction], count(group.customers), before.text(group.amount), after.text(group.next_amount),
             percent(group.buying) if group.customers else "–", "–" if group.next_unprofit else after.text(group.next_profit),
             after.text(group.cost), after.text(group.net))
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
                 unit.head("近一年金额", "12 months before"), unit.head("后续期金额", "bought next"), ("后续订单", "orders next"))  # fmt: skip
        rows = tuple(
            ({"in": "进入 in", "out": "退出 out"}[row.direction], str(row.customer_id), place_name(row.champion),
             place_name(row.candidate), unit.text(row.amount), unit.text(row.next_amount), count(row.next_orders))
            for row in found
        )  # fmt: skip
        return Table((f"进出名单,{day}", f"the largest {limit} each way"), heads, rows, words=4)
