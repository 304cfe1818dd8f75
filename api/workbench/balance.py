"""A weight given another share while the others take the rest in their proportion, so that the sum stays exact."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from api.workbench.places import Values, at, label, number_text
from policies.exact import exact
from policies.reading import Path, Value
from policies.refusal import Refusal

AMONG = ("dimension", "all")


def balanced(values: Values, path: Path, share: Value, among: str = "dimension") -> tuple[Values, str]:
    """Return values in which a dimension or an indicator has another weight, and what was done in words.

    An indicator's weight is made up for by the others of its dimension, or with ``among="all"`` by all others of the
    policy; a dimension's by the other dimensions, its indicators growing and shrinking with it.  Refusal when nothing
    is there to take the rest, or the share leaves them less than nothing.
    """
    if path[-1:] == ("weight",):
        path = path[:-1]
    if among not in AMONG or len(path) < 2 or path[-2] not in ("dimensions", "indicators"):
        raise Refusal(
            f"{label(values, path)} and among={among!r}: name an indicator or a dimension, and one of {', '.join(AMONG)}.",
            code="invalid",
        )
    kind = at(values, (*path[: path.index("dimensions")], "weights"))
    if kind == "points":
        raise Refusal("The policy adds points up as they are; it has no weights to balance.", code="invalid")
    changed = copy.deepcopy(values)
    wanted = _share(share)
    dimensions: list[Any] = at(changed, path[: path.index("dimensions") + 1])
    if path[-2] == "dimensions":
        _dimension(dimensions, dimensions[int(path[-1])], wanted, kind == "absolute")
    elif among == "dimension":
        siblings = at(changed, path[:-1])
        _give(siblings, siblings[int(path[-1])], wanted)
    else:
        _anywhere(dimensions, at(changed, path), wanted, kind == "absolute")
    return changed, f"{label(values, path)}.weight = {number_text(wanted, share=True)!r}, the others in proportion"


def _share(value: Value) -> Fraction:
    try:
        return exact(value)
    except ValueError as error:
        raise Refusal(f"A weight of {value!r}: {error}.", code="invalid") from None


def _of(part: Any) -> Fraction:
    return _share(part.get("weight"))


def _set(part: Any, share: Fraction) -> None:
    part["weight"] = number_text(share, share=True)


def _give(parts: Sequence[Any], one: Any, share: Fraction) -> None:
    """Give one of several parts a share and the others the rest of their sum in proportion."""
    give(parts, {parts.index(one): share})


def give(parts: Sequence[Any], wanted: Mapping[int, Fraction]) -> None:
    """Give some of several parts their shares and the others the rest of the sum in proportion.

    Where no other is left they keep their proportion among themselves.  Refusal when a share, or what the others keep,
    would not be above 0 %.
    """
    whole = sum(map(_of, parts), Fraction(0))
    given = sum(wanted.values(), Fraction(0))
    old = sum((_of(part) for place, part in enumerate(parts) if place not in wanted), Fraction(0))
    if old == 0 and len(wanted) > 1 and given > 0:
        wanted, given = {place: share * whole / given for place, share in wanted.items()}, whole
    if min(wanted.values()) <= 0 or given > whole or (given == whole) != (old == 0):
        names = ", ".join(str(parts[place].get("id")) for place in wanted)
        shares, most = number_text(given, share=True), number_text(whole, share=True)
        raise Refusal(
            f"{names} cannot have {shares}: with {'those beside it' if old else 'nothing beside it'} the sum is {most}, and each keeps some of it; "
            f"choose a share above 0%{f' and below {most}' if old else ''}.",
            code="invalid",
        )
    factor = (whole - given) / old if old else Fraction(0)
    for place, part in enumerate(parts):
        _set(part, wanted[place] if place in wanted else _of(part) * factor)


def _dimension(dimensions: Sequence[Any], one: Any, share: Fraction, absolute: bool) -> None:
    before = [_of(part) for part in dimensions]
    _give(dimensions, one, share)
    if absolute:
        for part, old in zip(dimensions, before, strict=True):
            for indicator in part["indicators"]:
                _set(indicator, _of(indicator) * _of(part) / old)


def _anywhere(dimensions: Sequence[Any], one: Any, share: Fraction, absolute: bool) -> None:
    if not absolute:
        raise Refusal(
            "Weights are relative to the dimension here; balance the dimension's own weight, or among='dimension'.",
            code="invalid",
        )
    _give([indicator for part in dimensions for indicator in part["indicators"]], one, share)
    for part in dimensions:
        _set(part, sum(map(_of, part["indicators"]), Fraction(0)))
