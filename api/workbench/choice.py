"""The review of a sensitive choice as a notebook shows it: other readings, tornado, noise, bands, variants and their frontier."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from api.workbench.choice_pictures import Dot, Spread, frontier_picture, moved_band, tornado_picture
from api.workbench.pictures import Picture, bars_beside
from api.workbench.table import Head, Money, Note, Table, count, percent, place_name
from policies.document import Card
from policies.exact import exact
from policies.sweep.choice import Choice
from policies.sweep.frontier import Point
from policies.sweep.parameters import checked
from policies.sweep.tornado import Effect

NO_WEIGHTS = Note("这份政策没有可以扰动的权重。", "This policy has no weights to move.")
NO_FIGURES = Note(
    "这份政策没有权重、分数段或分数线可以逐一调整。",
    "This policy has no weights, rungs or bands to move one at a time.",
)
NO_BANDS = Note("关注等级不由分数线决定。", "The tier of interest does not begin at a total.")
NO_READINGS = Note("文件没有写明可以套用的其他读法。", "The document names no other reading that can be applied.")
# What stands at the end of a path.
PARTS = {"weight": "权重", "cuts": "第 {} 档起点"}


class Review:
    """What the strategy group looks at before it settles a figure that much hangs on."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice

    def overview(self) -> Table:
        """Return what is reviewed: policy, dates, customers, and how the figures were moved."""
        choice, wanted = self.choice, self.choice.parameters
        title = choice.document.title
        hours = ", ".join(f"{tier} {value}" for tier, value in wanted.hours.items()) or "未给出,按客户数 by customers"
        rows = (
            ("草案 candidate", f"{title.zh} {title.en} · {choice.description['candidate']}"),
            ("日期 dates", ", ".join(choice.dates)),
            (f"客户数 customers, {choice.date}", count(sum(tally.customers for tally in choice.tallies))),
            ("关注等级 tier of interest", f"{choice.tier} 及以上 and better"),
            ("方案数 variants", count(len(choice.variants))),
            ("每客户服务小时 hours a customer", hours),
        )
        return Table(("审阅对象", "what is reviewed"), (("项目", "item"), ("内容", "content")), rows, words=2)

    def places(self) -> Table:
        """Return customers and money of each place under the candidate as it is."""
        tallies = self.choice.tallies
        unit = self._money(tally.amount for tally in tallies)
        after = self._money(tally.next_amount for tally in tallies)
        heads: tuple[Head, ...] = (("等级", "tier"), ("客户数", "customers"), unit.head("近一年金额", "12 months"),
                                   ("金额未知", "amount unknown"), after.head("后续期金额", "bought next"))  # fmt: skip
        rows = tuple(
            (place_name(one.place), count(one.customers), unit.text(one.amount), count(one.unknown), after.text(one.next_amount))
            for one in tallies
        )  # fmt: skip
        return Table((f"草案的等级分布,{self.choice.date}", "the candidate as it is"), heads, rows)

    def readings(self) -> Table | Note:
        """Return every other reading of the document that can be applied: customers and money that move."""
        found = [moved for moved in self.choice.readings if moved.reading.plan is not None]
        if not found:
            return NO_READINGS
        unit = self._money(moved.amount for moved in found)
        heads: tuple[Head, ...] = (
            ("解释", "reading"), ("条款", "clause"), ("另一种读法", "alternative"), ("变动客户", "customers moved"),
            ("升", "up"), ("降", "down"), unit.head("变动客户金额", "their amount"),
        )  # fmt: skip
        rows = tuple(
            (one.reading.id, _short(one.reading.clause), one.reading.alternative, count(one.customers), count(one.up),
             count(one.down), unit.text(one.amount))
            for one in found
        )  # fmt: skip
        return Table((f"其他读法的影响,{self.choice.date}", "other readings"), heads, rows, words=3)

    def not_applied(self) -> Table | Note:
        """Return the other readings that cannot be applied mechanically, each with the reason."""
        found = [moved.reading for moved in self.choice.readings if moved.reading.plan is None]
        if not found:
            return Note("其他读法均已套用。", "Every other reading was applied.")
        heads: tuple[Head, ...] = (
            ("解释", "reading"),
            ("另一种读法", "alternative"),
            ("未套用的原因", "why it is not applied"),
        )
        rows = tuple((one.id, _short(one.alternative), _short(one.why, 110)) for one in found)
        return Table(("不能机械套用的读法", "readings that cannot be applied mechanically"), heads, rows, words=3)

    def tornado(self, limit: int = 15) -> Table | Note:
        """Return the most sensitive figures, each a step lower and a step higher."""
        bars = self.choice.tornado[:limit]
        if not bars:
            return NO_FIGURES
        unit = self._money(effect.amount for bar in bars for effect in (bar.lower, bar.higher))
        heads: tuple[Head, ...] = (
            ("参数", "figure"), ("现值", "now"),
            *((("值", "value"), ("变动客户", "moved"), ("升", "up"), ("降", "down"), unit.head("金额", "amount")) * 2),
        )  # fmt: skip
        rows = tuple(
            (self._named(bar.path), bar.value, *_cells(bar.lower, unit), *_cells(bar.higher, unit)) for bar in bars
        )
        groups = ((("调低", "lower"), 5), (("调高", "higher"), 5))
        return Table((f"逐项敏感性,{self.choice.date}", "one figure at a time"), heads, rows, groups=groups)

    def tornado_picture(self, limit: int = 12) -> Picture | Note:
        """Draw the most sensitive figures."""
        bars = self.choice.tornado[:limit]
        if not bars:
            return NO_FIGURES
        spreads = [
            Spread(f"{self._named(bar.path)} {bar.value}", (bar.lower.value, bar.higher.value),
                   (_number(bar.lower), _number(bar.higher)))
            for bar in bars
        ]  # fmt: skip
        return tornado_picture(f"敏感性 tornado, {self.choice.date}", spreads)

    def noise(self) -> Table | Note:
        """Return, for each place, who keeps it when the weights are drawn around the candidate's."""
        found = self.choice.noise
        if found is None:
            return NO_WEIGHTS
        heads: tuple[Head, ...] = (("等级", "tier"), ("客户数", "customers"), ("每次都保持", "kept in every draw"),
                                   ("占比", "share"), ("平均保持", "kept on average"))  # fmt: skip
        rows = [
            (place_name(one.place), count(one.customers), count(one.always), percent(_part(one.always, one.customers)),
             percent(_part(one.kept, one.customers * found.draws)))
            for one in found.places if one.customers
        ]  # fmt: skip
        rows.append(("合计 all", count(found.customers), count(sum(one.always for one in found.places)), percent(found.always),
                     percent(found.kept)))  # fmt: skip
        said = f"{found.draws} 次,集中度 {found.concentration},种子 {found.seed}"
        english = f"Dirichlet noise on the weights: {found.draws} draws, concentration {found.concentration}, seed {found.seed}"
        return Table((f"权重扰动下的稳定性({said})", english), heads, tuple(rows))

    def noise_picture(self) -> Picture | Note:
        """Draw the share of each place that keeps it."""
        found = self.choice.noise
        if found is None:
            return NO_WEIGHTS
        here = [one for one in found.places if one.customers and one.place not in ("not_applicable", "error")]
        series: dict[str, Sequence[float]] = {
            "平均保持 on average": [100 * one.kept / (one.customers * found.draws) for one in here],
            "每次都保持 in every draw": [100 * one.always / one.customers for one in here],
        }
        names = [place_name(one.place).replace(" ", "\n") for one in here]
        panels = [("保持原等级的客户占比 share who keep their tier", series)]
        return bars_beside(f"权重扰动 noise on the weights, {found.draws}", names, panels, percent=True)

    def bands_picture(self) -> Picture | Note:
        """Draw what the tier of interest and better take in, wherever between its neighbours it begins."""
        cuts, choice = self.choice.bands, self.choice
        if not cuts:
            return NO_BANDS
        everyone = sum(tally.customers for tally in choice.tallies)
        amount, after = sum(t.amount for t in choice.tallies), sum(t.next_amount for t in choice.tallies)
        lines = [
            ("客户 customers", [100 * float(_part(cut.customers, everyone)) for cut in cuts]),
            ("后续期金额 bought next", [100 * float(_part(cut.next_amount, after)) for cut in cuts]),
            ("近一年金额 12 months", [100 * float(_part(cut.amount, amount)) for cut in cuts]),
        ]
        now = float(Fraction(choice.plan.begins[choice.plan.tiers.index(choice.tier)] * 100, choice.plan.scale))
        title = f"{choice.tier} 的分数线 where {choice.tier} begins, {choice.date}"
        return moved_band(title, [float(cut.begin) for cut in cuts], lines, now)

    def frontier_picture(self) -> Picture:
        """Draw what each variant captures of the next period's money over the service that it takes."""
        hours, points = bool(self.choice.parameters.hours), self.choice.frontier
        load = "每期服务小时 service hours a period" if hours else "客户数 customers"
        dots = [
            Dot(float(point.hours), 100 * float(point.of_next), point.efficient, not self.choice.variants[point.variant].settings)
            for point in points
        ]  # fmt: skip
        capacity = self.choice.parameters.capacity
        labels = (f"{self.choice.tier} 及以上的{load}", "占后续期金额 share of what was bought next")
        title = f"收入与服务的前沿 frontier, {len(points)} 个方案 variants"
        return frontier_picture(title, dots, labels, None if capacity is None else float(exact(capacity)))

    def frontier(self, limit: int = 20) -> Table:
        """Return the candidate as it is and the efficient variants, the smallest load first."""
        points = self.choice.frontier
        best = sorted((point for point in points if point.efficient), key=lambda point: point.hours)
        chosen = [points[0], *(point for point in best if point.variant)][:limit]
        unit, after = self._money(one.amount for one in chosen), self._money(one.next_amount for one in chosen)
        heads: tuple[Head, ...] = (
            ("方案", "variant"), ("有效", "efficient"), ("能力内", "within capacity"), ("平均客户数", "customers a date"),
            ("平均小时", "hours a date"), after.head("后续期金额", "bought next"), ("占比", "share"),
            unit.head("近一年金额", "12 months"), ("占比", "share"),
        )  # fmt: skip
        rows = tuple(self._line(point, unit, after) for point in chosen)
        note = f"{sum(point.efficient for point in points)} / {len(points)}"
        return Table((f"前沿上的方案({note})", "efficient variants, over all dates"), heads, rows, words=3)

    def _line(self, point: Point, unit: Money, after: Money) -> tuple[str, ...]:
        capacity = self.choice.parameters.capacity
        within = "–" if capacity is None else "是 yes" if point.hours <= exact(capacity) else "否 no"
        return (
            point.name or "草案现值 as it is", "是 yes" if point.efficient else "否 no", within,
            _tenth(point.customers), _tenth(point.hours),
            after.text(point.next_amount), percent(point.of_next), unit.text(point.amount), percent(point.of_amount),
        )  # fmt: skip

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same inputs and parameters give the same bytes."""
        Path(path).write_bytes(self.choice.metrics())
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")

    def _money(self, amounts: Any) -> Money:
        return Money.of(amounts, self.choice.currency)

    def _named(self, path: str) -> str:
        """Return a path as a reader knows it: the indicator's title, and what of it."""
        parts = path.split(".")
        if parts[0] == "tiers":
            return f"{parts[-1]} 分数线"
        titles: dict[str, str] = {}
        if isinstance(self.choice.document, Card):
            titles = {one.id: one.title.zh for one in self.choice.document.dimensions}
            titles |= {one.id: one.title.zh for _, one, _ in self.choice.document.indicators if one.title is not None}
        kind = next(part for part in parts if part in PARTS)
        one = parts[parts.index(kind) - 1]
        what = PARTS[kind].format(int(parts[-1]) + 1 if parts[-1].isdigit() else "")
        return f"{one} {titles.get(one, '')} · {what}"


def open(folder: str | Path = "inputs", **parameters: Any) -> Review:
    """Return the review of a folder of inputs; ``parameters`` are those of ChoiceParameters.  Refusal for wrong ones."""
    return Review(Choice(checked({"folder": str(folder), **parameters})))


def _cells(effect: Effect, unit: Money) -> tuple[str, ...]:
    if effect.refused:
        return effect.value, "不可行 refused", "–", "–", "–"
    return effect.value, count(effect.customers), count(effect.up), count(effect.down), unit.text(effect.amount)


def _number(effect: Effect) -> int | None:
    return None if effect.refused else effect.customers


def _part(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)


def _tenth(number: Fraction) -> str:
    return f"{round(number * 10) / 10:,.1f}" if number.denominator > 1 else f"{int(number):,}"


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
