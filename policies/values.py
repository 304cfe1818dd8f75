"""The kinds of values a document holds: exact numbers, words, tiers, and thresholds that name a parameter."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
)

from policies.exact import exact, quoted
from policies.interval import interval_text


class Named(Fraction):
    """A threshold written as the id of a parameter: its value, or 0 while the parameter is not ``set``."""

    name: str
    set: bool

    def __new__(cls, name: str, value: Fraction | None) -> Named:
        """Return the value of the parameter ``name``, None while it has none."""
        made = super().__new__(cls, value or 0)
        made.name, made.set = name, value is not None
        return made

    def __copy__(self) -> Named:
        """Return itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Named:
        """Return itself: it never changes."""
        return self


def parameter_values(values: object) -> dict[str, Fraction | None]:
    """Return the parameters of a document's plain values, None for each that has no number yet."""
    known: dict[str, Fraction | None] = {}
    for name, parameter in values.items() if isinstance(values, dict) else ():
        try:
            known[name] = exact(parameter.get("value")) if isinstance(parameter, dict) else None
        except ValueError:
            known[name] = None
    return known


def is_set(number: Fraction) -> bool:
    """Return whether a number is known: every one but that of a parameter without a value."""
    return not isinstance(number, Named) or number.set


def number_text(number: Fraction) -> str:
    """Return a number as its document writes it: the parameter's id where it names one."""
    return number.name if isinstance(number, Named) else str(number)


def threshold(value: object, info: ValidationInfo) -> Fraction:
    """Read a number, or the id of one of the document's parameters; ValueError for anything else."""
    known: dict[str, Fraction | None] = (info.context or {}).get("parameters", {})
    if isinstance(value, str) and value.strip() in known:
        return Named(value.strip(), known[value.strip()])
    try:
        return exact(value)
    except ValueError as error:
        hint = f", or the id of a parameter: {', '.join(known)}" if known else ""
        raise ValueError(f"{error}{hint}") from None


def text(value: object) -> str:
    """Return a scalar as text; ValueError for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise ValueError(f"{quoted(value)} is not a value; write a number or a word")


def whole(value: object) -> int:
    """Read a whole number exactly; ValueError for any other."""
    number = exact(value)
    if number.denominator != 1:
        raise ValueError(f"{value} is not a whole number")
    return int(number)


Number = Annotated[Fraction, PlainValidator(exact), PlainSerializer(str, when_used="json")]
# A number, or the id of a parameter of the document.
Threshold = Annotated[Fraction, PlainValidator(threshold), PlainSerializer(number_text, when_used="json")]
Whole = Annotated[int, PlainValidator(whole)]
# An interval exactly as it is written, once it has been read.
IntervalText = Annotated[str, PlainValidator(interval_text)]
Text = Annotated[str, BeforeValidator(text)]
Word = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Identifier = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
# Where a customer without a tier is counted, beside the tiers and by these names.
NO_TIER = ("pending", "not_applicable", "error")


def _tier(value: str) -> str:
    name = value.strip()
    if name in NO_TIER:
        raise ValueError(f"{name!r} says that a customer has no tier; name the tier otherwise")
    return name


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
