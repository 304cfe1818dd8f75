"""Rankings against what was bought next, as a table and a picture: the policies, past spend, a plain scorecard, lifetime value."""

from __future__ import annotations

from datetime import date as Date
from functools import cached_property

from api.workbench.curve import gains_curves
from api.workbench.pictures import Picture
from api.workbench.table import Head, Note, Table, count, percent
from api.workbench.view import View
from policies.backtest.replay import SNAPSHOTS
from policies.lifetime import HISTORIES
from policies.lifetime.comparison import Comparison, compare
from policies.lifetime.gains import PERCENTS
from policies.refusal import Refusal
from schema.windows import months_before

NAMES: dict[str, str] = {
    "candidate": "草案 candidate",
    "champion": "现行 champion",
    "spend": "近一年金额 amount of 12 months",
    "scorecard": "近度频度额度 recency, frequency, amount",
    "lifetime": "生命周期价值 lifetime value",
    "perfect": "事后最优 perfect hindsight",
}


class LifetimeView(View):
    """The policies of a replay beside plain rankings."""

    @cached_property
    def _comparisons(self) -> dict[str, Comparison]:
        return {}

    def compared(self, date: str | None = None) -> Comparison:
        """Return the exact figures of a date; fitted once."""
        day = date or self.dates[-1]
        if day not in self._comparisons:
            folder, start = self.replay.folder, Date.fromisoformat(day)
            ahead = (months_before(start, -self.replay.parameters.horizon_months) - start).days
            self._comparisons[day] = compare(
                self.replay.panel(day),
                folder / SNAPSHOTS / f"{day}.parquet",
                folder / HISTORIES / f"{day}.parquet",
                ahead,
            )
        return self._comparisons[day]

    def rankings(self, date: str | None = None) -> Table:
        """Return, for each ranking, the normalised Gini and what its first 5, 10, 20 and 40 percent hold of what was bought next."""
        found = self.compared(date)
        heads: tuple[Head, ...] = (
            ("排序", "ranking"), ("名次数", "places"), ("归一化基尼", "normalised Gini"),
            *((f"前 {part}% 占", f"top {part}% captures") for part in PERCENTS),
        )  # fmt: skip
        rows = []
        for name, title in NAMES.items():
            gains = found.gains.get(name)
            if gains is None and name == "lifetime":
                rows.append((title, *("–" for _ in heads[1:])))
            elif gains is not None:
                rows.append((title, count(len(gains.groups)), percent(found.gini(name)),
                             *(percent(gains.capture(part)) for part in PERCENTS)))  # fmt: skip
        day = date or self.dates[-1]
        return Table((f"各种排序与后续期金额,{day}", "rankings against what was bought next"), heads, tuple(rows))

    def rankings_picture(self, date: str | None = None) -> Picture:
        """Draw the share of what was bought next that the first customers of each ranking hold."""
        found = self.compared(date)
        curves = {name: (title, found.gains[name].curve()) for name, title in NAMES.items() if name in found.gains}
        day = date or self.dates[-1]
        labels = ("客户占比(按排序) share of customers, best first", "后续期金额占比 share of what was bought next")
        return gains_curves(f"累计占比曲线 cumulative gains, {day}", curves, labels)

    def lifetime_models(self, date: str | None = None) -> Table | Note:
        """Return the fitted parameters of BG/NBD and Gamma–Gamma, or why there are none."""
        found = self.compared(date).model
        if isinstance(found, Refusal):
            return Note("没有拟合生命周期价值模型。", f"No lifetime value was fitted. {found.message}")
        purchases, amount = found.purchases, found.amount
        edge = (*purchases.at_the_edge, *amount.at_the_edge)
        rows = [
            ("BG/NBD", f"r {purchases.r:.4g}, α {purchases.alpha:.4g}, a {purchases.a:.4g}, b {purchases.b:.4g}",
             count(purchases.customers), f"{purchases.log_likelihood:,.1f}"),
            ("Gamma–Gamma", f"p {amount.p:.4g}, q {amount.q:.4g}, v {amount.v:.4g}", count(amount.customers),
             f"{amount.log_likelihood:,.1f}"),
        ]  # fmt: skip
        if edge:
            rows.append(("到达边界 at the edge of the search", ", ".join(edge), "", ""))
        heads: tuple[Head, ...] = (
            ("模型", "model"),
            ("参数", "parameters"),
            ("客户数", "customers"),
            ("对数似然", "log-likelihood"),
        )
        return Table(("生命周期价值模型", "models of lifetime value"), heads, tuple(rows), words=2)
