"""Conditions over facts, and what hangs on them: gates, and the minimum conditions of tiers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from policies.reading import Path
from policies.values import Assumed, Identifier, IntervalText, Labels, Part, Text, Threshold, Tier, Whole, Word

# The operators of comparisons as a reader sees them.
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "=", "in": "∈"}


class AtLeast(Part):
    """``k`` of several conditions."""

    k: Whole
    of: tuple[Condition, ...] = Field(min_length=1, max_length=100)


class Condition(Part):
    """One comparison of an input or of a dimension's score, or others combined: ``all``, ``any``, ``at_least``, ``not``."""

    all: tuple[Condition, ...] | None = Field(default=None, min_length=1, max_length=300)
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1, max_length=300)
    at_least: AtLeast | None = None
    not_: Condition | None = Field(default=None, alias="not")
    input: Word | None = None
    dimension: Identifier | None = None
    ge: Threshold | None = None
    gt: Threshold | None = None
    le: Threshold | None = None
    lt: Threshold | None = None
    eq: Text | None = None
    in_: tuple[Text, ...] | None = Field(default=None, min_length=1, alias="in")
    is_: Literal["not_applicable"] | None = Field(default=None, alias="is")
    # The reader of documents turns an interval into ge, gt, le and lt before this model sees it.
    within: IntervalText | None = None

    operators: ClassVar[tuple[str, ...]] = ("ge", "gt", "le", "lt", "eq", "in", "is")
    written: ClassVar[tuple[str, ...]] = (*operators, "within")
    groups: ClassVar[tuple[str, ...]] = ("all", "any", "at_least", "not")

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        used = [name for name in self.written if self._given(name) is not None]
        groups = [name for name in self.groups if self._given(name) is not None]
        named = [name for name in ("input", "dimension") if self._given(name) is not None]
        if len(groups) == 1 and not named and not used:
            return self
        if groups or len(named) != 1 or len(used) != 1 or self.within is not None:
            found = ", ".join([*groups, *named, *used]) or "nothing"
            raise ValueError(
                f"found {found}; write {{input: word, ge: value}} with one of {', '.join(self.written)}, "
                "a list under all or any, {k: n, of: [...]} under at_least, or a condition under not"
            )
        if named == ["dimension"] and used[0] in ("eq", "in", "is"):
            raise ValueError(f"a dimension's score is compared with ge, gt, le or lt, not with {used[0]}")
        return self

    def _given(self, name: str) -> Any:
        return getattr(self, f"{name}_" if name in ("in", "is", "not") else name)

    @property
    def comparison(self) -> tuple[str, tuple[Fraction | str, ...]]:
        """Return the operator and its values as written; only of a comparison."""
        for name in self.operators:
            value = self._given(name)
            if value is not None:
                return name, value if isinstance(value, tuple) else (value,)
        raise LookupError("a group of conditions has no comparison of its own")

    @property
    def parts(self) -> tuple[tuple[Condition, Path], ...]:
        """Return the conditions of a group, each with its path inside it; none of a comparison."""
        if self.not_ is not None:
            return ((self.not_, ("not",)),)
        if self.at_least is not None:
            return tuple((part, ("at_least", "of", i)) for i, part in enumerate(self.at_least.of))
        name, parts = ("all", self.all) if self.all is not None else ("any", self.any or ())
        return tuple((part, (name, i)) for i, part in enumerate(parts))

    @property
    def least(self) -> int:
        """Return how many of its parts must hold for a group to hold; a ``not`` wants none."""
        if self.at_least is not None:
            return self.at_least.k
        return len(self.all) if self.all is not None else 1 if self.any is not None else 0

    @property
    def depth(self) -> int:
        """Return how deep groups are nested; ``at_least`` counts twice, for it takes twice the room in a statement."""
        inside = max((part.depth for part, _ in self.parts), default=0)
        return inside + 1 + (self.at_least is not None) if self.parts else 0

    def leaves(self, path: Path) -> Iterator[tuple[Condition, Path]]:
        """Yield every comparison of an input with its path, in document order; ``path`` is the condition's own."""
        for part, inside in self.parts:
            yield from part.leaves((*path, *inside))
        if self.input is not None:
            yield self, path

    def scores(self, path: Path) -> Iterator[tuple[Condition, Path]]:
        """Yield every comparison of a dimension's score with its path, in document order."""
        for part, inside in self.parts:
            yield from part.scores((*path, *inside))
        if self.dimension is not None:
            yield self, path


class Effect(Part):
    """What a gate does to the tier: not below ``floor``, not above ``cap``, exactly ``set``."""

    floor: Tier | None = None
    cap: Tier | None = None
    set: Tier | None = None

    kinds: ClassVar[tuple[str, ...]] = ("floor", "cap", "set")

    @model_validator(mode="after")
    def _one(self) -> Effect:
        named = [name for name in self.kinds if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"found {', '.join(named) or 'nothing'}; write one of floor, cap or set with a tier")
        return self

    @property
    def kind(self) -> str:
        """Return ``floor``, ``cap`` or ``set``."""
        return next(name for name in self.kinds if getattr(self, name) is not None)

    @property
    def tier(self) -> str:
        """Return the tier it names."""
        return str(getattr(self, self.kind))


class Gate(Part):
    """A condition that moves the tier of whoever meets it, whatever the total."""

    id: Identifier
    title: Labels | None = None
    when: Condition
    effect: Effect
    status: Assumed = None
