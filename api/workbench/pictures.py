"""Pictures as SVG whose letters are paths, drawn with the shipped font: the same everywhere, with no font needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from api.notebook import FONT

INK, FAINT, CANDIDATE, CHAMPION = "#1f2933", "#d5dbe1", "#1f6f8b", "#b9c4cd"
# Best tier darkest; the places outside the tiers are grey.
TIERS = ("#0b3c49", "#1f6f8b", "#4c9fb3", "#8cc5d0", "#c6e2e7", "#e3f0f2")
OUTSIDE = ("#f0c987", "#dfe3e7", "#d1495b")
STYLE: Any = {
    "font.family": ["Fenji Sans SC", "DejaVu Sans"], "font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "fenji",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.titlesize": 11, "axes.titlelocation": "left",
    "legend.frameon": False, "axes.unicode_minus": False,
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A drawing and what it shows, in words."""

    svg: str
    title: str

    def __str__(self) -> str:
        return f"[picture: {self.title}]"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        return {"image/svg+xml": self.svg, "text/plain": str(self)}, {"image/svg+xml": {"alt": self.title}}


@cache
def _register_font() -> None:
    font_manager.fontManager.addfont(str(FONT))


def _figure(width: float, height: float, panels: int = 1) -> tuple[Figure, list[Any]]:
    _register_font()
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [figure.add_subplot(1, panels, i + 1) for i in range(panels)]


def _picture(figure: Figure, title: str) -> Picture:
    """Return a figure as a picture whose bytes depend on what was drawn alone."""
    buffer = StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    return Picture(svg[svg.index("<svg") :], title)


def frame_bars(axis: Any, names: Sequence[str], label: str) -> None:
    """Dress a panel of upright bars whose figures stand above them: names below, no scale, room at the top."""
    axis.set_xticks(range(len(names)), names, fontsize=8 if len(names) > 6 else None)
    axis.set_title(label)
    axis.margins(y=0.14)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="x", length=0)


@matplotlib.rc_context(STYLE)
def bars_beside(
    title: str, names: Sequence[str], panels: Sequence[tuple[str, dict[str, Sequence[float]]]], percent: bool = False,
    decimals: int = 1, width: float = 4.6,
) -> Picture:  # fmt: skip
    """Draw one panel of bars for each measure: for every name one bar a series, in the series' order."""
    figure, axes = _figure(width * len(panels), 3.2, len(panels))
    for axis, (label, series) in zip(axes, panels, strict=True):
        thick = 0.8 / len(series)
        for number, (name, values) in enumerate(series.items()):
            places = [i + (number - (len(series) - 1) / 2) * thick for i in range(len(names))]
            bars = axis.bar(places, values, thick * 0.94, label=name, color=(CANDIDATE, CHAMPION)[number])
            texts = [
                f"{value:.0f}%" if percent else f"{value:,.{decimals}f}" if value < 1000 else f"{value:,.0f}"
                for value in values
            ]
            axis.bar_label(bars, texts, fontsize=7, padding=2)
        frame_bars(axis, names, label)
    if len(panels[0][1]) > 1:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return _picture(figure, title)


@matplotlib.rc_context(STYLE)
def shares_over_time(
    title: str, days: Sequence[str], panels: Sequence[tuple[str, Sequence[str], Sequence[Sequence[float]]]]
) -> Picture:
    """Draw, for each policy, one stacked bar a date; a panel is (label, places, shares of each place by date)."""
    figure, axes = _figure(4.6 * len(panels), 3.4, len(panels))
    for axis, (label, places, shares) in zip(axes, panels, strict=True):
        base = [0.0] * len(days)
        for number, (place, values) in enumerate(zip(places, shares, strict=True)):
            if any(values):
                axis.bar(range(len(days)), values, 0.72, base, label=place, color=_color(number, len(places)))
            base = [low + value for low, value in zip(base, values, strict=True)]
        axis.set_xticks(range(len(days)), days, rotation=30, ha="right", fontsize=8)
        axis.set_ylim(0, 100)
        axis.yaxis.set_major_formatter("{x:.0f}%")
        axis.set_title(label)
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), reverse=True, fontsize=8, handlelength=1)
    return _picture(figure, title)


