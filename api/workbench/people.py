"""People as tables: overrides by person and what came of them, and how far raters agree."""

from __future__ import annotations

from api.workbench.table import Head, Money, Note, Table, count, decimal, percent
from api.workbench.view import NAMES, View
from policies.backtest.people import EVERYBODY, People
from policies.vocabulary import VOCABULARY

NO_PEOPLE = Note("输入中没有人工改级与评分的数据。", "The inputs carry no appointments and no ratings of panels.")


KINDS = {"appointment": "任命 appointment", "override": "改判 override"}


class PeopleView(View):
    """What people decided beside the policy."""

    def _people(self, date: str | None) -> People | None:
        return self.replay.people[date or self.dates[-1]]

    def overrides(self, date: str | None = None) -> Table | Note:
        """Return who appointed how many customers up and down, and what those bought next beside those left behind."""
        found = self._people(date)
        if found is None:
            return NO_PEOPLE
        if not found.overrides[0].number:
            return Note("当日没有生效的人工改级。", "No appointment held on the date.")
        means = [mean for row in found.overrides for mean in (row.up_mean, row.up_peers, row.down_mean, row.down_peers)]
        unit = Money.of(means, self.currency)
        heads: tuple[Head, ...] = (("改级人", "person"), ("方式", "kind"), ("上调", "up"), unit.head("上调后均值", "mean next"), unit.head("原等级同伴", "peers"),
                                   ("下调", "down"), unit.head("下调后均值", "mean next"), unit.head("原等级同伴", "peers"),
                                   ("与计算相同", "as computed"), ("无计算等级", "none computed"))  # fmt: skip
        rows = tuple(
            ("全部 all" if row.person == EVERYBODY else row.person, KINDS.get(row.kind, ""), count(row.up), unit.text(row.up_mean), unit.text(row.up_peers),
             count(row.down), unit.text(row.down_mean), unit.text(row.down_peers), count(row.same), count(row.outside))
            for row in found.overrides
        )  # fmt: skip
        caption = f"人工改级,{date or self.dates[-1]},对{NAMES[found.side][0]},占全部客户 {percent(found.rate)}"
        return Table(
            (caption, f"appointments beside the {found.side}'s tiers, and what came of them"), heads, rows, words=2
        )

    def raters(self, date: str | None = None) -> Table | Note:
        """Return how far the raters of the panels settled by a date agree."""
        found = self._people(date)
        if found is None:
            return NO_PEOPLE
        if not found.raters:
            return Note("尚无由评审组定下的评分。", "No panel had settled a rating.")
        heads: tuple[Head, ...] = (("评分项", "word"), ("评审组", "panels"), ("评分相同", "pairs the same"), ("平均相差", "mean distance"),
                                   ("Krippendorff α", "interval"))  # fmt: skip
        rows = tuple(
            ("全部 all" if word == EVERYBODY else f"{VOCABULARY[word].zh} {VOCABULARY[word].en}", count(one.panels), percent(one.same), decimal(one.apart, 2), decimal(one.alpha))
            for word, one in found.raters.items()
        )  # fmt: skip
        return Table((f"评审一致性,{date or self.dates[-1]}", "agreement of raters"), heads, rows)
