"""The bands of a scorecard: the total at which each tier begins, by cut points or by intervals read as cut points."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from policies.interval import Interval, Seam, SharedEdge, interval, seams, settled
from policies.values import IntervalText, Number, Part, Tier

LEAST, MOST = (Fraction(0), 0), (Fraction(100), 1)


class Bands(Part):
    """The least total of each tier, on the scale 0 to 100.

    Or the ``intervals`` of totals of each tier: then ``cuts`` and ``closed`` follow from them, and ``cuts`` stay empty
    while they leave gaps, overlap, or are closed now on one side and now on the other.
    """

    closed: Literal["left", "right"] | None = None
    cuts: dict[Tier, Number] = Field(default={})
    intervals: dict[Tier, IntervalText] | None = Field(default=None, min_length=2)
    shared_edge: SharedEdge | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Bands:
        by_cuts = self.closed is not None and "cuts" in self.model_fields_set
        if self.intervals is None and (not by_cuts or self.shared_edge is not None):
            raise ValueError("write closed: left and cuts: {A: 60, B: 0}, or intervals: {A: 60以上, B: 不满60}")
        if self.intervals is not None and (self.closed is not None or "cuts" in self.model_fields_set):
            raise ValueError("write either intervals, or closed and cuts")
        if self.intervals is not None and not self.seams and not self.mixed:
            self._read_intervals()
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        form: dict[str, Any] = handler(self)
        return form if self.intervals is None else {k: v for k, v in form.items() if k not in ("cuts", "closed")}

    @property
    def rows(self) -> dict[str, Interval]:
        """Return the interval of each tier, an edge that two include given to the one the document says."""
        written = self.intervals or {}
        rows = settled([interval(text) for text in written.values()], self.shared_edge)
        return dict(zip(written, rows, strict=True))

    @property
    def seams(self) -> list[Seam]:
        """Return which totals from 0 to 100 have no tier, or two; rows are places in ``intervals``."""
        return seams([row.span(LEAST, MOST) for row in self.rows.values()], LEAST, MOST)

    @property
    def mixed(self) -> bool:
        """Return whether some intervals include the total they begin at and others do not, above the lowest."""
        return len({row.low_in for row in self._rising()[1:]}) > 1

    def _rising(self) -> list[Interval]:
        return sorted(self.rows.values(), key=lambda row: row.span(LEAST, MOST))

    def _read_intervals(self) -> None:
        lowest, *others = self._rising()
        cuts = {tier: Fraction(0) if row is lowest or row.low is None else row.low for tier, row in self.rows.items()}
        # Set once, before anybody has seen the frozen bands.
        self.__dict__["cuts"] = cuts
        self.__dict__["closed"] = "left" if all(row.low_in for row in others) else "right"
