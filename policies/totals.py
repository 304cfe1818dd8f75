"""The totals a scorecard can give: how many combinations of points have each, and a customer who has it.

It reads the document and not the plan, so that a document whose weights, intervals or bands are wrong can be shown what
follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor, lcm, prod

from policies.bands import LEAST, MOST
from policies.document import Indicator, Scorecard
from policies.exact import DOMAIN, INT64_LEAST, INT64_MOST, UNITS, decimal_text, floor_tenth, stored, unit_of
from policies.findings import Finding, found
from policies.interval import Position, Seam, settled
from policies.reading import Path
from policies.seams import band_gap, given_text, sample, total_in
from policies.vocabulary import Word

# Above this many units of the common denominator combinations are not counted.
MOST_UNITS = 2_000_000
# Errors which leave every rung of a scorecard and its share known.
HARMLESS = frozenset({
    "weights_total", "weights_dimension", "ladder_open", "ladder_gap", "ladder_overlap", "ladder_direction",
    "bands_floor", "bands_scale", "band_gap", "band_overlap",
})  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Values of one word that earn the same points wherever they are scored: what they add to the total, and one of them."""

    adds: Fraction
    value: int | str


class Totals:
    """The totals of a scorecard, all inputs known and each in every cell that earns its points without doubt."""

    def __init__(self, document: Scorecard) -> None:
        self.document = document
        scored: dict[str, list[tuple[Indicator, Fraction]]] = {}
        for dimension, indicator, _ in document.indicators:
            worth = document.worth(dimension, indicator)
            scored.setdefault(indicator.input, []).append((indicator, worth))
        self.words = [document.fact(name) for name in scored]
        self.cells = [_cells(document, word, scored[word.name]) for word in self.words]

    @property
    def known(self) -> bool:
        """Return whether every word has a cell that earns its points without doubt."""
        return all(self.cells)

    @property
    def combinations(self) -> int:
        """Return the number of combinations of points."""
        return prod(len(cells) for cells in self.cells)

    @cached_property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Return the least and the greatest total."""
        least = sum((min(cell.adds for cell in cells) for cells in self.cells), Fraction(0))
        return least, sum((max(cell.adds for cell in cells) for cells in self.cells), Fraction(0))

    @cached_property
    def _unit(self) -> int:
        return lcm(*(cell.adds.denominator for cells in self.cells for cell in cells))

    @cached_property
    def _shifts(self) -> list[list[int]]:
        """Return what each cell adds over the least its word adds, in units."""
        least = [min(cell.adds for cell in cells) for cells in self.cells]
        return [
            [int((cell.adds - low) * self._unit) for cell in cells]
            for low, cells in zip(least, self.cells, strict=True)
        ]

    @cached_property
    def countable(self) -> bool:
        """Return whether combinations can be counted: there are not more than ``MOST_UNITS`` units between the ends."""
        return (self.ends[1] - self.ends[0]) * self._unit <= MOST_UNITS

    @cached_property
    def _reached(self) -> list[int]:
        """Return, after each word, the attainable totals as a bitmask over the least."""
        masks = [1]
        for shifts in self._shifts:
            after = 0
            for shift in set(shifts):
                after |= masks[-1] << shift
            masks.append(after)
        return masks

    @cached_property
    def _counted(self) -> tuple[int, int]:
        """Return how many combinations have each total, packed into one integer, and the bits of each count."""
        bits, counts = self.combinations.bit_length(), 1
        for shifts in self._shifts:
            counts = sum(counts << (shift * bits) for shift in shifts)
        return counts, bits

    def _units(self, span: tuple[Position, Position]) -> range:
        """Return the units over the least total that lie between two places."""
        (low, after), (high, up_to) = span
        start, end = (low - self.ends[0]) * self._unit, (high - self.ends[0]) * self._unit
        first = floor(start) + 1 if after else ceil(start)
        last = floor(end) if up_to else ceil(end) - 1
        most = int((self.ends[1] - self.ends[0]) * self._unit)
        return range(max(first, 0), min(last, most) + 1)

    def count(self, span: tuple[Position, Position]) -> int:
        """Return how many combinations of points have a total between two places; they must be countable."""
        counts, bits = self._counted
        return sum((counts >> (unit * bits)) & ((1 << bits) - 1) for unit in self._units(span))

    def reaches(self, span: tuple[Position, Position]) -> bool:
        """Return whether a customer can have a total between two places, as far as totals can be told apart."""
        units = self._units(span)
        if not units or not self.countable:
            return bool(units)
        return bool((self._reached[-1] >> units.start) & ((1 << len(units)) - 1))

    def customer(
        self, near: Fraction, span: tuple[Position, Position] = (LEAST, MOST)
    ) -> tuple[Fraction, dict[str, str]] | None:
        """Return the attainable total between two places that is nearest to a number, and a customer who has it.

        The customer is written as the document writes facts; None where there is none, or totals cannot be counted.
        """
        if not self.countable or not self.known:
            return None
        wanted = (near - self.ends[0]) * self._unit
        units = [unit for unit in self._units(span) if self._reached[-1] >> unit & 1]
        if not units:
            return None
        unit = min(units, key=lambda unit: (abs(unit - wanted), unit))
        total, facts = self.ends[0] + Fraction(unit, self._unit), dict[str, str]()
        for place in range(len(self.cells) - 1, -1, -1):
            shifts = self._shifts[place]
            index = next(
                i for i, shift in enumerate(shifts) if shift <= unit and self._reached[place] >> (unit - shift) & 1
            )
            unit -= shifts[index]
            facts[self.words[place].name] = given_text(self.document, self.words[place], self.cells[place][index].value)
        population = self.document.population.applies_to if self.document.population else {}
        return total, {name: values[0] for name, values in population.items() if values} | dict(reversed(facts.items()))


Rung = Callable[[int], list[Fraction]]


def _cells(document: Scorecard, word: Word, scored: list[tuple[Indicator, Fraction]]) -> list[Cell]:
    """Return the cells of a word: between neighbouring ends of its rungs, where each of its indicators has one rung."""
    least, most = DOMAIN[word.type]
    low, high = INT64_LEAST if least is None else least, (INT64_MOST if most is None else most) + 1
    rungs = [[(max(a, low), min(b, high), points) for a, b, points in _rungs(document, word, one)] for one, _ in scored]
    ends = sorted({low, high, *(end for one in rungs for a, b, _ in one for end in (a, b) if low < end < high)})
    found: dict[tuple[int, ...], Cell] = {}
    scale = UNITS[word.type][unit_of(word, document.unit(word.name))]
    for start, end in pairwise(ends):
        here = [[i for i, (a, b, _) in enumerate(one) if a <= start and end <= b] for one in rungs]
        if any(len(places) != 1 for places in here):
            continue  # no points, or points twice
        key = tuple(places[0] for places in here)
        adds = sum(
            (rungs[i][place][2] * worth for i, (place, (_, worth)) in enumerate(zip(key, scored, strict=True))),
            Fraction(0),
        )
        found.setdefault(key, Cell(adds, sample(start, end - 1, scale)))
    outside = [(document.not_applicable_points(one), worth) for one, worth in scored]
    known = [points * worth for points, worth in outside if points is not None]
    # What cannot exist for a customer is worth points of its own, where each indicator says how many.
    last = [Cell(sum(known, Fraction(0)), "not_applicable")] if len(known) == len(outside) else []
    return [*found.values(), *last]


def _rungs(document: Scorecard, word: Word, indicator: Indicator) -> list[tuple[int, int, Fraction]]:
    """Return the rungs of an indicator: the first stored value, the one after the last, and the points."""
    ladder, unit = indicator.ladder, document.unit(word.name)
    if ladder is None:
        return [(rating, rating + 1, Fraction(rating)) for rating in range(11)]
    if ladder.intervals is not None:
        scale, rows = UNITS[word.type][unit_of(word, unit)], settled(ladder.rows, ladder.shared_edge)
        spans = [row.stored(scale, INT64_LEAST, INT64_MOST) for row in rows]
        rungs = [
            (int(a[0]), int(b[0]), points) for (a, b), points in zip(spans, ladder.intervals.values(), strict=True)
        ]
        under = (
            []
            if ladder.written_below is None
            else [(INT64_LEAST, min(rung[0] for rung in rungs), ladder.written_below)]
        )
        return [*under, *rungs]
    cuts = [int(stored(word, cut, unit)) + (ladder.closed == "right") for cut in ladder.cuts]
    below = [] if ladder.below is None else [(INT64_LEAST, cuts[0], ladder.below)]
    return [*below, *zip(cuts, [*cuts[1:], INT64_MOST + 1], ladder.points, strict=True)]


def legible(document: Scorecard) -> bool:
    """Return whether every total follows from ladders and ratings alone: ``attainable`` counts the others by their plan."""
    if document.weights == "points" or document.tiers.outside:
        return False
    return all(part.values is None for _, part, _ in document.indicators)


def totals_findings(document: Scorecard) -> Iterator[Finding]:
    """Yield totals without a tier and tiers without a customer; only of a document with no but ``HARMLESS`` errors."""
    totals = Totals(document)
    if totals.known:
        gaps = [seam for seam in document.tiers.bands.seams if seam.kind == "gap"]
        if gaps and document.tiers.bands.intervals is not None:
            yield _gap(document, totals, gaps)
        yield from _unreached(document, totals)


def _gap(document: Scorecard, totals: Totals, gaps: list[Seam]) -> Finding:
    how, example = "", None
    if totals.countable:
        falling = sum(totals.count((seam.start, seam.end)) for seam in gaps)
        share = decimal_text(Fraction(round(Fraction(falling * 10_000, totals.combinations)), 100))
        how = f": {falling:,} of {totals.combinations:,} combinations of points ({share}%)"
    best_first = sorted(gaps, key=lambda seam: seam.start, reverse=True)
    shown = next(filter(None, (totals.customer(total_in(seam), (seam.start, seam.end)) for seam in best_first)), None)
    if shown is not None:
        how, example = f"{how}, such as a customer with a total of {decimal_text(shown[0])}", shown[1]
    return band_gap(document, gaps, how, example)


def _unreached(document: Scorecard, totals: Totals) -> Iterator[Finding]:
    """Yield the tiers that no total can reach, and no gate or fall leads to, as one finding with the best customer."""
    order = document.tiers.order
    given = {gate.effect.tier for gate in document.gates}
    given |= {worse for better, worse in pairwise(order) if better in document.tiers.conditions}
    spans = _spans(document)
    empty = [tier for tier in order if tier in spans and tier not in given and not totals.reaches(spans[tier])]
    if not empty:
        return
    others = [tier for tier in order if tier not in empty]
    low, high = map(floor_tenth, totals.ends)
    message = f"no customer can be {', '.join(empty)}: totals lie between {low} and {high}"
    message += f", so everyone is {others[0]}" if len(others) == 1 else ""
    best = totals.customer(totals.ends[1])
    example = best[1] if best is not None else {"total": high}
    path: Path = ("tiers", "bands", "cuts" if document.tiers.bands.intervals is None else "intervals")
    cure = "Check weights, out_of and points, or move the band."
    yield found(document, "tier_unreachable", (*path, empty[0]), message, cure, example)


def _spans(document: Scorecard) -> dict[str, tuple[Position, Position]]:
    """Return where each tier begins and ends."""
    bands, order = document.tiers.bands, document.tiers.order
    if bands.intervals is not None:
        return {tier: row.span(LEAST, MOST) for tier, row in bands.rows.items()}
    after = int(bands.closed == "right")
    begins: list[Position] = [(bands.cuts[tier], after) for tier in order[:-1]]
    return dict(zip(order, zip([*begins, (Fraction(0), 0)], [(Fraction(10**9), 1), *begins], strict=True), strict=True))
