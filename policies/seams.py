"""What is wrong with tables of intervals and with ladders: gaps, overlaps, points against the direction, points for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from policies.conditional import number_finding
from policies.document import Card, Document, Indicator, Scorecard
from policies.exact import DOMAIN, INT64_LEAST, INT64_MOST, UNITS, decimal_text, percent, shown, unit_of, written
from policies.findings import Finding, found
from policies.interval import Seam, roundest, settled
from policies.ladder import Ladder
from policies.reading import Path
from policies.vocabulary import Word


def given_text(document: Document, word: Word, value: int | str) -> str:
    """Return a stored value as a case of the document writes it: ``60`` for 60 万元, ``85%``, ``4.6``."""
    if isinstance(value, str):
        return value
    number = written(word, value, document.unit(word.name))
    return percent(number) if word.type == "ratio" else decimal_text(number)


def sample(least: int, most: int, scale: int) -> int:
    """Return the stored value with the fewest digits between two, not far from an end that nothing bounds."""
    far = 2**60
    if least < -far and most > far:
        return 0
    if least < -far:
        least = most - max(abs(most), scale)
    if most > far:
        most = least + max(abs(least), scale)
    number = roundest(Fraction(least, scale), Fraction(most, scale)) * scale
    return int(number if number.denominator == 1 else roundest(Fraction(least), Fraction(most)))


def ladder_seams(document: Card, indicator: Indicator, word: Word, path: Path) -> Iterator[Finding]:
    """Yield the gaps and overlaps of a ladder's intervals, with a value that has no points, or twice."""
    ladder, unit = indicator.ladder, document.unit(word.name)
    assert ladder is not None
    keys = list(ladder.intervals or ())
    faults = [
        fault
        for row, key in zip(ladder.rows, keys, strict=True)
        for fault in _ends(document, word, (*path, "intervals", key), row.low, row.high)
    ]
    yield from faults
    if faults or unit not in (None, *UNITS[word.type]):
        return
    yield from _under(document, indicator, word, path)
    scale = UNITS[word.type][unit_of(word, unit)]
    for seam in ladder.seams(word, unit):
        value = sample(int(seam.start[0]), int(seam.end[0]) - 1, scale)
        text, example = shown(word, value, unit), {word.name: given_text(document, word, value)}
        texts = [keys[row] for row in seam.rows]
        place = (*path, "intervals", texts[-1])
        if seam.kind == "gap":
            where = " and ".join(texts) if len(texts) > 1 else f"the end of {texts[0]}"
            message = f"{word.name} can be {text}, which lies {'between' if len(texts) > 1 else 'beyond'} {where}, and then {indicator.id} has no points"
            yield found(
                document, "ladder_gap", place, message, "Let each interval begin where the one before ends.", example
            )
        else:
            points = " or ".join(decimal_text((ladder.intervals or {})[key]) for key in texts)
            message = f"{word.name} can be {text}, which stands in {' and in '.join(texts)}: {indicator.id} gives {points} points"
            cure = "Write [0, 10) and [10, 50), or say shared_edge: upper or lower where only an edge is shared."
            yield found(document, "ladder_overlap", place, message, cure, example)


def _under(document: Card, indicator: Indicator, word: Word, path: Path) -> Iterator[Finding]:
    """Yield that values lie under the lowest interval and have no points; where cuts follow, they tell it."""
    ladder, unit, least = indicator.ladder, document.unit(word.name), DOMAIN[word.type][0]
    assert ladder is not None
    scale = UNITS[word.type][unit_of(word, unit)]
    low = INT64_LEAST if least is None else least
    bottom = int(min(row.stored(scale, low, INT64_MOST)[0] for row in ladder.rows)[0])
    if not ladder.cuts and ladder.written_below is None and bottom > low:
        under = sample(low, bottom - 1, scale)
        message = f"{word.name} can be {shown(word, under, unit)}, under the lowest interval, and then {indicator.id} has no points"
        example = {word.name: given_text(document, word, under)}
        yield found(document, "ladder_open", path, message, "Add below: with the points for that.", example)


def _ends(document: Card, word: Word, path: Path, low: Fraction | None, high: Fraction | None) -> Iterator[Finding]:
    """Yield what is wrong with the numbers of an interval."""
    if "%" in str(path[-1]) and word.type != "ratio":
        message = f"{path[-1]} is a share, and {word.name} is a {word.type}"
        yield found(document, "wrong_unit", path, message, "Drop the %.")
        return
    for end, number in (("from", low), ("to", high)):
        fault = None if number is None else number_finding(document, word, number, (*path, end))
        if fault is not None:
            yield fault


