"""The policy documents as frozen objects of a closed schema, each of which remembers its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_serializer, model_validator

from policies.appointment import Appointments
from policies.case import Case, Interpretation
from policies.condition import Condition, Gate
from policies.display import policy_html, policy_text
from policies.hold import Hold
from policies.ladder import Ladder
from policies.reading import Path, Reading
from policies.review import Review
from policies.tiers import RankedTiers, TierOrder, Tiers
from policies.values import Assumed, Identifier, Labels, Number, Part, Text, Tier, Whole, Word
from policies.vocabulary import FLAG, SCALE, VOCABULARY, Type
from policies.vocabulary import Word as Fact


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
    """A fact as this document writes it: its type (restated, so that a reader sees it) and its unit.

    With a ``title`` it declares a fact of its own, which the vocabulary lacks; ``values`` are those of a category.
    """

    type: str | None = None
    unit: str | None = None
    title: Labels | None = None
    values: tuple[Text, ...] | None = Field(default=None, min_length=2, max_length=100)

    def declared(self, name: str) -> Fact | None:
        """Return the fact that this declares; None without a title, or of a type that there is not."""
        kind = "category" if self.type == "flag" else self.type
        if self.title is None or kind not in SCALE:
            return None
        values = FLAG if self.type == "flag" else self.values or ()
        return _fact(name, kind, self.title.zh, self.title.en, values) if (kind == "category") == bool(values) else None


@lru_cache(maxsize=2_000)
def _fact(name: str, kind: Type, zh: str, en: str, values: tuple[str, ...]) -> Fact:
    return Fact(name, kind, zh, en, "", values, own=True)


class Parameter(Part):
    """A figure that the source leaves open (XXX 元): conditions and cuts name it, and it must be set."""

    title: Labels | None = None
    type: str
    unit: str | None = None
    value: Number | None = None


class Reweight(Part):
    """The share of a dimension's weight that must be known before the known indicators share out the rest."""

    minimum_coverage: Number


class Missing(Part):
    """What a missing input counts: ``pending`` (its worst and its best), fixed points, or what the known ones of its dimension do."""

    points: Number | None = None
    reweight: Reweight | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: object) -> object:
        if value == "pending":
            return {}
        ways = "write missing: pending, missing: {points: n}, or missing: {reweight: {minimum_coverage: 60%}}"
        if isinstance(value, Mapping) and not set(value) - {"points", "reweight"} and len(value) != 1:
            raise ValueError(ways)
        if not isinstance(value, Mapping | Missing):
            raise ValueError(f"{value!r} is not known here; {ways}")
        return value

    @model_serializer
    def _to_word(self) -> Any:
        if self.reweight is not None:
            return {"reweight": {"minimum_coverage": str(self.reweight.minimum_coverage)}}
        return "pending" if self.points is None else {"points": str(self.points)}


class NotApplicable(Part):
    """What an input counts that cannot exist for the customer."""

    points: Number


class Panel(Part):
    """How people settle a rating; the rating itself is the points."""

    proposed_by: str
    settled_by: str
    raters: Whole
    aggregate: Literal["median"]
    valid_months: Whole


class Indicator(Part):
    """One input scored: by a ladder, by its named value, or by the rating a panel has given it.

    ``weight`` is its share, as the scorecard's ``weights`` says; none where the points themselves are added up.
    """

    id: Identifier
    title: Labels | None = None
    input: Word
    weight: Number | None = None
    out_of: Number
    ladder: Ladder | None = None
    values: dict[Text, Number] | None = Field(default=None, min_length=2)
    panel: Panel | None = None
    missing: Missing | None = None
    not_applicable: NotApplicable | None = None
    status: Assumed = None

    @model_validator(mode="after")
    def _one_way_of_scoring(self) -> Indicator:
        if [self.ladder, self.values, self.panel].count(None) != 2:
            raise ValueError(f"the indicator {self.id} needs one of ladder, values and panel, and only one")
        return self


