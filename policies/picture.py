"""A waterfall picture of one explanation: what each indicator adds to the total, and where the tiers begin, as SVG text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

from policies.display import share_text
from policies.document import Card, Scorecard
from policies.exact import decimal_text, floor_tenth, percent
from policies.explain import Explanation
from policies.explained import Contribution
from policies.lettering import clean, extent, fold
from policies.lift import points_of
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sentences import step_sentence
from policies.values import Labels

# Pixels.  The labels stand left of the plot, the figures right of it.
WIDTH, MARGIN, LABELS, FIGURES = 960, 16, 250, 150
LEFT, RIGHT = MARGIN + LABELS + 12, WIDTH - MARGIN - FIGURES - 12
LINE, BAR, SIZE, SMALL = 17, 16, 13, 11
FONTS = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','Heiti SC',sans-serif"
# Blue, orange, green, purple, red-brown, teal: dark enough on white, told apart without colour by their headings.
COLOURS = ("#2f6db5", "#c4690a", "#2e8540", "#7a4fa3", "#a8423f", "#1c7f86")
_TEXT = {
    "zh": {
        "tier": "等级 {tier}", "pending": "待确认:{tiers}", "total": "总分", "full": "满分",
        "key_known": "已得", "key_full": "可得", "key_missing": "待确认(最低至最高)", "weight": "权重 {weight}",
        "range": "{worst} 至 {best}", "shared": ",权重 {weight} 由已知指标分摊", "taken": ",权重 × {factor}", "name": "{title}:评分瀑布图",
    },
    "en": {
        "tier": "tier {tier}", "pending": "pending: {tiers}", "total": "Total", "full": "full",
        "key_known": "earned", "key_full": "possible", "key_missing": "not known (worst to best)",
        "weight": "weight {weight}", "range": "{worst} to {best}", "shared": ", its weight of {weight} is shared out", "taken": ", weight × {factor}", "name": "{title}: waterfall of the score",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the picture: what it is called, what stands right of it, and the bar; ``begin`` None is a heading."""

    label: str
    note: str
    figure: str
    colour: str
    bold: bool = False
    begin: Fraction | None = None
    sure: Fraction = Fraction(0)
    best: Fraction = Fraction(0)
    full: Fraction = Fraction(0)


def waterfall(plan: Plan, told: Explanation, language: str = "zh", heading: str = "") -> str:
    """Return one explanation as an SVG document in ``zh`` or ``en``; ``heading`` names the customer.

    Each indicator's bar begins where the sure points of those above it end; an input that is not known is hatched from
    its worst to its best.  Raises Refusal where there is no total: rules, or a customer who is not graded or pending.
    """
    if not told.contributions or not isinstance(plan.document, Card):
        raise Refusal(
            f"{told.policy} gives this customer no total ({plan.kind}, {told.status}), and without one there is nothing "
            "to draw; read the explanation in words.",
            code="invalid",
        )
    return _Picture(plan, plan.document, told, language, heading).svg()


