"""What is wrong with the parts beside the computed tier: the hold rule, review routing, appointments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from policies.conditional import duplicates
from policies.document import Policy, Scorecard
from policies.exact import decimal_text
from policies.findings import Finding, found
from policies.hold import Hold
from policies.reading import Path

MOST_PERIODS = 36  # three years of monthly gradings
MOST_MONTHS = 60


def beside(document: Policy) -> Iterator[Finding]:
    """Yield what is wrong with a document's hold rule, review routing and appointments."""
    if document.hold is not None:
        yield from _hold(document, document.hold)
    if document.review is not None:
        yield from _review(document)
    if document.appointments is not None:
        path: Path = ("appointments", "tiers")
        yield from _named(document, document.appointments.tiers, path)
        months = document.appointments.longest_months
        if not 1 <= months <= MOST_MONTHS:
            message, cure = f"longest_months is {months}", f"Write a whole number from 1 to {MOST_MONTHS}."
            yield found(document, "appointment_months", ("appointments", "longest_months"), message, cure)


def _hold(document: Policy, hold: Hold) -> Iterator[Finding]:
    last = document.tiers.order[-1]
    yield from _named(document, hold.demotion_needs_approval, ("hold", "demotion_needs_approval"))
    if not 1 <= hold.minimum_periods <= MOST_PERIODS:
        message, cure = f"minimum_periods is {hold.minimum_periods}", f"Write a whole number from 1 to {MOST_PERIODS}."
        yield found(document, "hold_periods", ("hold", "minimum_periods"), message, cure)
    if last in hold.demotion_needs_approval:
        message = f"nobody falls out of {last}, the lowest tier"
        yield found(document, "hold_idle", ("hold", "demotion_needs_approval"), message, "Take it out.")
    if not hold.demotion_needs_approval and not hold.exit and hold.minimum_periods == 1:
        cure = "Give a tier that needs approval, minimum_periods or an exit, or remove hold."
        yield found(document, "hold_idle", ("hold",), "the hold rule holds nobody", cure)
    for tier, bound in hold.exit.items():
        yield from _exit(document, tier, bound)


def _exit(document: Policy, tier: str, bound: Fraction) -> Iterator[Finding]:
    path: Path = ("hold", "exit", tier)
    order, text = document.tiers.order, decimal_text(bound)
    if tier not in order:
        yield from _named(document, (tier,), path)
        return
    if not isinstance(document, Scorecard):
        message = f"a policy of kind {document.kind} has no fixed total that {tier} could stay by"
        yield found(document, "hold_exit", path, message, "Use minimum_periods or demotion_needs_approval.")
        return
    cuts = document.tiers.bands.cuts
    worse = dict(pairwise(order)).get(tier)
    if worse is None:
        message = f"nobody falls out of {tier}, the lowest tier, so its exit bound {text} holds nobody"
        yield found(document, "hold_idle", path, message, "Take it out.")
    elif tier not in cuts or worse not in cuts:
        return  # reported where the bands stand
    elif not cuts[worse] < bound <= cuts[tier]:
        entry, lower = decimal_text(cuts[tier]), decimal_text(cuts[worse])
        where = f"above its entry {entry}" if bound > cuts[tier] else f"not above {lower}, where {worse} begins"
        message = f"who is in {tier} stays down to {text}, {where}"
        cure = f"Write a bound above {lower} and at most {entry}."
        yield found(document, "hold_exit", path, message, cure, {"total": text})
    elif bound == cuts[tier]:
        message = f"{tier} begins at {text} and ends there, so the exit bound holds nobody"
        yield found(document, "hold_idle", path, message, "Write a lower bound, or take it out.")


def _review(document: Policy) -> Iterator[Finding]:
    review = document.review
    assert review is not None
    yield from duplicates(document, list(review.always), ("review", "always"))
    if review.borderline is None and not review.always:
        cure = "Give borderline or always, or remove review."
        yield found(document, "review_idle", ("review",), "nobody is ever looked at", cure)
    if "gate_fired" in review.always and not document.gates:
        message = "gate_fired is asked for, and the policy has no gate"
        yield found(document, "review_idle", ("review", "always"), message, "Take it out, or write the gate.")
    if review.borderline is None:
        return
    path: Path = ("review", "borderline")
    points = review.borderline.points
    if not isinstance(document, Scorecard):
        message = f"a policy of kind {document.kind} has no fixed total that could lie near a bound"
        yield found(document, "review_borderline", path, message, "Take borderline out.")
    elif not 0 < points < 100:
        message = f"{decimal_text(points)} points around a bound are {'no one' if points <= 0 else 'every'} total"
        yield found(document, "review_borderline", (*path, "points"), message, "Write a number such as 2.")


def _named(document: Policy, tiers: Sequence[str], path: Path) -> Iterator[Finding]:
    yield from duplicates(document, list(tiers), path)
    for tier in tiers:
        if tier not in document.tiers.order:
            message = f"{tier!r} is not one of the tiers {', '.join(document.tiers.order)}"
            yield found(document, "tier_unknown", path, message, "Name a tier of the order.")
