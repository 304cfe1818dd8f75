"""Pictures of a sensitive choice: the tornado, the frontier, and what a moved band takes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib

from api.workbench.pictures import CANDIDATE, CHAMPION, FAINT, INK, STYLE, Picture, _figure, _picture

MARK = "#d1495b"


@dataclass(frozen=True)
class Spread:
    """One bar of a tornado: its name, the two values it is moved to, and the customers that each moves (None: refused)."""

    name: str
    values: tuple[str, str]
    customers: tuple[int | None, int | None]


@matplotlib.rc_context(STYLE)
def tornado_picture(title: str, spreads: Sequence[Spread]) -> Picture:
    """Draw a bar to the left for the lower and one to the right for the higher value, the longest on top."""
    figure, (axis,) = _figure(8.6, 1.1 + 0.34 * len(spreads))
    most = max((number or 0 for one in spreads for number in one.customers), default=0) or 1
    for place, one in enumerate(spreads):
        for side, (value, number) in enumerate(zip(one.values, one.customers, strict=True)):
            sign = (-1, 1)[side]
            axis.barh(place, sign * (number or 0), 0.62, color=(CHAMPION, CANDIDATE)[side],
                      label=(("调低 lower", "调高 higher")[side] if not place else None))  # fmt: skip
            text = f"{value} 不可行 refused" if number is None else f"{value} → {number:,}"
            axis.text(sign * ((number or 0) + most * 0.015), place, text, va="center", fontsize=7,
                      ha="right" if side == 0 else "left")  # fmt: skip
    axis.set_yticks(range(len(spreads)), [one.name for one in spreads], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(-most * 1.4, most * 1.4)
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.set_xticks([])
    axis.set_xlabel("等级改变的客户数 customers whose tier changes")
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.legend(loc="lower right", fontsize=8)
    return _picture(figure, title)


@dataclass(frozen=True)
class Dot:
    """One variant of a frontier: load, captured share in percent, whether nothing beats it, whether it is the candidate itself."""

    load: float
    captured: float
    efficient: bool
    as_is: bool


@matplotlib.rc_context(STYLE)
def frontier_picture(title: str, dots: Sequence[Dot], labels: tuple[str, str], capacity: float | None) -> Picture:
    """Draw captured revenue over load, the efficient variants joined by steps, with a line where the capacity ends."""
    figure, (axis,) = _figure(7.2, 4.2)
    rest = [dot for dot in dots if not dot.efficient]
    best = sorted((dot for dot in dots if dot.efficient), key=lambda dot: dot.load)
    axis.scatter(
        [dot.load for dot in rest],
        [dot.captured for dot in rest],
        s=16,
        color=CHAMPION,
        label="其他方案 other variants",
    )
    axis.plot(
        [dot.load for dot in best],
        [dot.captured for dot in best],
        color=CANDIDATE,
        linewidth=1.2,
        drawstyle="steps-post",
    )
    axis.scatter([dot.load for dot in best], [dot.captured for dot in best], s=26, color=CANDIDATE, zorder=3,
                 label="有效前沿 efficient")  # fmt: skip
    for dot in dots:
        if dot.as_is:
            axis.scatter([dot.load], [dot.captured], s=90, marker="D", facecolor="none", edgecolor=MARK, linewidth=1.6,
                         zorder=4, label="草案现值 the candidate as it is")  # fmt: skip
    if capacity is not None:
        axis.axvline(
            capacity, color=MARK, linewidth=1, linestyle=(0, (5, 3)), label=f"服务能力 capacity {capacity:,.0f}"
        )
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.yaxis.set_major_formatter("{x:.1f}%")
    axis.grid(color=FAINT, linewidth=0.4)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return _picture(figure, title)


@matplotlib.rc_context(STYLE)
def moved_band(title: str, cuts: Sequence[float], lines: Sequence[tuple[str, Sequence[float]]], now: float) -> Picture:
    """Draw shares in percent over the total at which a tier begins, with a line where it begins now."""
    figure, (axis,) = _figure(7.2, 3.4)
    for place, (name, values) in enumerate(lines):
        axis.step(cuts, values, where="post", color=(INK, CANDIDATE, "#b7791f")[place], linewidth=1.6, label=name)
    axis.axvline(now, color=MARK, linewidth=1, linestyle=(0, (5, 3)), label="现值 now")
    axis.set_xlabel("分数线 the total at which the tier begins")
    axis.yaxis.set_major_formatter("{x:.0f}%")
    axis.set_ylim(bottom=0)
    axis.grid(color=FAINT, linewidth=0.4)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return _picture(figure, title)
