"""The policy documents as frozen objects of a closed schema, each of which remembers its line."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    model_serializer,
    model_validator,
)

from policies.exact import exact
from policies.reading import Path, Reading


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise ValueError(f"{'null' if value is None else value!r} is not a value; write a number or a word")


def _whole(value: object) -> int:
    number = exact(value)
    if number.denominator != 1:
        raise ValueError(f"{value} is not a whole number")
    return int(number)


Number = Annotated[Fraction, PlainValidator(exact), PlainSerializer(str, when_used="json")]
Whole = Annotated[int, PlainValidator(_whole)]
Text = Annotated[str, BeforeValidator(_text)]
Word = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Identifier = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


def _tier(value: str) -> str:
    name = value.strip()
    if name in NO_TIER:
        raise ValueError(f"{name!r} says that a customer has no tier; name the tier otherwise")
    return name


# Where a customer without a tier is counted, beside the tiers and by these names.
NO_TIER = ("pending", "not_applicable", "error")
# Tier names stand in SQL and in messages: letters of any script, digits, blanks and + - . _
Tier = Annotated[str, Field(max_length=40, pattern=r"^[\w][\w+.\- ]*$"), AfterValidator(_tier)]
Assumed = Literal["assumed"] | None


class Part(BaseModel):
    """A part of a document: frozen, and closed against keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Labels(Part):
    """What a reader sees, in both languages; never decides anything."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Source(Part):
    """Where a policy comes from."""

    document: str
    clause: str | None = None


class Population(Part):
    """Whom a policy is for: for each category word the values it applies to."""

    applies_to: dict[Word, tuple[str, ...]] = Field(min_length=1)
    otherwise: Literal["not_applicable"] = "not_applicable"
    status: Assumed = None


class Input(Part):
    """A fact as this document writes it: its type (restated, so that a reader sees it) and its unit."""

    type: str | None = None
    unit: str | None = None


class Missing(Part):
    """What a missing input counts: ``pending`` (its worst and its best) or fixed points."""

    points: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: object) -> object:
        if value == "pending":
            return {}
        if isinstance(value, Mapping) and "points" not in value and not set(value) - {"points"}:
            raise ValueError("write missing: pending, or missing: {points: n}")
        if not isinstance(value, Mapping | Missing):
            raise ValueError(f"{value!r} is not known here; write missing: pending, or missing: {{points: n}}")
        return value

    @model_serializer
    def _to_word(self) -> Any:
        return "pending" if self.points is None else {"points": str(self.points)}


class Ladder(Part):
    """Points by cut points: ``points[i]`` from ``cuts[i]`` up to the next cut, ``below`` under the first."""

    cuts: tuple[Number, ...] = Field(min_length=1, max_length=100)
    points: tuple[Number, ...] = Field(min_length=1)
    below: Number | None = None
    closed: Literal["left", "right"] = "left"


class Panel(Part):
    """How people settle a rating; the rating itself is the points."""

    proposed_by: str
    settled_by: str
    raters: Whole
    aggregate: Literal["median"]
    valid_months: Whole


class Indicator(Part):
    """One input scored: by a ladder, or by the rating a panel has given it."""

    id: Identifier
    title: Labels | None = None
    input: Word
    weight: Number
    out_of: Number
    ladder: Ladder | None = None
    panel: Panel | None = None
    missing: Missing | None = None
    status: Assumed = None

    @model_validator(mode="after")
    def _one_way_of_scoring(self) -> Indicator:
        if (self.ladder is None) == (self.panel is None):
            raise ValueError(f"the indicator {self.id} needs either a ladder or a panel, and not both")
        return self


class Dimension(Part):
    """Indicators under one heading, with their share of the total."""

    id: Identifier
    title: Labels
    weight: Number
    indicators: tuple[Indicator, ...] = Field(min_length=1, max_length=200)


class Bands(Part):
    """The least total of each tier, on the scale 0 to 100."""

    closed: Literal["left", "right"]
    cuts: dict[Tier, Number]


class Tiers(Part):
    """The tiers of a scorecard, best first, and where each begins."""

    order: tuple[Tier, ...] = Field(min_length=2, max_length=30)
    bands: Bands


class TierOrder(Part):
    """The tiers of a rule table, best first."""

    order: tuple[Tier, ...] = Field(min_length=2, max_length=30)


class Interpretation(Part):
    """An ambiguous clause: how it is read here, and how else it could be."""

    id: Identifier
    clause: str
    reading: str
    alternatives: tuple[dict[str, str], ...] = ()


class Expectation(Part):
    """What a case must come out as; only what is written is compared."""

    status: Literal["graded", "pending", "not_applicable", "error"] | None = None
    tier: Tier | None = None
    total: Number | None = None
    candidates: tuple[Tier, ...] | None = None


class Case(Part):
    """A customer (facts as the document writes them, or only ``total``) and what it must come out as."""

    name: str
    given: dict[Word, Text | None]
    expect: Expectation


class Condition(Part):
    """One comparison of an input, or several under ``all`` or ``any``."""

    all: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    input: Word | None = None
    ge: Number | None = None
    gt: Number | None = None
    le: Number | None = None
    lt: Number | None = None
    eq: Text | None = None
    in_: tuple[Text, ...] | None = Field(default=None, min_length=1, alias="in")

    operators: ClassVar[tuple[str, ...]] = ("ge", "gt", "le", "lt", "eq", "in")

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        used = [name for name in self.operators if getattr(self, "in_" if name == "in" else name) is not None]
        groups = [name for name in ("all", "any") if getattr(self, name) is not None]
        if len(groups) == 1 and self.input is None and not used:
            return self
        if groups or self.input is None or len(used) != 1:
            found = ", ".join([*groups, *(["input"] if self.input else []), *used]) or "nothing"
            raise ValueError(
                f"found {found}; write {{input: word, ge: value}} with one of {', '.join(self.operators)}, "
                "or a list under all or any"
            )
        return self

    @property
    def comparison(self) -> tuple[str, tuple[Fraction | str, ...]]:
        """Return the operator and its values as written; only of a condition with an input."""
        for name in self.operators:
            value = getattr(self, "in_" if name == "in" else name)
            if value is not None:
                return name, value if isinstance(value, tuple) else (value,)
        raise LookupError("all and any have no comparison of their own")


class Rule(Part):
    """One line of a rule table: the tier of whoever meets the condition and no line above."""

    id: Identifier
    title: Labels | None = None
    when: Condition
    then: Tier
    status: Assumed = None


class Document(Part):
    """What every policy document has."""

    id: Identifier
    title: Labels
    source: Source | None = None
    population: Population | None = None
    inputs: dict[Word, Input] = {}
    interpretations: tuple[Interpretation, ...] = ()
    cases: tuple[Case, ...] = ()
    _reading: Reading = PrivateAttr(default_factory=Reading)

    def line(self, *path: str | int) -> int:
        """Return the line on which the thing at a path stands; 0 when the document came from no text."""
        return self._reading.line(path)

    def text(self, *path: str | int) -> str | None:
        """Return the scalar at a path exactly as written, None when there is none."""
        return self._reading.texts.get(path)

    def unit(self, word: str) -> str | None:
        """Return the unit in which this document writes a word, None for the usual one."""
        return self.inputs[word].unit if word in self.inputs else None


class Scorecard(Document):
    """Points over metrics, weighted to a total of 0 to 100, and tiers by bands of the total."""

    kind: Literal["scorecard"]
    weights: Literal["absolute", "relative"]
    missing: Missing
    dimensions: tuple[Dimension, ...] = Field(min_length=1, max_length=50)
    tiers: Tiers

    @property
    def indicators(self) -> tuple[tuple[Dimension, Indicator, Path], ...]:
        """Return every indicator with its dimension and its path, in document order."""
        return tuple(
            (dimension, indicator, ("dimensions", i, "indicators", j))
            for i, dimension in enumerate(self.dimensions)
            for j, indicator in enumerate(dimension.indicators)
        )

    def share(self, dimension: Dimension, indicator: Indicator) -> Fraction:
        """Return an indicator's share of the total."""
        return indicator.weight if self.weights == "absolute" else dimension.weight * indicator.weight


class Rules(Document):
    """An ordered table: the first line that a customer meets gives the tier, and ``else`` the rest."""

    kind: Literal["rules"]
    tiers: TierOrder
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=200)
    else_: Tier = Field(alias="else")


KINDS: dict[str, type[Scorecard] | type[Rules]] = {"scorecard": Scorecard, "rules": Rules}
Policy = Scorecard | Rules
