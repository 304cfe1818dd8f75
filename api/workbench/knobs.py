"""Knobs: the weights and cuts of a draft that a slider may move, how far, and the values after they were moved."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from api.workbench.balance import give
from api.workbench.places import Values, at, find, label, number_text
from policies.exact import exact
from policies.reading import Path
from policies.refusal import Refusal

_STEPS = 20


@dataclass(frozen=True)
class Knob:
    """One number of a document: from ``least`` to ``most`` in steps; ``share`` numbers are written in percent."""

    place: str
    path: Path
    value: Fraction
    least: Fraction
    most: Fraction
    step: Fraction
    share: bool

    @property
    def marks(self) -> list[Fraction]:
        """Return where a slider may stop: round values, and the value that is there."""
        first, last = ceil(self.least / self.step), floor(self.most / self.step)
        return sorted({self.value, *(self.step * i for i in range(first, last + 1))})

    def text(self, value: Fraction) -> str:
        """Return a value as the document writes it."""
        return number_text(value, self.share)


def knobs(values: Values, places: tuple[str, ...]) -> tuple[Knob, ...]:
    """Return the knobs of places; every indicator's weight when none is named.  Refusal for a place that is no number."""
    return tuple(_knob(values, find(values, place)) for place in places or _weights(values))


def written(values: Values, path: Path) -> Fraction | None:
    """Return the number that stands at a path, None where there is none."""
    try:
        return exact(at(values, path))
    except (ValueError, IndexError):
        return None


def _weights(values: Values) -> tuple[str, ...]:
    parts = at(values, ("dimensions",))
    if not isinstance(parts, list) or at(values, ("weights",)) == "points":
        raise Refusal(
            'The policy has no weights; name the numbers that shall move, such as draft.sliders("rules.core.when.all.0.ge").',
            code="invalid",
        )
    return tuple(f"{part['id']}.{one['id']}.weight" for part in parts for one in part["indicators"])


def _knob(values: Values, path: Path) -> Knob:
    place, written = label(values, path), at(values, path)
    try:
        value = exact(written)
    except ValueError:
        raise Refusal(f"{place} is {str(written)[:60]!r}, and only a number has a slider.", code="invalid") from None
    share = isinstance(written, str) and written.strip().endswith("%")
    if path[-1] == "weight":
        whole = sum((exact(one["weight"]) for one in at(values, path[:-2])), Fraction(0))
        step = Fraction(1, 200)
        return Knob(place, path, value, step, max(whole - step, value), step, True)
    least, most = _between(values, path, value)
    return Knob(place, path, value, least, most, _round(most - least), share)


def _between(values: Values, path: Path, value: Fraction) -> tuple[Fraction, Fraction]:
    """Return how far a number may go: a cut or a band to its neighbours, any other to twice itself."""
    beside = at(values, path[:-1])
    others: list[Any] = (
        list(beside.values())
        if isinstance(beside, dict) and path[-2:-1] == ("cuts",)
        else beside
        if isinstance(beside, list)
        else []
    )
    numbers = sorted(exact(other) for other in others)
    below = [number for number in numbers if number < value]
    above = [number for number in numbers if number > value]
    far = abs(value) or Fraction(10)
    top = Fraction(100) if isinstance(beside, dict) and "tiers" in path else value + far
    least, most = below[-1] if below else value - far, above[0] if above else max(top, value)
    inset = (most - least) / 100  # a cut stays strictly between its neighbours
    return (least + inset if below else least), (most - inset if above else most)


def _round(span: Fraction) -> Fraction:
    step = Fraction(1)
    while step * _STEPS > span:
        step /= 10
    while step * 10 * _STEPS <= span:
        step *= 10
    return step


def moved(values: Values, positions: Mapping[Knob, Fraction]) -> Values:
    """Return values in which the knobs stand at their positions; weights that were not moved take the rest in proportion."""
    changed = copy.deepcopy(values)
    groups: dict[Path, dict[int, Fraction]] = {}
    for knob, value in positions.items():
        if value == knob.value:
            continue
        if knob.path[-1] == "weight":
            groups.setdefault(knob.path[:-2], {})[int(knob.path[-2])] = value
        else:
            at(changed, knob.path[:-1])[knob.path[-1]] = knob.text(value)
    for path, wanted in groups.items():
        if path[-1] == "dimensions":
            raise Refusal("A dimension's weight moves by draft.balance(…), not by a slider.", code="invalid")
        give(at(changed, path), wanted)
    return changed
