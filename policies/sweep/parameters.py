"""The parameters of the review of a sensitive choice: a closed, typed model; a wrong one is refused before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from policies.exact import exact
from policies.faults import faults
from policies.refusal import Refusal
from policies.sweep.change import Scale
from policies.sweep.grid import Grid, Move
from policies.sweep.steps import Steps


def _number(value: object) -> object:
    """Return an exact number as it was written; a float has lost what was written."""
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a float; write it as text, such as '2%' or '0.5'")
    if isinstance(value, int | str) and not isinstance(value, bool):
        number = exact(value)
        if number < 0:
            raise ValueError(f"{value} is below 0")
        return str(value)
    return value


Exact = Annotated[str, BeforeValidator(_number)]


class ChoiceParameters(BaseModel):
    """What a review is run with, JSON values alone.

    ``date`` is the day whose customers are graded for the figures of one date, the last when left out; ``vary``, ``combine``
    and ``scale`` are the grid (policies.sweep.grid), swept over all dates, of figures chosen by themselves when left out; ``hours``
    are service hours a customer and period by tier, ``capacity`` the hours that there are, ``draws``, ``concentration`` and ``seed``
    those of the noise on weights, and ``weight_step``, ``cut_step`` and ``band_step`` those of the tornado.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    folder: str = Field("inputs", min_length=1)
    date: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    tier_of_interest: str | None = Field(None, min_length=1, max_length=40)
    vary: list[Any] = Field(default=[], max_length=50)
    combine: Literal["product", "each"] = "product"
    scale: Scale = "dimension"
    hours: dict[str, Exact] = Field(default={}, max_length=40)
    capacity: Exact | None = None
    draws: int = Field(200, ge=1, le=2000)
    concentration: int = Field(200, ge=1, le=1_000_000)
    seed: int = Field(1, ge=0, le=2**63 - 1)
    weight_step: Exact = "2%"
    cut_step: Exact = "10%"
    band_step: Exact = "1"

    @field_validator("weight_step", "cut_step", "band_step")
    @classmethod
    def _above_zero(cls, value: str) -> str:
        if exact(value) <= 0:
            raise ValueError(f"a step of {value} moves nothing; write one above 0")
        return value

    @model_validator(mode="after")
    def _grid_fits(self) -> ChoiceParameters:
        if self.vary:
            self._grid(self.vary)
        return self

    def _grid(self, vary: list[Any]) -> Grid:
        return Grid.model_validate({"vary": vary, "combine": self.combine, "scale": self.scale})

    def grid(self, chosen: list[Move]) -> Grid:
        """Return the grid to sweep: the one that is given, or of the moves that were chosen instead."""
        return self._grid(self.vary or [move.model_dump() for move in chosen])

    @property
    def steps(self) -> Steps:
        """Return the steps of the tornado."""
        return Steps(exact(self.weight_step), exact(self.cut_step), exact(self.band_step))

    @property
    def service_hours(self) -> dict[str, Fraction] | None:
        """Return the hours a customer by tier, None where customers are counted."""
        return {tier: exact(hours) for tier, hours in self.hours.items()} or None


def checked(values: Mapping[str, Any]) -> ChoiceParameters:
    """Return the parameters; Refusal naming every wrong one, its value and the cure."""
    try:
        return ChoiceParameters.model_validate(dict(values))
    except ValidationError as error:
        told = faults(error, ", ".join(ChoiceParameters.model_fields))
        raise Refusal(f"The review's parameters are not valid: {told}.", code="invalid") from None