def _color(number: int, places: int) -> str:
    outside = number - (places - len(OUTSIDE))
    return OUTSIDE[outside] if outside >= 0 else TIERS[min(number, len(TIERS) - 1)]


@matplotlib.rc_context(STYLE)
def heat_map(
    title: str, rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]], shares: Sequence[Sequence[float]],
    labels: tuple[str, str],
) -> Picture:  # fmt: skip
    """Draw a matrix whose cells hold a number and its share (0 to 1) of the row, the darker the larger the share."""
    figure, (axis,) = _figure(1.6 + 0.85 * len(columns), 1.2 + 0.5 * len(rows))
    axis.imshow(shares, cmap=LinearSegmentedColormap.from_list("tiers", ["#ffffff", TIERS[1]]),
                vmin=0, vmax=1, aspect="auto")  # fmt: skip
    for i, line in enumerate(counts):
        for j, number in enumerate(line):
            if number:
                color = "white" if shares[i][j] > 0.55 else INK
                share = f"{shares[i][j]:.0%}" if shares[i][j] >= 0.005 else "<1%"
                text = f"{number:,}\n{share}"
                axis.text(j, i, text, ha="center", va="center", fontsize=8, color=color)
    axis.set_xticks(range(len(columns)), columns, fontsize=8)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.set_ylabel(labels[0])
    axis.set_xlabel(labels[1])
    axis.set_xticks([i + 0.5 for i in range(len(columns) - 1)], minor=True)
    axis.set_yticks([i + 0.5 for i in range(len(rows) - 1)], minor=True)
    axis.grid(which="minor", color=FAINT, linewidth=0.6)
    axis.tick_params(which="both", length=0)
    axis.xaxis.tick_top()
    axis.xaxis.set_label_position("top")
    return _picture(figure, title)


@matplotlib.rc_context(STYLE)
def curves(
    title: str, steps: Sequence[int], panels: Sequence[tuple[str, dict[str, Sequence[float]]]], labels: tuple[str, str]
) -> Picture:
    """Draw, in panels side by side, curves over the steps from 0 to 100 percent, beside the diagonal."""
    figure, axes = _figure(4.6 * len(panels), 3.8, len(panels))
    for axis, (label, series) in zip(axes, panels, strict=True):
        axis.plot((0, 100), (0, 100), color=FAINT, linewidth=1)
        for number, (name, values) in enumerate(series.items()):
            # Two policies often lie on one another: the champion's dashes stay visible on the candidate's line.
            style = ("-", (0, (4, 3)))[number]
            axis.plot(steps, values, color=(CANDIDATE, CHAMPION)[number], linewidth=2, linestyle=style, label=name)
        axis.set_xlim(0, 100)
        axis.set_ylim(0, 100)
        axis.set_xlabel(labels[0])
        axis.set_ylabel(labels[1])
        axis.set_title(label)
        axis.legend(fontsize=8)
    return _picture(figure, title)


@matplotlib.rc_context(STYLE)
def intervals(
    title: str, names: Sequence[str], series: dict[str, list[tuple[float, float, float] | None]], label: str,
    zero: bool = False,
) -> Picture:  # fmt: skip
    """Draw a point with its interval (value, low, high) for every name, one a series beside the other.

    The scale begins at 0; with ``zero`` it goes both ways from a line at 0.
    """
    figure, (axis,) = _figure(1.6 + 1.1 * len(names), 3.2)
    for number, (name, values) in enumerate(series.items()):
        shift = (number - (len(series) - 1) / 2) * 0.22
        found = [(i + shift, *ends) for i, ends in enumerate(values) if ends is not None]
        if found:
            x, value, low, high = zip(*found, strict=True)
            errors = [
                [v - a for v, a in zip(value, low, strict=True)],
                [b - v for v, b in zip(value, high, strict=True)],
            ]
            axis.errorbar(x, value, errors, fmt="o", color=(CANDIDATE, CHAMPION)[number], capsize=3, label=name)
    axis.set_xticks(range(len(names)), names)
    axis.set_xlim(-0.6, len(names) - 0.4)
    if zero:
        axis.axhline(0, color=FAINT, linewidth=1)
    else:
        axis.set_ylim(bottom=0)
    axis.set_ylabel(label)
    axis.tick_params(axis="x", length=0)
    if axis.get_legend_handles_labels()[0]:
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return _picture(figure, title)
