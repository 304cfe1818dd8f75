"""Re-weighting: inside a dimension the known indicators share out the weight of the missing ones, down to a least coverage.

Which indicators are known decides the factor of them all, so a plan holds one factor for each sum that the weights of the
known ones can have: literal integers, and no division when customers are graded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, gcd, lcm

from policies.document import Card
from policies.exact import percent
from policies.findings import Finding, found
from policies.reading import Path

# More sums than this in one dimension are refused: each is a branch of the statement.
MOST_COVERAGES = 256


@dataclass(frozen=True)
class Coverages:
    """The weights of the indicators of one dimension that share out what is missing, as whole numbers without a common divisor."""

    weights: tuple[int, ...]
    minimum: Fraction

    @property
    def whole(self) -> int:
        """Return the weight of all."""
        return sum(self.weights)

    @property
    def least(self) -> int:
        """Return the least known weight that is enough; one at least, for nothing known shares out nothing."""
        return max(ceil(self.minimum * self.whole), 1)

    @cached_property
    def _sums(self) -> tuple[dict[int, tuple[int, ...]], tuple[int, tuple[int, ...]]] | None:
        """Return the sums that are enough, each with places that have it, and the greatest that is not; None when too many."""
        enough = {self.whole: tuple(range(len(self.weights)))}
        short: tuple[int, tuple[int, ...]] = (0, ())
        for place, weight in enumerate(self.weights):
            for known, places in list(enough.items()):
                left = known - weight, tuple(i for i in places if i != place)
                if left[0] >= self.least:
                    enough.setdefault(*left)
                else:
                    short = max(short, left)
            if len(enough) > MOST_COVERAGES:
                return None
        return dict(sorted(enough.items(), reverse=True)), short

    @property
    def countable(self) -> bool:
        """Return whether there are at most ``MOST_COVERAGES`` sums."""
        return self._sums is not None

    @property
    def enough(self) -> dict[int, tuple[int, ...]]:
        """Return every known weight that is enough, from the whole down, with the places that are known in one such case."""
        assert self._sums is not None
        return self._sums[0]

    @property
    def short(self) -> tuple[int, tuple[int, ...]]:
        """Return the greatest known weight that is not enough, with the places that are known in one such case."""
        assert self._sums is not None
        return self._sums[1]

    @property
    def unit(self) -> int:
        """Return the least number that makes every factor whole."""
        return lcm(*(Fraction(self.whole, known).denominator for known in self.enough))

    def limits(self, least: Sequence[int], most: Sequence[int], unit: int) -> tuple[int, int]:
        """Return the least and the greatest sum of the dimension, whose indicators count ``least`` to ``most`` at a factor of 1."""
        ends = {self.whole: (sum(least), sum(most))}
        for weight, low, high in zip(self.weights, least, most, strict=True):
            for known, (a, b) in list(ends.items()):
                if known - weight >= self.least:
                    c, d = ends.get(known - weight, (a - low, b - high))
                    ends[known - weight] = min(c, a - low), max(d, b - high)
        factors = {known: unit * self.whole // known for known in ends}
        # With all known, and with too little known, the dimension lies between its own ends.
        return (
            min(factors[known] * low for known, (low, _) in ends.items()),
            max(factors[known] * high for known, (_, high) in ends.items()),
        )


def covered(document: Card) -> list[tuple[tuple[int, ...], Coverages]]:
    """Return, for each dimension that shares out what is missing, the places of those indicators in the document and their coverages."""
    found, first = list[tuple[tuple[int, ...], Coverages]](), 0
    for dimension in document.dimensions:
        members = document.reweighted(dimension)
        if len(members) > 1 and document.missing.reweight is not None:
            weights = [one.weight or Fraction(0) for _, one in members]
            minimum = document.missing.reweight.minimum_coverage
            found.append((tuple(first + place for place, _ in members), coverages(weights, minimum)))
        first += len(dimension.indicators)
    return found


def coverages(weights: Sequence[Fraction], minimum: Fraction) -> Coverages:
    """Return the coverages of a dimension from the weights of the indicators that share out what is missing."""
    unit = lcm(*(weight.denominator for weight in weights))
    counted = [int(weight * unit) for weight in weights]
    common = gcd(*counted)
    return Coverages(tuple(weight // common for weight in counted), minimum)


def reweight_findings(document: Card) -> Iterator[Finding]:
    """Yield what is wrong with a document's re-weighting."""
    for _, indicator, path in document.indicators:
        if indicator.missing is not None and indicator.missing.reweight is not None:
            message = f"{indicator.id} alone has nothing to share its weight out to"
            cure = "Write missing: {reweight: ...} once, for the whole policy; an indicator may say pending or points."
            yield found(document, "reweight_misused", (*path, "missing"), message, cure)
    reweight = document.missing.reweight
    if reweight is None:
        return
    if document.weights == "points":
        message = "the points are added up as they are, so there is no weight to share out"
        yield found(document, "reweight_misused", ("missing",), message, "Write missing: pending or {points: n}.")
    elif not 0 < reweight.minimum_coverage <= 1:
        message = f"minimum_coverage is {percent(reweight.minimum_coverage)}"
        place: Path = ("missing", "reweight", "minimum_coverage")
        yield found(document, "reweight_coverage", place, message, "Write a share above 0 and up to 100%, such as 60%.")
    elif all(one.weight is not None and one.weight > 0 for _, one, _ in document.indicators):
        yield from _sums(document)


def _sums(document: Card) -> Iterator[Finding]:
    """Yield dimensions with too many factors, and re-weighting that never comes to pass."""
    sharing = covered(document)
    for places, one in sharing:
        if not one.countable:
            dimension, _, path = document.indicators[places[0]]
            message = f"the known weights of {dimension.id} can have more than {MOST_COVERAGES} sums"
            cure = "Write rounder weights, fewer indicators, or a higher minimum_coverage."
            yield found(document, "reweight_many", path[:2], message, cure)
    if all(one.countable and len(one.enough) == 1 for _, one in sharing):
        message = "no dimension can lack an indicator and keep enough weight, so nothing is ever shared out"
        cure = "Lower minimum_coverage, or write missing: pending."
        yield found(document, "reweight_idle", ("missing", "reweight"), message, cure)