class _Picture:
    """Lays out and writes one picture."""

    def __init__(self, plan: Plan, card: Card, told: Explanation, language: str, heading: str) -> None:
        self.plan, self.card, self.told, self.language = plan, card, told, language
        self.heading, self.text = clean(heading), _TEXT[language]
        self.rows = list(self._rows())
        most = max(row.begin + max(row.full, row.best, row.sure) for row in self.rows if row.begin is not None)
        low = min(row.begin + min(row.full, row.best, row.sure) for row in self.rows if row.begin is not None)
        full = points_of(plan, plan.highest) if card.weights == "points" else Fraction(100)
        self.cuts = _begins(plan, card)
        self.most = max(full, Fraction(ceil(most)), *(cut for cut, _ in self.cuts))
        self.least = Fraction(min(floor(low), 0))
        self.parts: list[str] = []
        seed = repr((told, language, heading)).encode()
        self.mark = f"w{hashlib.sha256(seed).hexdigest()[:10]}"

    def say(self, labels: Labels) -> str:
        return clean(labels.zh if self.language == "zh" else labels.en)

    def _rows(self) -> Iterator[Row]:
        begin = Fraction(0)
        for place, dimension in enumerate(self.told.dimensions):
            colour = COLOURS[place % len(COLOURS)]
            ends = self._ends(dimension.worst, dimension.best)
            weight = "" if dimension.weight is None else self.text["weight"].format(weight=percent(dimension.weight))
            yield Row(f"{dimension.id} {self.say(dimension.title)}", weight, ends, colour, bold=True)
            for part in self.told.contributions:
                if part.dimension == dimension.id:
                    yield self._part(part, begin, colour)
                    begin += part.contribution
        ends = self._ends(self.told.worst, self.told.best)
        yield Row(
            self.text["total"], "", ends, "#333333", True, Fraction(0), self.told.worst, self.told.best, self.told.best
        )

    def _part(self, part: Contribution, begin: Fraction, colour: str) -> Row:
        rung = part.rung
        if rung.code == 0:
            note, figure = self.say(rung.range), self._ends(part.contribution, part.best)
            note += "" if part.factor else self.text["shared"].format(weight=percent(part.weight or Fraction(0)))
        else:
            note = self.say(rung.value or rung.range)
            note += self.text["taken"].format(factor=decimal_text(part.factor)) if part.factor != 1 else ""
            figure = floor_tenth(part.contribution)
            worked = f"{decimal_text(part.points)}/{decimal_text(part.out_of)}"
            worked += "" if part.weight is None else f" × {share_text(part)} = {figure}"
            figure = worked if extent(worked, 12) <= FIGURES else figure
        label = f"{rung.id} {self.say(rung.title)}"
        return Row(
            label, note, figure, colour, False, begin, part.contribution, part.best, part.contribution + part.lost
        )

    def _ends(self, worst: Fraction, best: Fraction) -> str:
        if worst == best:
            return floor_tenth(worst)
        return self.text["range"].format(worst=floor_tenth(worst), best=floor_tenth(best))

    def x(self, points: Fraction) -> float:
        return LEFT + float((points - self.least) / (self.most - self.least)) * (RIGHT - LEFT)

    def write(
        self, text: str, x: float, y: float, size: float = SIZE, anchor: str = "start", **attributes: str
    ) -> None:
        extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'
        )

    def svg(self) -> str:
        top = self._headings()
        below, grid = self._scale(top)
        bottom = self._body(below)
        self._grid(grid, below, bottom)
        height = self._key(bottom)
        name = escape(clean(self.text["name"].format(title=self.say(self.told.title))))
        words = escape(clean(f"{self.heading} {' '.join(self.told.lines(self.language))}".strip()))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{self.mark}-title {self.mark}-desc" '
            f'lang="{self.language}" font-family="{FONTS}" fill="#222222">\n'
            f'<title id="{self.mark}-title">{name}</title>\n<desc id="{self.mark}-desc">{words}</desc>\n'
            f'<defs><pattern id="{self.mark}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/>'
            '<line x1="0" y1="0" x2="0" y2="6" stroke="#555555" stroke-width="2"/></pattern></defs>\n'
            f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n"
        )

    def _headings(self) -> float:
        told, y = self.told, float(MARGIN - 6)
        if told.tier is not None:
            end = self.text["tier"].format(tier=told.tier)
        else:
            end = self.text["pending"].format(tiers="/".join(told.candidates))
        line = f"{end} · {self.text['total']} {self._ends(told.worst, told.best)}"
        moved = [step for step in (*told.conditions, *told.gates) if step.fired is not False]
        for text, size, weight in (
            (self.heading, 14, "normal"),
            (self.say(told.title), 16, "bold"),
            (line, 14, "normal"),
            *((clean(step_sentence(step, self.language)).strip(), 12, "normal") for step in moved),
        ):
            for part in fold(text, WIDTH - 2 * MARGIN, size, 2) if text else ():
                y += size + 8
                self.write(part, MARGIN, y, size, font_weight=weight)
        return y + 18

    def _scale(self, top: float) -> tuple[float, list[tuple[Fraction, str]]]:
        """Write the names of the tiers, each over the line where it begins, and return where the rows begin."""
        sign = ">" if isinstance(self.card, Scorecard) and self.card.tiers.bands.closed == "right" else "≥"
        cuts = sorted((cut, tier) for cut, tier in self.cuts if self.least < cut <= self.most and cut)
        ends: list[float] = []
        placed: list[tuple[int, float, str, str]] = []
        for cut, tier in cuts:
            label = fold(f"{tier} {sign} {decimal_text(cut)}", 120, SMALL, 1)[0]
            half = extent(label, SMALL) / 2
            x = min(max(self.x(cut), LEFT + half), WIDTH - MARGIN - half)
            level = next((i for i, end in enumerate(ends) if x - half > end + 4), len(ends))
            ends[level : level + 1] = [x + half]
            placed.append((level, x, label, tier))
        for level, x, label, _ in placed:
            self.write(
                label, x, top + 14 * (len(ends) - level) - 2, SMALL, "middle", fill="#8a1f5c", font_weight="bold"
            )
        return top + 14 * len(ends) + 6, [(cut, tier) for cut, tier in cuts]

    def _body(self, y: float) -> float:
        self.slot = len(self.parts)  # the grid goes behind the bars
        tops: list[tuple[float, float]] = []
        for row in self.rows:
            y += 8 if row.bold else 2
            y = self._row(row, y, tops)
        for (x, low), (_, high) in pairwise(tops):
            self.parts.append(
                f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high - BAR:.1f}" stroke="#777777" stroke-width="0.8"/>'
            )
        return y + 6

    def _row(self, row: Row, y: float, tops: list[tuple[float, float]]) -> float:
        note = fold(row.note, LABELS - 12, SMALL, 2) if row.note else []
        weight = "bold" if row.bold else "normal"
        indent = 0 if row.bold else 12
        label = fold(row.label, LABELS - indent, SIZE)
        start = y
        self.parts.append(f"<g><title>{escape(f'{row.label} {row.note} {row.figure}'.strip())}</title>")
        for part in label:
            y += LINE
            self.write(
                part, MARGIN + indent, y - 4, SIZE, font_weight=weight, fill=row.colour if row.bold else "#222222"
            )
        for part in note:
            y += LINE - 3
            self.write(part, MARGIN + indent, y - 4, SMALL, fill="#555555")
        middle = start + (y - start) / 2
        self.write(row.figure, WIDTH - MARGIN, middle + 4, 12, "end", font_weight=weight)
        if row.begin is not None:
            self._bar(row, middle - BAR / 2)
            tops.append((self.x(row.begin + row.sure), middle + BAR / 2))
        self.parts.append("</g>")
        return y + 2

    def _bar(self, row: Row, y: float) -> None:
        assert row.begin is not None
        self._box(row.begin, row.full, y, 'fill="#dde2e7"')
        self._box(row.begin, row.sure, y, f'fill="{row.colour}"')
        if row.best != row.sure:
            hatch = f'fill="url(#{self.mark}-hatch)" stroke="{row.colour}" stroke-width="1"'
            self._box(row.begin + row.sure, row.best - row.sure, y, hatch)

    def _box(self, begin: Fraction, length: Fraction, y: float, style: str) -> None:
        left, right = sorted((self.x(begin), self.x(begin + length)))
        if right > left:
            self.parts.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{right - left:.1f}" height="{BAR}" {style}/>')

    def _grid(self, cuts: Sequence[tuple[Fraction, str]], top: float, bottom: float) -> None:
        behind = [
            f'<line x1="{self.x(cut):.1f}" y1="{top:.1f}" x2="{self.x(cut):.1f}" y2="{bottom:.1f}" stroke="#8a1f5c" '
            'stroke-width="1" stroke-dasharray="5 3"/>'
            for cut, _ in cuts
        ]
        behind.append(
            f'<line x1="{LEFT}" y1="{bottom:.1f}" x2="{RIGHT}" y2="{bottom:.1f}" stroke="#222222" stroke-width="1"/>'
        )
        self.parts[self.slot : self.slot] = behind
        step = _step(self.most - self.least)
        for index in range(ceil(self.least / step), floor(self.most / step) + 1):
            at = index * step
            x = self.x(at)
            self.parts.append(
                f'<line x1="{x:.1f}" y1="{bottom:.1f}" x2="{x:.1f}" y2="{bottom + 4:.1f}" stroke="#222222"/>'
            )
            self.write(decimal_text(at), x, bottom + 17, SMALL, "middle")

    def _key(self, bottom: float) -> float:
        """Write what the fillings mean and return the height of the picture."""
        y, x = bottom + 30, float(LEFT)
        fillings = [("key_known", f'fill="{COLOURS[0]}"'), ("key_full", 'fill="#dde2e7"')]
        if self.told.worst != self.told.best:
            fillings.append(("key_missing", f'fill="url(#{self.mark}-hatch)" stroke="{COLOURS[0]}"'))
        for name, style in fillings:
            self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="18" height="11" {style}/>')
            self.write(self.text[name], x + 24, y + 10, SMALL)
            x += 24 + extent(self.text[name], SMALL) + 22
        return y + 11 + MARGIN


def _begins(plan: Plan, card: Card) -> list[tuple[Fraction, str]]:
    """Return where each tier begins; of a ranking, the frozen cut scores that somebody reaches."""
    if isinstance(card, Scorecard):
        return [(cut, tier) for tier, cut in card.tiers.bands.cuts.items()]
    begins = zip(plan.begins, plan.tiers, strict=False)
    return [(points_of(plan, least), tier) for least, tier in begins if least <= plan.highest]


def _step(most: Fraction) -> Fraction:
    """Return the distance of the ticks: 1, 2 or 5 times a power of ten, five to ten of them."""
    size = Fraction(10) ** floor(log10(float(most)))
    return next(size / part for part in (1, 2, 5, 10) if most / (size / part) >= 5)
