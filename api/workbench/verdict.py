"""The verdict: each limit that was set before the run, its worst figure, and whether it is kept."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.workbench.table import Head, Note, Table
from api.workbench.view import View
from policies.backtest.limits import FIGURES, SCALE
from policies.exact import decimal_text

NO_LIMITS = Note(
    "运行前没有设定界限,因此没有通过与否的结论。", "No limits were set before the run, so there is no go or no-go."
)


class VerdictView(View):
    """Go or no-go."""

    def verdict(self) -> Table | Note:
        """Return every limit with its worst figure; the caption says go or no-go."""
        judged, go = self.replay.plain["limits"], self.replay.plain["go"]
        if go is None:
            return NO_LIMITS
        caption: Head = ("结论:通过", "verdict: GO") if go else ("结论:不通过", "verdict: NO-GO")
        heads: tuple[Head, ...] = (("指标", "figure"), ("结果", "result"), ("界限", "limit"), ("最差值", "worst value"), ("日期", "date"))  # fmt: skip
        return Table(caption, heads, tuple(map(self._row, judged)), words=2)

    def _row(self, one: dict[str, Any]) -> tuple[str, ...]:
        figure = FIGURES[one["figure"]]
        sign, bound = ("≤", one["at_most"]) if "at_most" in one else ("≥", one["at_least"])
        wanted = Fraction(bound) * SCALE[figure.unit]
        return (
            f"{figure.title.zh} {figure.title.en}",
            "✓ 通过 pass" if one["passed"] else "✗ 不通过 fail",
            f"{sign} {self._shown(figure.unit, wanted)}",
            "– 无此值 none"
            if one["value"] is None
            else self._shown(figure.unit, Fraction(Decimal(repr(one["value"])))),
            one["date"] or "全部 all",
        )

    def _shown(self, unit: str, value: Fraction) -> str:
        if unit == "share":
            return f"{decimal_text(value / 100)}%"
        if unit == "money":
            return f"{decimal_text(value / 100)} {'元' if self.currency == 'CNY' else self.currency}"
        return decimal_text(value)
