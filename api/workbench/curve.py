"""Curves of cumulative gains as one picture: the share of what was bought next over the share of the customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib

from api.workbench.pictures import CANDIDATE, FAINT, INK, STYLE, Picture, _figure, _picture

# By place in the order of the curves: colour, width and dashes, so that they are told apart without colour too.
LINES: dict[str, dict[str, Any]] = {
    "candidate": {"color": CANDIDATE, "linewidth": 2.4},
    "champion": {"color": "#7d8a94", "linewidth": 2.0},
    "spend": {"color": "#b7791f", "linewidth": 1.4, "dashes": (5, 2)},
    "scorecard": {"color": "#6b4c9a", "linewidth": 1.4, "dashes": (1.5, 1.5)},
    "lifetime": {"color": "#d1495b", "linewidth": 1.6, "dashes": (6, 2, 1.5, 2)},
    "perfect": {"color": INK, "linewidth": 0.8},
}


@matplotlib.rc_context(STYLE)
def gains_curves(
    title: str, curves: Mapping[str, tuple[str, tuple[tuple[float, float], ...]]], labels: tuple[str, str]
) -> Picture:
    """Draw curves from (0, 0) to (1, 1) by the key of their line, each with its name, over the diagonal of chance."""
    figure, (axis,) = _figure(6.4, 4.4)
    axis.plot([0, 100], [0, 100], color=FAINT, linewidth=1)
    for key, (name, points) in curves.items():
        x, y = ([value * 100 for value in values] for values in zip(*points, strict=True))
        axis.plot(x, y, label=name, **LINES[key])
    axis.set_xlim(0, 100)
    axis.set_ylim(0, 101)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_formatter("{x:.0f}%")
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.grid(color=FAINT, linewidth=0.4)
    axis.legend(loc="lower right", fontsize=8, handlelength=3)
    return _picture(figure, title)
