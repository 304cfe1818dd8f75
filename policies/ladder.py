"""A ladder: the points of an input by cut points, or by intervals that are read as cut points where they leave no seam."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from policies.exact import DOMAIN, INT64_LEAST, INT64_MOST, UNITS, unit_of
from policies.interval import Interval, Seam, SharedEdge, interval, seams, settled
from policies.values import IntervalText, Number, Part, Threshold
from policies.vocabulary import Word


class Ladder(Part):
    """Points by cut points: ``points[i]`` from ``cuts[i]`` up to the next cut, ``below`` under the first.

    Or points by ``intervals``: then ``cuts``, ``points`` and ``closed`` (and ``below``, where the lowest interval has no
    lower end) follow from them, and stay empty while they leave gaps or overlap.  ``direction`` and ``zero`` only say
    what is meant, for the check.
    """

    cuts: tuple[Threshold, ...] = Field(default=(), min_length=1, max_length=100)
    points: tuple[Number, ...] = Field(default=(), min_length=1)
    below: Number | None = None
    closed: Literal["left", "right"] = "left"
    intervals: dict[IntervalText, Number] | None = Field(default=None, min_length=1, max_length=100)
    shared_edge: SharedEdge | None = None
    direction: Literal["rising", "falling"] | None = None
    zero: Literal["earns"] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Ladder:
        by_cuts = bool(self.cuts) and bool(self.points)
        if self.intervals is None and (not by_cuts or self.shared_edge is not None):
            raise ValueError("write cuts: [0, 10] and points: [5, 10], or intervals: {0-10: 5, 10以上: 10}")
        if self.intervals is not None and (self.cuts or self.points or "closed" in self.model_fields_set):
            raise ValueError("write either intervals, or cuts, points and closed")
        open_below = any(row.low is None for row in self.rows)
        if open_below and self.below is not None:
            raise ValueError("an interval without a lower end leaves nothing for below")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        form: dict[str, Any] = handler(self)
        if self.intervals is not None:
            read = ("cuts", "points", "closed", *(() if "below" in self.model_fields_set else ("below",)))
            form = {key: value for key, value in form.items() if key not in read}
        return form

    @property
    def rows(self) -> tuple[Interval, ...]:
        """Return the intervals as they are written, in document order; none of a ladder by cut points."""
        return tuple(map(interval, self.intervals or ()))

    @property
    def earned(self) -> tuple[Fraction, ...]:
        """Return the points of every rung, ``below`` first, whichever way they are written."""
        rungs = self.points if self.intervals is None else tuple(self.intervals.values())
        return (*(() if self.written_below is None else (self.written_below,)), *rungs)

    @property
    def written_below(self) -> Fraction | None:
        """Return the points under the lowest rung, None where ``below`` is not written."""
        return self.below if "below" in self.model_fields_set else None

    def seams(self, word: Word, unit: str | None) -> list[Seam]:
        """Return where the intervals leave gaps or overlap among the stored values of a word.

        What lies under the lowest interval is ``below``'s, and not a seam.
        """
        scale, least, most = _domain(word, unit)
        spans = [row.stored(scale, least, most) for row in settled(self.rows, self.shared_edge)]
        bottom = min((start for start, end in spans if start < end), default=(Fraction(least), 0))
        return seams(spans, bottom, (Fraction(most + 1), 0))

    def read_intervals(self, word: Word, unit: str | None) -> None:
        """Read the intervals as cut points of a word; there are none while they leave seams, or for a word in words."""
        if self.intervals is None:
            return
        for name, nothing in (("cuts", ()), ("points", ()), ("closed", "left"), ("below", self.written_below)):
            self._set(name, nothing)
        if word.type == "category" or unit not in (None, *UNITS[word.type]):
            return
        if self.seams(word, unit):
            return
        scale, least, most = _domain(word, unit)
        rows = settled(self.rows, self.shared_edge)
        spans = [row.stored(scale, least, most) for row in rows]
        order = sorted((i for i in range(len(rows)) if spans[i][0] < spans[i][1]), key=lambda i: spans[i])
        points = list(self.intervals.values())
        low = [i for i in order if rows[i].low is not None]
        excluded = [not rows[i].low_in for i in low]
        closed = "right" if excluded and all(excluded) else "left"
        as_written = all(excluded) or not any(excluded)
        cuts = [rows[i].low if as_written else spans[i][0][0] / scale for i in low]
        self._set("cuts", tuple(cuts))
        self._set("points", tuple(points[i] for i in low))
        self._set("closed", closed)
        if len(low) < len(order):
            self._set("below", points[order[0]])

    def _set(self, name: str, value: object) -> None:
        """Set what follows from the intervals, before anybody has seen the frozen ladder."""
        self.__dict__[name] = value


def _domain(word: Word, unit: str | None) -> tuple[int, int, int]:
    least, most = DOMAIN[word.type]
    scale = UNITS[word.type][unit_of(word, unit)]
    return scale, INT64_LEAST if least is None else least, INT64_MOST if most is None else most
