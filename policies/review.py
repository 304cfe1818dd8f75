"""Review routing: the reasons for which a person must look at a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from policies.exact import decimal_text
from policies.values import Assumed, Labels, Number, Part

if TYPE_CHECKING:
    from policies.document import Policy

Always = Literal["tier_changed", "pending", "gate_fired"]
Code = Literal["borderline", "tier_changed", "pending", "gate_fired"]
CODES: tuple[Code, ...] = ("borderline", "tier_changed", "pending", "gate_fired")


class Borderline(Part):
    """How near a total may come to the beginning of a tier, from either side, before somebody looks."""

    points: Number


class Review(Part):
    """Which results a person must look at."""

    borderline: Borderline | None = None
    always: tuple[Always, ...] = Field(default=(), max_length=3)
    status: Assumed = None


@dataclass(frozen=True)
class ReviewReason:
    """One reason to look at a result: a stable code, and a sentence."""

    code: Code
    text: Labels


@dataclass(frozen=True)
class Reviewed:
    """What the routing looks at: a result, its totals of 0 to 100 (none for rules), the gates that moved the tier."""

    status: str
    tier: str | None
    ends: tuple[Fraction, Fraction] | None
    gates: Sequence[str] = ()


def reasons_to_review(document: Policy, result: Reviewed, previous: str | None = None) -> tuple[ReviewReason, ...]:
    """Return why a person must look at a result, none where the policy asks for none.

    ``previous`` is the tier of the grading before, None where there was none.  A total that is not certain is near a
    bound when its worst or its best is.  Distances count inclusively: with 2 points, 88 and 92 are near 90.
    """
    review = document.review
    if review is None or result.status not in ("graded", "pending"):
        return ()
    found = list(_near(document, review, result))
    if "tier_changed" in review.always and result.tier is not None and previous not in (None, result.tier):
        zh, en = f"等级由 {previous} 变为 {result.tier}", f"the tier was {previous} and is {result.tier}"
        found.append(ReviewReason("tier_changed", Labels(zh=zh, en=en)))
    if "pending" in review.always and result.status == "pending":
        found.append(ReviewReason("pending", Labels(zh="等级待确认", en="the tier is pending")))
    if "gate_fired" in review.always and result.gates:
        names = (joint.join(result.gates) for joint in ("、", ", "))
        zh, en = (text + name for text, name in zip(("门槛改变了等级:", "moved by the gate "), names, strict=True))
        found.append(ReviewReason("gate_fired", Labels(zh=zh, en=en)))
    return tuple(found)


def _near(document: Policy, review: Review, result: Reviewed) -> Iterator[ReviewReason]:
    if review.borderline is None or result.ends is None or document.kind != "scorecard":
        return
    for tier in document.tiers.order[:-1]:
        bound = document.tiers.bands.cuts[tier]
        gap = min(abs(end - bound) for end in result.ends)
        if gap <= review.borderline.points:
            points, begin = decimal_text(gap), decimal_text(bound)
            zh, en = (
                f"总分距 {tier} 的界线 {begin} 仅 {points} 分",
                f"{points} points from {begin}, where {tier} begins",
            )
            yield ReviewReason("borderline", Labels(zh=zh, en=en))


def review_line(reasons: Iterable[ReviewReason], language: str) -> str:
    """Return all reasons as one sentence in ``zh`` or ``en``."""
    texts = [reason.text.zh if language == "zh" else reason.text.en for reason in reasons]
    return f"需人工复核:{';'.join(texts)}" if language == "zh" else f"To be looked at: {'; '.join(texts)}"
