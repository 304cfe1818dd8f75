"""Weights moved together: those that are named take their values, the others are scaled by one exact fraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from policies.exact import exact, percent
from policies.refusal import Refusal

# By path: the dimension, the indicator (None for the dimension's own weight) and the new weight.
Named = Mapping[str, tuple[str, str | None, Fraction]]
Holder = dict[str, Any]


def weigh(form: Holder, named: Named, scale: str) -> None:
    """Set the named weights of a canonical form, and scale the others of the ``dimension``, or ``all`` others, or ``none``."""
    if form["weights"] == "points":
        raise Refusal(
            f"{next(iter(named))}: the points are added up as they are, so there are no weights.", code="invalid"
        )
    dimensions: list[Holder] = form["dimensions"]
    absolute = form["weights"] == "absolute"
    whole = {path: (name, value) for path, (name, part, value) in named.items() if part is None}
    single = {path: (name, part, value) for path, (name, part, value) in named.items() if part is not None}
    if whole:
        before = [exact(dimension["weight"]) for dimension in dimensions]
        _set(
            dimensions, dict(whole.values()), None if scale == "none" else Fraction(1), "the policy", next(iter(whole))
        )
        for dimension, old in zip(dimensions, before, strict=True):
            if absolute and scale != "none":  # inside a dimension everything keeps its proportion
                _scale(dimension["indicators"], exact(dimension["weight"]) / old)
    if not single:
        return
    path = next(iter(single))
    if scale == "all":
        if not absolute:
            cure = "Use scale: dimension, or move the weight of the dimension."
            raise Refusal(f"{path}: weights are relative, a share inside the dimension. {cure}", code="invalid")
        _set(
            _indicators(dimensions),
            {part: value for _, part, value in single.values()},
            Fraction(1),
            "the policy",
            path,
        )
        for dimension in dimensions:
            weight = sum((exact(part["weight"]) for part in dimension["indicators"]), Fraction(0))
            dimension["weight"] = str(weight)
        return
    for dimension in dimensions:
        inside = {part: value for name, part, value in single.values() if name == dimension["id"]}
        if inside:
            total = exact(dimension["weight"]) if absolute else Fraction(1)
            _set(dimension["indicators"], inside, None if scale == "none" else total, dimension["id"], path)


def _indicators(dimensions: Sequence[Holder]) -> list[Holder]:
    return [part for dimension in dimensions for part in dimension["indicators"]]


def _scale(holders: Sequence[Holder], factor: Fraction) -> None:
    for holder in holders:
        holder["weight"] = str(exact(holder["weight"]) * factor)


def _set(
    holders: Sequence[Holder], values: Mapping[Any, Fraction], total: Fraction | None, where: str, path: str
) -> None:
    """Set some weights, and scale the others so that all sum to ``total``; leave them as they are without one."""
    others = [holder for holder in holders if holder["id"] not in values]
    old = sum((exact(holder["weight"]) for holder in others), Fraction(0))
    if total is not None:
        left = total - sum(values.values(), Fraction(0))
        if left < 0 or (others and left == 0) or (not others and left != 0):
            given = " + ".join(percent(value) for value in values.values())
            why = f"leaves {percent(left)} of {percent(total)} for the others of {where}"
            if not others:
                why = f"is not the {percent(total)} of {where}, which has no other weight to scale"
            raise Refusal(f"{path}: {given} {why}.", code="invalid")
        _scale(others, left / old if old else Fraction(1))
    for holder in holders:
        if holder["id"] in values:
            holder["weight"] = str(values[holder["id"]])
