"""A picture of sliders that cannot move: where each stands on its track, and the tiers that this gives."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import matplotlib

from api.workbench.effect import Effect
from api.workbench.knobs import Knob
from api.workbench.pictures import CANDIDATE, CHAMPION, FAINT, INK, STYLE, Picture, _figure, _picture
from api.workbench.table import count, place_name


@matplotlib.rc_context(STYLE)
def sliders_picture(positions: Mapping[Knob, Fraction], originals: Mapping[Knob, Fraction], effect: Effect) -> Picture:
    """Draw the tracks on the left, a line at each original, and on the right customers by place before and after."""
    figure, (left, right) = _figure(9.6, max(3.0, 0.8 + 0.3 * len(positions)), 2)
    for row, (knob, value) in enumerate(positions.items()):
        span = float(knob.most - knob.least) or 1.0
        here, before = (float(each - knob.least) / span for each in (value, originals.get(knob, value)))
        left.plot([0, 1], [row, row], color=FAINT, linewidth=3, solid_capstyle="round")
        left.plot([before], [row], marker="|", markersize=11, color=INK)
        left.plot([here], [row], marker="o", markersize=8, color=CANDIDATE)
        left.text(1.05, row, knob.text(value), va="center", fontsize=8)
    left.set_yticks(range(len(positions)), [knob.place.removesuffix(".weight") for knob in positions], fontsize=8)
    left.set_xlim(-0.04, 1.3)
    left.set_ylim(len(positions) - 0.4, -0.6)
    left.set_xticks([])
    left.set_title("位置(竖线为原值) positions; a line marks the original")
    for side in ("left", "bottom"):
        left.spines[side].set_visible(False)
    left.tick_params(length=0)
    _tiers(right, effect)
    return _picture(figure, "滑块位置与等级 sliders and tiers")


def _tiers(axis: matplotlib.axes.Axes, effect: Effect) -> None:
    shown = [place for place in effect.places if any(side[place].customers for side in effect.counts)]
    for shift, side, name, colour in zip((-0.2, 0.2), effect.counts, effect.names, (CHAMPION, CANDIDATE), strict=True):
        numbers = [side[place].customers for place in shown]
        bars = axis.bar([i + shift for i in range(len(shown))], numbers, 0.38, label=" ".join(name), color=colour)
        axis.bar_label(bars, [*map(count, numbers)], fontsize=7, padding=2)
    axis.set_xticks(range(len(shown)), [place_name(place).replace(" ", "\n") for place in shown], fontsize=8)
    axis.set_title("客户数 customers")
    axis.margins(y=0.14)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="x", length=0)
    axis.legend(fontsize=8)
