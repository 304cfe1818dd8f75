"""The way to the next tier: how far it is up and down, and the cheapest single change that lifts the tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from policies.exact import shown
from policies.plan import Axis, Plan, outcome, stepped
from policies.states import NAMES
from policies.values import Labels

if TYPE_CHECKING:
    from policies.explained import Rung


@dataclass(frozen=True)
class Distance:
    """A better or worse tier and the points that lead to it, all else as it is: gates may put it beyond any."""

    tier: str
    points: Fraction


@dataclass(frozen=True)
class Change:
    """A change of one input that would lift the tier: the range it must reach, and the tier that follows."""

    id: str
    title: Labels
    input: str
    reach: Labels
    gain: Fraction
    tier: str


def points_of(plan: Plan, units: int) -> Fraction:
    """Return units of the plan as points of 100, 0 for a policy without a total."""
    return Fraction(units * 100, plan.scale) if plan.scale else Fraction(0)


def reach(axis: Axis, code: int, unit: str | None) -> Labels:
    """Return the values of a cell: ``[50万元, 100万元)``."""
    if code == 0 or code > axis.cells:
        return NAMES["missing" if code == 0 else "not_applicable"]
    if axis.values or axis.each_value:
        value = axis.sample(code)
        return Labels(zh=shown(axis.word, value, unit), en=shown(axis.word, value, unit, "en"))

    def text(language: str) -> str:
        low = shown(axis.word, axis.cuts[code - 2], unit, language) if code > 1 else None
        high = shown(axis.word, axis.cuts[code - 1], unit, language) if code <= len(axis.cuts) else None
        if low is None:
            return f"< {high}" if high is not None else "any"
        return f"≥ {low}" if high is None else f"[{low}, {high})"

    return Labels(zh=text("zh"), en=text("en"))


def distance_up(plan: Plan, total: int, codes: Sequence[int]) -> Distance | None:
    """Return the next better tier that more points alone would certainly give."""
    place = plan.tier_of(total)
    now = _least(plan, place, codes)
    for better in range(place - 1, -1, -1):
        reached = _least(plan, better, codes)
        if reached < now:
            return Distance(plan.tiers[reached], points_of(plan, plan.begins[better] - total))
    return None


def distance_down(plan: Plan, total: int, codes: Sequence[int]) -> Distance | None:
    """Return the tier below and how many points may be lost before it; losing exactly that many keeps the tier."""
    place = plan.tier_of(total)
    now = _least(plan, place, codes)
    for worse in range(place + 1, len(plan.begins) + 1):
        reached = _least(plan, worse, codes)
        if reached > now:
            return Distance(plan.tiers[reached], points_of(plan, total - plan.begins[worse - 1]))
    return None


def _least(plan: Plan, band: int, codes: Sequence[int]) -> int:
    """Return the place of the worst tier that gates may make of a band."""
    return stepped(plan, 1 << band, codes).bit_length() - 1


def cheapest_change(plan: Plan, codes: Sequence[int], rungs: Sequence[Rung]) -> Change | None:
    """Return the change of one input that lifts the tier over the fewest rungs; fewest points, then first, among equals.

    Where several parts read one word, its rungs are those of all of them together.  What is not applicable cannot change.
    """
    worst, _, candidates = outcome(plan, codes)
    found: list[tuple[int, int, int, Change]] = []
    for word in dict.fromkeys(axis.word for axis in plan.axes):
        same = [place for place, axis in enumerate(plan.axes) if axis.word == word]
        cuts = tuple(sorted({cut for place in same for cut in plan.axes[place].cuts}))
        place, joint = same[0], replace(plan.axes[same[0]], cuts=cuts, apart=False)
        if any(codes[i] > plan.axes[i].cells for i in same):
            continue
        now = max((joint.code(plan.axes[i].sample(codes[i])) or 0 for i in same if codes[i]), default=0)
        for code in range(1, joint.radix):
            after = [
                axis.code(joint.sample(code)) if axis.word == word else known
                for axis, known in zip(plan.axes, codes, strict=True)
            ]
            if code == now or None in after:
                continue
            total, _, reached = outcome(plan, [known or 0 for known in after])
            if reached & (reached - 1) == 0 and reached < candidates:
                rung, goal = rungs[place], reach(joint, code, plan.document.unit(word.name))
                tier = plan.names(reached)[0]
                change = Change(rung.id, rung.title, rung.input, goal, points_of(plan, total - worst), tier)
                found.append((abs(code - now), total - worst, place, change))
    return min(found, key=lambda item: item[:3])[3] if found else None