class Dimension(Part):
    """Indicators under one heading, with their share of the total."""

    id: Identifier
    title: Labels
    weight: Number | None = None
    indicators: tuple[Indicator, ...] = Field(min_length=1, max_length=200)


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
    inputs: dict[Word, Input] = Field(default={})
    parameters: dict[Word, Parameter] = Field(default={}, max_length=50)
    parts: dict[Word, Annotated[Scorecard | Rules, Field(discriminator="kind")]] = Field(default={}, max_length=10)
    gates: tuple[Gate, ...] = Field(default=(), max_length=30)
    appointments: Appointments | None = None
    hold: Hold | None = None
    review: Review | None = None
    interpretations: tuple[Interpretation, ...] = ()
    cases: tuple[Case, ...] = ()
    _reading: Reading = PrivateAttr(default_factory=Reading)

    @model_validator(mode="after")
    def _intervals_of_parts(self) -> Document:
        for view in self.views.values():
            if isinstance(view, _Card):
                view.read_intervals()  # with the facts and units that the whole declares
        return self

    def line(self, *path: str | int) -> int:
        """Return the line on which the thing at a path stands; 0 when the document came from no text."""
        return self._reading.line(path)

    def text(self, *path: str | int) -> str | None:
        """Return the scalar at a path exactly as written, None when there is none."""
        return self._reading.texts.get(path)

    def unit(self, word: str) -> str | None:
        """Return the unit in which this document writes a word, None for the usual one."""
        return self.inputs[word].unit if word in self.inputs else None

    def word(self, name: str) -> Fact | None:
        """Return a word of the vocabulary, the tier of a part, or a fact that this document declares; None for no such name."""
        if name in VOCABULARY:
            return VOCABULARY[name]
        if name in self.parts:
            part = self.parts[name]
            return _fact(name, "category", part.title.zh, part.title.en, part.tiers.names)
        homes = (self, *self.parts.values())
        return next((home.inputs[name].declared(name) for home in homes if name in home.inputs), None)

    def fact(self, name: str) -> Fact:
        """Return a word that the check has found to be known; KeyError otherwise."""
        known = self.word(name)
        if known is None:
            raise KeyError(name)
        return known

    @property
    def own(self) -> tuple[Fact, ...]:
        """Return the facts that this document declares itself: files can hold them, the database does not."""
        names = dict.fromkeys(name for home in (self, *self.parts.values()) for name in home.inputs)
        found = (self.word(name) for name in names if name not in self.parts)
        return tuple(word for word in found if word is not None and word.own)

    def _seen_from(self, name: str) -> Policy:
        """Return a part as a policy that sees the tiers of the others and the facts that the whole declares."""
        part = self.parts[name]
        read = {str(leaf.input) for condition, path in conditions(part) for leaf, _ in condition.leaves(path)}
        read |= {indicator.input for _, indicator, _ in part.indicators} if isinstance(part, Scorecard) else set()
        lent = {word: self.inputs[word] for word in self.inputs if word in read and word not in part.inputs}
        view = part.model_copy(update={"parts": self.parts, "inputs": {**lent, **part.inputs}})
        view._reading = self._reading.under(("parts", name))
        return view

    @property
    def views(self) -> dict[str, Policy]:
        """Return every part by its name, as a policy that sees the tiers of the others."""
        return {name: self._seen_from(name) for name in self.parts}


