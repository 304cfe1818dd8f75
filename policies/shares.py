"""What is wrong with the shares of a ranking's tiers, and with the cut scores that one of its cases gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from policies.case import Case
from policies.cuts import Cuts
from policies.document import Ranking
from policies.exact import decimal_text, percent
from policies.findings import Finding, found
from policies.plan import Plan


def share_findings(document: Ranking) -> Iterator[Finding]:
    """Yield what is wrong with the cumulative shares of a ranking."""
    order, shares, path = document.tiers.order, document.tiers.shares, ("tiers", "shares")
    upper = order[:-1]
    if set(upper) != set(shares):
        missing, extra = [t for t in upper if t not in shares], [t for t in shares if t not in upper]
        message = (
            f"tiers without a share: {', '.join(missing) or 'none'}; shares too many: {', '.join(extra) or 'none'}"
        )
        cure = f"Give each tier but {order[-1]}, which takes the rest, one share."
        yield found(document, "shares_tiers", path, message, cure)
        return
    for tier, share in shares.items():
        if not 0 < share < 1:
            message = f"{tier} is for the first {percent(share)} of the customers"
            yield found(document, "shares_range", (*path, tier), message, "Write a share above 0% and below 100%.")
    for better, worse in pairwise(upper):
        if shares[better] >= shares[worse]:
            message = f"{worse} ends at {percent(shares[worse])}, not after {better} at {percent(shares[better])}"
            cure = "Shares are cumulative: write where each tier ends, such as 5%, 15%, 40%."
            yield found(document, "shares_order", (*path, worse), message, cure)


def for_case(plan: Plan, case: Case) -> Plan:
    """Return the plan with the cut scores that a case gives; ValueError when it gives wrong ones, or any for no ranking."""
    upper = plan.document.tiers.order[:-1]
    if case.cuts is None:
        return plan
    if plan.kind != "ranking":
        raise ValueError("cuts stand only in the cases of a ranking")
    if set(case.cuts) != set(upper):
        raise ValueError(f"cuts name {', '.join(case.cuts) or 'none'}, and must name {', '.join(upper)}")
    totals = [case.cuts[tier] for tier in upper]
    for better, worse in pairwise(upper):
        if case.cuts[better] < case.cuts[worse]:
            shown = [f"{tier} {decimal_text(case.cuts[tier])}" for tier in (better, worse)]
            raise ValueError(f"the cut of {shown[0]} lies under that of {shown[1]}")
    return replace(plan, cuts=Cuts.fixed([ceil(total * plan.scale / 100) for total in totals]))


def with_cuts(plan: Plan) -> Plan:
    """Return the plan of a ranking with the cut scores of the first case that gives some; any other plan as it is."""
    if plan.kind != "ranking" or plan.cuts is not None:
        return plan
    given = next((case for case in plan.document.cases if case.cuts is not None), None)
    return plan if given is None else for_case(plan, given)


def written_cuts(plan: Plan) -> dict[str, Fraction] | None:
    """Return the cut scores of a ranking as a case gives them; None without any."""
    if plan.cuts is None:
        return None
    totals = zip(plan.document.tiers.order, plan.begins, strict=False)
    return {tier: Fraction(total * 100, plan.scale) for tier, total in totals}
