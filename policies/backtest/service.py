"""Service: how many hours and how much money each tier's service takes, against the capacity there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from policies.backtest.figure import points, statistic, whole
from policies.backtest.panel import OUTSIDE
from policies.backtest.structure import Share
from policies.exact import decimal_text, exact


def number(value: object) -> Fraction:
    """Read a number of the parameters exactly: a whole number, a decimal such as 1.5, or a text such as "15%"."""
    return exact(Decimal(repr(value)) if type(value) is float else value)


def _amount(value: object) -> Fraction:
    found = number(value)
    if found < 0:
        raise ValueError("must not be below 0")
    return found


Number = Annotated[Fraction, BeforeValidator(number), PlainSerializer(decimal_text, return_type=str)]
Amount = Annotated[Fraction, BeforeValidator(_amount), PlainSerializer(decimal_text, return_type=str)]


class TierService(BaseModel):
    """What one customer of a tier takes in 12 months: hours of service, and its cost in 元."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Amount = Fraction(0)
    cost: Amount = Fraction(0)


class Service(BaseModel):
    """The service of each tier, per customer and 12 months, and the hours of 12 months that there are for all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tiers: dict[str, TierService] = Field(min_length=1, max_length=30)
    capacity_hours: Amount | None = None

    def cost(self, place: str) -> Fraction | None:
        """Return the cost of a customer of a place in fen; 0 outside the tiers, None for a tier without a service."""
        of = self._of(place)
        return None if of is None else of.cost * 100

    def hours(self, place: str) -> Fraction | None:
        """Return the hours of a customer of a place; 0 outside the tiers, None for a tier without a service."""
        of = self._of(place)
        return None if of is None else of.hours

    def _of(self, place: str) -> TierService | None:
        return TierService() if place in OUTSIDE else self.tiers.get(place)


@dataclass(frozen=True)
class Load:
    """What one place takes in 12 months: hours, and fen; None for a tier whose service the parameters do not give."""

    place: str
    customers: int
    hours: Fraction | None
    cost: Fraction | None


@dataclass(frozen=True)
class Served:
    """The loads of all places, beside the capacity."""

    loads: tuple[Load, ...]
    capacity: Fraction | None

    @property
    def hours(self) -> Fraction | None:
        """Return the hours of all, None while one is not known."""
        return _sum([load.hours for load in self.loads])

    @property
    def cost(self) -> Fraction | None:
        """Return the cost of all in fen, None while one is not known."""
        return _sum([load.cost for load in self.loads])

    @property
    def used(self) -> Fraction | None:
        """Return the share of the capacity that is needed: above 1 there is not enough."""
        return self.hours / self.capacity if self.hours is not None and self.capacity else None

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON; hours at six digits."""
        return {
            "places": [
                {"place": load.place, "customers": load.customers, "hours": statistic(load.hours), "cost": whole(load.cost)}
                for load in self.loads
            ],
            "hours": statistic(self.hours), "cost": whole(self.cost), "capacity_hours": statistic(self.capacity),
            "used": points(self.used),
        }  # fmt: skip


def _sum(values: Sequence[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if len(known) == len(values) else None


def served(structure: Sequence[Share], service: Service) -> Served:
    """Return what the customers of each place take."""
    loads = []
    for row in structure:
        hours, cost = service.hours(row.place), service.cost(row.place)
        empty = None if row.customers else Fraction(0)
        loads.append(
            Load(row.place, row.customers, empty if hours is None else hours * row.customers,
                 empty if cost is None else cost * row.customers)
        )  # fmt: skip
    return Served(tuple(loads), service.capacity_hours)