class _Card(Document):
    """Points over metrics, weighted to a total of 0 to 100 or added up as they are."""

    weights: Literal["absolute", "relative", "points"]
    missing: Missing
    not_applicable: NotApplicable | None = None
    dimensions: tuple[Dimension, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _intervals(self) -> _Card:
        self.read_intervals()
        return self

    def read_intervals(self) -> None:
        """Read ladders by intervals as cut points, in the units that this document writes."""
        for _, indicator, _ in self.indicators:
            word = self.word(indicator.input)
            if indicator.ladder is not None and word is not None:
                indicator.ladder.read_intervals(word, self.unit(word.name))

    @property
    def indicators(self) -> tuple[tuple[Dimension, Indicator, Path], ...]:
        """Return every indicator with its dimension and its path, in document order."""
        return tuple(
            (dimension, indicator, ("dimensions", i, "indicators", j))
            for i, dimension in enumerate(self.dimensions)
            for j, indicator in enumerate(dimension.indicators)
        )

    def not_applicable_points(self, indicator: Indicator) -> Fraction | None:
        """Return the points of an input that is not applicable, None where that counts like missing."""
        reading = indicator.not_applicable or self.not_applicable
        return None if reading is None else reading.points

    def reweighted(self, dimension: Dimension) -> tuple[tuple[int, Indicator], ...]:
        """Return the indicators of a dimension, with their places, whose weight the others take over when they are missing."""
        if self.missing.reweight is None:
            return ()
        return tuple((place, one) for place, one in enumerate(dimension.indicators) if one.missing is None)

    def share(self, dimension: Dimension, indicator: Indicator) -> Fraction | None:
        """Return an indicator's share of the total; None where points are added up as they are."""
        if self.weights == "points" or indicator.weight is None or dimension.weight is None:
            return None
        return indicator.weight if self.weights == "absolute" else dimension.weight * indicator.weight

    def worth(self, dimension: Dimension, indicator: Indicator) -> Fraction:
        """Return what one point of an indicator adds to the total."""
        share = self.share(dimension, indicator)
        return Fraction(1) if share is None else share * 100 / indicator.out_of


class Scorecard(_Card):
    """Tiers by bands of the total."""

    kind: Literal["scorecard"]
    tiers: Tiers

    @model_validator(mode="after")
    def _bands_of_points(self) -> Scorecard:
        if self.weights == "points" and self.tiers.bands.intervals is not None:
            raise ValueError("where points are added up, bands are written as closed and cuts")
        return self

    def _repr_html_(self) -> str:
        return policy_html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(policy_text(self))


class Ranking(_Card):
    """Tiers by the place of the total among those of all customers."""

    kind: Literal["ranking"]
    tiers: RankedTiers

    def _repr_html_(self) -> str:
        return policy_html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(policy_text(self))


class Rules(Document):
    """A table: the first line that a customer meets gives the tier, and ``else`` the rest.

    With ``match: unique`` the lines must not overlap, and leave no gap where there is no ``else``.
    """

    kind: Literal["rules"]
    tiers: TierOrder
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=200)
    match: Literal["first", "unique"] = "first"
    else_: Tier | None = Field(default=None, alias="else")

    @model_validator(mode="after")
    def _ended(self) -> Rules:
        if self.match == "first" and self.else_ is None:
            raise ValueError("the key 'else' is missing; add it, or say match: unique for lines that leave no gap")
        return self

    def _repr_html_(self) -> str:
        return policy_html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(policy_text(self))


Document.model_rebuild()
Scorecard.model_rebuild()
Ranking.model_rebuild()
Rules.model_rebuild()

Card = Scorecard | Ranking
Policy = Card | Rules
KINDS: dict[str, type[Scorecard] | type[Rules] | type[Ranking]] = {
    "scorecard": Scorecard, "rules": Rules, "ranking": Ranking,
}  # fmt: skip


def conditions(document: Policy) -> Iterator[tuple[Condition, Path]]:
    """Yield every condition of a document with its path: rules, then minimum conditions from the best tier, then gates."""
    if isinstance(document, Rules):
        for index, rule in enumerate(document.rules):
            yield rule.when, ("rules", index, "when")
    tiers = document.tiers
    for tier in [*tiers.order, *(name for name in tiers.conditions if name not in tiers.order)]:
        if tier in tiers.conditions:
            yield tiers.conditions[tier], ("tiers", "conditions", tier)
    for index, gate in enumerate(document.gates):
        yield gate.when, ("gates", index, "when")
