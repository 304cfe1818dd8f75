"""A grid: which figures of a policy are varied over which values, and the variants that follow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from policies.compiler import compile_plan
from policies.document import Policy
from policies.exact import decimal_text, exact, percent
from policies.faults import faults
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.change import Scale, applied, find
from policies.version import canonical

MOST_VARIANTS = 10_000


def _written(value: object) -> object:
    """Return a value as text; a float has lost what was written."""
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a float; write it as text, such as '12%' or '0.12'")
    if isinstance(value, list | tuple):
        return tuple(_written(part) for part in value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Written = Annotated[str | tuple[str, ...], BeforeValidator(_written)]


class Move(BaseModel):
    """One figure and the values that it takes in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(strict=True, min_length=1, max_length=200)
    values: tuple[Written, ...] = Field(min_length=1, max_length=MOST_VARIANTS)

    @model_validator(mode="after")
    def _distinct(self) -> Move:
        twice = [value for value in self.values if self.values.count(value) > 1] if len(self.values) < 1000 else []
        if twice:
            raise ValueError(f"{self.path} has the value {twice[0]!r} twice; keep one")
        return self


class Grid(BaseModel):
    """Figures to vary: all combinations of their values (``product``), or one figure at a time (``each``).

    ``scale`` says which other weights make room for one that is varied: those of the same ``dimension``, ``all``, or ``none``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vary: tuple[Move, ...] = Field(min_length=1, max_length=50)
    combine: Literal["product", "each"] = "product"
    scale: Scale = "dimension"

    @model_validator(mode="after")
    def _few_enough(self) -> Grid:
        paths = [move.path for move in self.vary]
        if len(set(paths)) < len(paths):
            raise ValueError(f"{max(paths, key=paths.count)} is varied twice; write all its values in one list")
        if self.size > MOST_VARIANTS:
            raise ValueError(
                f"{self.size:,} variants are more than {MOST_VARIANTS:,}; vary fewer values, or combine: each"
            )
        return self

    @property
    def size(self) -> int:
        """Return the number of variants."""
        sizes = [len(move.values) for move in self.vary]
        return prod(sizes) if self.combine == "product" else sum(sizes)

    @property
    def settings(self) -> list[dict[str, Any]]:
        """Return what each variant sets, by path."""
        if self.combine == "each":
            return [{move.path: value} for move in self.vary for value in move.values]
        paths = [move.path for move in self.vary]
        return [dict(zip(paths, values, strict=True)) for values in product(*(move.values for move in self.vary))]


@dataclass(frozen=True)
class Variant:
    """One variant of a policy: what it sets, and its plan."""

    settings: tuple[tuple[str, Any], ...]
    plan: Plan

    @property
    def name(self) -> str:
        """Return what it sets in one line."""
        return _name(self.settings)


def _name(settings: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(f"{path} = {_shown(value)}" for path, value in settings)


def _shown(value: Any) -> str:
    return "[" + ", ".join(value) + "]" if isinstance(value, tuple) else str(value)


def read_grid(values: Mapping[str, Any] | Sequence[Any]) -> Grid:
    """Return the grid of plain values: ``{vary: [{path, values}, ...], combine, scale}``, or only the list; Refusal for wrong ones."""
    if not isinstance(values, Mapping):
        values = {"vary": values}
    try:
        return Grid.model_validate(dict(values))
    except ValidationError as error:
        example = "[{path: HC.A2.weight, values: [10%, 12%, 15%]}]"
        told = faults(error, ", ".join(Grid.model_fields))
        raise Refusal(f"The grid is not valid: {told}. Write one such as {example}.", code="invalid") from None


def variants(document: Policy, grid: Grid) -> tuple[Variant, ...]:
    """Return every variant of a grid, compiled; Refusal that names the first that is no sound policy."""
    form = json.loads(canonical(document))
    for move in grid.vary:
        find(form, move.path)  # every path is looked for before anything is computed
    bare = document.model_copy(update={"cases": (), "interpretations": ()})  # they change no plan
    return tuple(variant(bare, settings, grid.scale) for settings in grid.settings)


def variant(document: Policy, settings: Mapping[str, Any], scale: Scale = "dimension") -> Variant:
    """Return one variant of a document, compiled; Refusal with its name when it is no sound policy."""
    named = tuple(settings.items())
    try:
        return Variant(named, compile_plan(applied(document, settings, scale)))
    except Refusal as refusal:
        raise Refusal(f"The variant {_name(named)}: {refusal.message}", code=refusal.code) from None


def steps(first: str, last: str, step: str) -> list[str]:
    """Return exact values from the first to the last by a step, such as ``steps("10%", "20%", "2%")``."""
    low, high, by = map(exact, (first, last, step))
    if by <= 0 or high < low:
        raise Refusal(f"from {first} to {last} by {step} has no values; write a step above 0.", code="invalid")
    share = all(text.endswith("%") for text in (first, last, step))
    found = []
    while low <= high:
        text = percent(low) if share else decimal_text(low)
        found.append(str(low) if "/" in text else text)
        low += by
    return found