def ladder_points(document: Card, indicator: Indicator, word: Word, path: Path) -> Iterator[Finding]:
    """Yield points that turn against the direction a ladder declares, and points for having nothing at all."""
    ladder = indicator.ladder
    assert ladder is not None
    rungs = [*(() if ladder.below is None else (ladder.below,)), *ladder.points]
    for low, high in pairwise(rungs) if ladder.direction else ():
        if (low > high) if ladder.direction == "rising" else (low < high):
            message = f"the ladder of {indicator.id} is {ladder.direction}, and {decimal_text(low)} is followed by {decimal_text(high)} points"
            yield found(document, "ladder_direction", path, message, "Correct the points, or take direction out.")
    legible = word.type in ("money", "count") and document.unit(word.name) in (None, *UNITS[word.type])
    zero = _at_zero(ladder) if legible else None
    if zero is not None and zero > 0 and ladder.zero is None and max(ladder.earned) > zero:
        nothing = shown(word, 0, document.unit(word.name))
        message = (
            f"{word.name} of {nothing} earns {decimal_text(zero)} of {decimal_text(indicator.out_of)} points in "
            f"{indicator.id}, and more earns more"
        )
        cure = "Give nothing its own rung with 0 points, or say zero: earns where that is meant."
        yield found(document, "zero_earns", path, message, cure, {word.name: given_text(document, word, 0)})


def _at_zero(ladder: Ladder) -> Fraction | None:
    """Return the points of 0 in a ladder, None where it has none."""
    if ladder.intervals is not None:
        zero = (Fraction(0), 0), (Fraction(0), 1)
        spans = [row.span((Fraction(-1), 0), (Fraction(1), 0)) for row in settled(ladder.rows, ladder.shared_edge)]
        inside = [
            points
            for (a, b), points in zip(spans, ladder.intervals.values(), strict=True)
            if a <= zero[0] and zero[1] <= b
        ]
        return inside[0] if inside else ladder.written_below
    reached = [
        points
        for cut, points in zip(ladder.cuts, ladder.points, strict=True)
        if cut < 0 or (cut == 0 and ladder.closed == "left")
    ]
    return reached[-1] if reached else ladder.below


def band_seams(document: Scorecard) -> Iterator[Finding]:
    """Yield totals with two tiers, and intervals closed now on one side and now on the other."""
    bands, path = document.tiers.bands, ("tiers", "bands", "intervals")
    tiers = list(bands.intervals or ())
    for seam in bands.seams:
        if seam.kind == "overlap":
            first, second = (tiers[row] for row in seam.rows)
            total, texts = total_in(seam), bands.intervals or {}
            message = f"a total of {decimal_text(total)} is {first} ({texts[first]}) and {second} ({texts[second]})"
            cure = "Write [75, 90) and [90, 100], or say shared_edge: upper or lower where only an edge is shared."
            yield found(document, "band_overlap", (*path, second), message, cure, {"total": decimal_text(total)})
    gaps = [seam for seam in bands.seams if seam.kind == "gap"] if bands.intervals is not None else []
    if gaps:
        yield band_gap(document, gaps)
    if not bands.seams and bands.mixed:
        message = (
            f"some of {', '.join((bands.intervals or {}).values())} include the total they begin at, and some do not"
        )
        yield found(document, "bands_mixed", path, message, "Write all like [75, 90), or all like (75, 90].")


def band_gap(document: Scorecard, gaps: list[Seam], how: str = "", example: dict[str, str] | None = None) -> Finding:
    """Return the finding that some totals have no tier; ``how`` says how many customers and which."""
    message = f"totals {', or '.join(map(seam_text, gaps))} have no tier{how}"
    cure = "Write half-open intervals such as [75, 90), or cuts, so that each begins where the one below ends."
    shown_total = example or {"total": decimal_text(total_in(gaps[0]))}
    return found(document, "band_gap", ("tiers", "bands", "intervals"), message, cure, shown_total)


def total_in(seam: Seam) -> Fraction:
    """Return the roundest total inside a seam."""
    (low, after), (high, up_to) = seam.start, seam.end
    if low == high or not after:
        return low
    return high if up_to and high.denominator == 1 else roundest_inside(low, high)


def roundest_inside(low: Fraction, high: Fraction) -> Fraction:
    """Return the number with the fewest digits strictly between two."""
    margin = (high - low) / 1000
    return roundest(low + margin, high - margin)


def seam_text(seam: Seam) -> str:
    """Return the totals of a seam in words: ``above 89 and below 90``."""
    (low, after), (high, up_to) = seam.start, seam.end
    if low == high:
        return f"exactly {decimal_text(low)}"
    return f"{_side(low, after, 'above', 'from')} and {_side(high, 1 - up_to, 'below', 'up to')}"


def _side(number: Fraction, excluded: int, outside: str, inside: str) -> str:
    return f"{outside if excluded else inside} {decimal_text(number)}"
