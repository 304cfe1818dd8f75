"""The cut scores of a ranking, frozen: from which total on a customer is in each tier, and the population they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from policies.refusal import Refusal


class NotRanked(Refusal):
    """A ranking asked for the tier of one customer without the cut scores of a population."""

    code = "cuts_missing"


@dataclass(frozen=True)
class Cuts:
    """The least totals, in the plan's unit, of every tier but the last, best first.

    A customer whose greatest total reaches ``optimistic[i]`` may be in tier i or better.  One whose exact total reaches
    ``certain[i]`` certainly is; one with something missing when its least total reaches ``open[i]``: it is
    one of the population and does not stand before itself.  The three are the same where nothing is missing.

    ``population`` customers were ranked, and ``unknown`` more to whom the policy may not apply; ``sure[i]`` of the
    population are certainly in tier i or better by rank alone, ``possible[i]`` may be.
    """

    optimistic: tuple[int, ...]
    certain: tuple[int, ...]
    open: tuple[int, ...]
    population: int = 0
    unknown: int = 0
    sure: tuple[int, ...] = ()
    possible: tuple[int, ...] = ()

    @classmethod
    def fixed(cls, totals: Sequence[int]) -> Cuts:
        """Return the cuts of given totals, of no population."""
        return cls(tuple(totals), tuple(totals), tuple(totals))

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Cuts:
        """Return cuts from what ``to_json`` gave."""
        lists = {name: tuple(values[name]) for name in ("optimistic", "certain", "open", "sure", "possible")}
        return cls(**lists, population=values["population"], unknown=values["unknown"])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def places(self, worst: int, best: int) -> tuple[int, int]:
        """Return the places in the order of the best and of the worst tier that totals from ``worst`` to ``best`` may have."""
        high = reached(self.optimistic, best)
        return high, reached(self.certain if worst == best else self.open, worst)


def reached(cuts: Sequence[int], total: int) -> int:
    """Return the place of the first cut that a total reaches, their number when it reaches none."""
    return next((i for i, least in enumerate(cuts) if total >= least), len(cuts))
