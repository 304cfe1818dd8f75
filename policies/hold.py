"""The hold rule: what a fall needs besides a lower result, and which tier takes effect beside the computed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from policies.exact import decimal_text
from policies.values import Assumed, Labels, Number, Part, Tier, Whole

if TYPE_CHECKING:
    from policies.document import Policy

Held = Literal["exit", "periods", "approval", "pending", "error", "refused"]


class Hold(Part):
    """What a fall needs: approval out of some tiers, several gradings in a row, a total below the bound of leaving."""

    demotion_needs_approval: tuple[Tier, ...] = Field(default=(), max_length=30)
    minimum_periods: Whole = 1
    exit: dict[Tier, Number] = Field(default={})
    status: Assumed = None


@dataclass(frozen=True)
class Standing:
    """Where a customer stands after a grading: the tier that takes effect, beside the computed one.

    ``below`` counts the gradings in a row that came out lower.  ``held`` says why ``tier`` is not the computed one,
    None where it is; ``proposed`` is the tier of a fall that waits for approval.
    """

    tier: str | None = None
    below: int = 0
    held: Held | None = None
    proposed: str | None = None


@dataclass(frozen=True)
class Graded:
    """What one grading came to: its status, and its tier where that is ``graded``."""

    status: str
    tier: str | None = None


def staying(document: Policy, tier: str) -> Policy:
    """Return the document by which whoever is in ``tier`` is graded: the tier begins at its exit bound.

    The document itself where the tier has none.
    """
    if document.hold is None or tier not in document.hold.exit or document.kind != "scorecard":
        return document
    tiers = document.tiers
    bands = tiers.bands.model_copy(update={"cuts": {**tiers.bands.cuts, tier: document.hold.exit[tier]}})
    return document.model_copy(update={"tiers": tiers.model_copy(update={"bands": bands})})


def follow(
    document: Policy, before: Standing, computed: Graded, stays: Graded | None = None, *, approved: bool = False
) -> Standing:
    """Return where a customer stands after one more grading.

    ``stays`` is the result by ``staying(document, before.tier)``, which decides where that tier has an exit bound;
    ``approved`` says that the fall proposed before is approved.  Rises take effect at once.  A result that is pending or
    in error moves nobody and counts for nothing; where the policy does not apply no tier is held.  Without a hold rule,
    from a tier that the policy no longer has, and into or out of one outside the order, the computed tier takes effect.
    """
    hold, order = document.hold, document.tiers.order
    if hold is None or before.tier not in order or computed.status == "not_applicable":
        return Standing(computed.tier)
    result = stays if stays is not None and before.tier in hold.exit else computed
    if result.tier is None:
        return Standing(before.tier, before.below, "error" if result.status == "error" else "pending", before.proposed)
    if result.tier not in order:  # outside the order nothing rises or falls
        return Standing(result.tier)
    if order.index(result.tier) <= order.index(before.tier):
        return Standing(result.tier, held=None if result.tier == computed.tier else "exit")
    below = before.below + 1
    if below < hold.minimum_periods:
        return Standing(before.tier, below, "periods")
    if before.tier in hold.demotion_needs_approval and not approved:
        return Standing(before.tier, below, "approval", result.tier)
    return Standing(result.tier)


def decided(standing: Standing, approved: bool) -> Standing:
    """Return where a customer stands once the fall that its standing proposes is approved or refused.

    After a refusal the count of lower gradings begins anew.
    """
    return Standing(standing.proposed) if approved else Standing(standing.tier, 0, "refused")


_TEXT: dict[Held, tuple[str, str]] = {
    "exit": ("保留 {tier}:总分未低于退出界线 {bound}", "{tier} stays: the total is not below its exit bound {bound}"),
    "periods": (
        "保留 {tier}:连续第 {below} 期偏低,满 {periods} 期才降级",
        "{tier} stays: {below} of the {periods} gradings in a row that a fall needs came out lower",
    ),
    "approval": ("保留 {tier}:降为 {proposed} 有待批准", "{tier} stays: the fall to {proposed} waits for approval"),
    "pending": ("保留 {tier}:本期结果待确认", "{tier} stays: the result is pending"),
    "error": ("保留 {tier}:本期数据有误", "{tier} stays: a value is impossible"),
    "refused": ("保留 {tier}:降级未获批准", "{tier} stays: its fall was refused"),
}


def held_text(document: Policy, standing: Standing) -> Labels | None:
    """Return why the computed tier does not take effect, None where it does."""
    if standing.held is None or document.hold is None:
        return None
    bound = document.hold.exit.get(str(standing.tier))
    values = {
        "tier": standing.tier,
        "below": standing.below,
        "periods": document.hold.minimum_periods,
        "proposed": standing.proposed,
        "bound": "" if bound is None else decimal_text(bound),
    }
    zh, en = (text.format(**values) for text in _TEXT[standing.held])
    return Labels(zh=zh, en=en)
