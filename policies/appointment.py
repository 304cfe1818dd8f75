"""What a policy says about appointments: which tiers people may give, for how long, and on what evidence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policies.values import Assumed, Part, Tier, Whole


class Appointments(Part):
    """The tiers that may be appointed beside the computed one.

    The appointments themselves are data; none takes a seat in a ranking or changes a computed tier.
    """

    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=30)
    by: Literal["strategy_group"]
    longest_months: Whole
    evidence: Literal["required", "optional"] = "required"
    status: Assumed = None
