"""What a document says about itself: how it reads an unclear clause, and cases it must come out right in."""

from __future__ import annotations

from typing import Literal

from policies.values import Identifier, Number, Part, Text, Tier, Word


class Interpretation(Part):
    """An ambiguous clause: how it is read here, and how else it could be."""

    id: Identifier
    clause: str
    reading: str
    alternatives: tuple[dict[str, str], ...] = ()


class Expectation(Part):
    """What a case must come out as; only what is written is compared."""

    status: Literal["graded", "pending", "not_applicable", "error"] | None = None
    tier: Tier | None = None
    total: Number | None = None
    candidates: tuple[Tier, ...] | None = None


class Case(Part):
    """A customer (facts as the document writes them, or only ``total``) and what it must come out as.

    Of a ranking it says the ``cuts`` too, the totals at which its tiers begin: one customer has no rank of its own.
    """

    name: str
    given: dict[Word, Text | None]
    cuts: dict[Tier, Number] | None = None
    expect: Expectation
