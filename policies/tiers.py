"""The tiers of a document, best first: by bands of the total, by shares of the customers, or by rules."""

from __future__ import annotations

from pydantic import Field

from policies.bands import Bands
from policies.condition import Condition
from policies.values import Number, Part, Tier


class TierOrder(Part):
    """The tiers of a policy, best first, and what each but the last may demand besides.

    ``outside`` are tiers that are neither better nor worse, such as M of 纳税信用 for new firms: only a rule or a gate
    that sets them leads there, and no floor or cap moves them.
    """

    order: tuple[Tier, ...] = Field(min_length=2, max_length=30)
    outside: tuple[Tier, ...] = Field(default=(), max_length=10)
    conditions: dict[Tier, Condition] = Field(default={})

    @property
    def names(self) -> tuple[str, ...]:
        """Return every tier: those of the order, best first, then those outside it."""
        return (*self.order, *self.outside)


class Tiers(TierOrder):
    """The tiers of a scorecard, and where each begins."""

    bands: Bands


class RankedTiers(TierOrder):
    """The tiers of a ranking: which share of the customers each but the last takes, with those above it."""

    shares: dict[Tier, Number]
