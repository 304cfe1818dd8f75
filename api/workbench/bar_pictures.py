"""Bars whose labels are given as text: counts as whole numbers, money in its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib

from api.workbench.pictures import CANDIDATE, CHAMPION, INK, OUTSIDE, STYLE, Picture, _figure, _picture, frame_bars

COLOURS = (CHAMPION, CANDIDATE)


@dataclass(frozen=True)
class Series:
    """One bar a name: how long each is, and what stands at its end."""

    name: str
    values: Sequence[float]
    texts: Sequence[str]


@matplotlib.rc_context(STYLE)
def bars(title: str, names: Sequence[str], panels: Sequence[tuple[str, Sequence[Series]]]) -> Picture:
    """Draw a panel of upright bars for each measure; of two series the first is pale, the second strong."""
    figure, axes = _figure(max(4.6, 0.7 * len(names)) * len(panels), 3.2, len(panels))
    for axis, (label, series) in zip(axes, panels, strict=True):
        width, colours = 0.8 / len(series), COLOURS[-len(series) :]
        for number, one in enumerate(series):
            places = [i + (number - (len(series) - 1) / 2) * width for i in range(len(names))]
            drawn = axis.bar(places, one.values, width * 0.94, label=one.name, color=colours[number])
            axis.bar_label(drawn, list(one.texts), fontsize=6.5 if len(series) > 1 else 7, padding=2)
        frame_bars(axis, names, label)
    if len(panels[0][1]) > 1:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return _picture(figure, title)


@matplotlib.rc_context(STYLE)
def lying_shares(
    title: str, names: Sequence[str], parts: Sequence[tuple[str, Sequence[float]]], texts: Sequence[str]
) -> Picture:
    """Draw one lying bar a name, of parts that sum to 100 (percent); ``texts`` stand right of the bars."""
    figure, (axis,) = _figure(9.2, 0.9 + 0.27 * len(names))
    amber, grey, red = OUTSIDE
    colours = (CANDIDATE, amber, red, grey)
    base = [0.0] * len(names)
    places = range(len(names))
    for (label, values), colour in zip(parts, colours, strict=False):
        axis.barh(places, values, 0.74, base, label=label, color=colour)
        base = [low + value for low, value in zip(base, values, strict=True)]
    for place, text in enumerate(texts):
        axis.text(101, place, text, va="center", fontsize=8, color=INK)
    axis.set_yticks(places, names, fontsize=8)
    axis.set_xlim(0, 100)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.xaxis.set_major_formatter("{x:.0f}%")
    axis.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=len(parts), fontsize=8)
    return _picture(figure, title)
