"""The parameters of a backtest: a closed, typed model; a wrong one is refused before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from policies.backtest.limits import Limit
from policies.backtest.service import Service
from policies.faults import faults
from policies.refusal import Refusal


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _refuse(value)
    except ValueError:
        return _refuse(value)


def _refuse(value: object) -> date:
    raise ValueError(f"{value!r} is not a date; write it as 2026-03-31")


class BacktestParameters(BaseModel):
    """What a backtest is run with.

    ``dates``: the days t at whose end the facts are taken, ascending; ``horizon_months``: outcomes are the orders of
    (t, t + h]; ``tier_of_interest``: the group of this tier and better is the one whose swap set is shown; ``limits``:
    the bounds that decide on go or no-go; ``service``: what the service of a tier takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dates: tuple[Annotated[date, BeforeValidator(_day)], ...] = Field(min_length=1, max_length=60)
    horizon_months: int = Field(6, strict=True, ge=1, le=36)
    tier_of_interest: str = Field(strict=True, min_length=1, max_length=40)
    limits: tuple[Limit, ...] = Field((), max_length=50)
    service: Service | None = None

    @field_validator("dates")
    @classmethod
    def _ascending(cls, dates: tuple[date, ...]) -> tuple[date, ...]:
        if any(later <= earlier for earlier, later in pairwise(dates)):
            raise ValueError("the dates must ascend, each one once")
        return dates

    @property
    def days(self) -> tuple[str, ...]:
        """Return the dates as they name files and figures: 2026-03-31."""
        return tuple(day.isoformat() for day in self.dates)


def checked(values: Mapping[str, Any]) -> BacktestParameters:
    """Return the parameters; Refusal naming every wrong one, its value and the cure."""
    try:
        return BacktestParameters.model_validate(dict(values))
    except ValidationError as error:
        told = faults(error, ", ".join(BacktestParameters.model_fields))
        raise Refusal(f"The backtest's parameters are not valid: {told}.", code="invalid") from None
