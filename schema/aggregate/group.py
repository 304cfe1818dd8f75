"""What was asked of groups: the keys, which rows, which groups, in which order and how many; checked before any SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType
from sqlalchemy import Select
from strawberry.utils.str_converters import to_camel_case

from policies.refusal import Refusal
from schema.aggregate.key import GroupKey, dates_of, keys_of
from schema.aggregate.period import DatePart
from schema.filter.condition import MOST_CONDITIONS, MOST_DEPTH
from schema.filter.number import numbers_of
from schema.filter.operators import bounded, bounded_lists
from schema.filter.word import permitted
from schema.select.asked import Asked
from schema.select.fetch import Viewer
from schema.tables import Base

if TYPE_CHECKING:
    from schema.select.executor import SelectExecutor
    from schema.select.plan import Details

USUAL, MOST, MOST_KEYS, MOST_ORDERS = 100, 1000, 4, 5
Measured = tuple[str, str]  # the measure and what it is of: ("sum", "amount"), ("count", "")


@dataclass(frozen=True)
class By:
    """A key with the part of its date, or the day that it is as of."""

    key: GroupKey
    part: DatePart | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class Groups(Asked):
    """Groups of the rows of ``statement``, whose table is that of ``model``; the executor answers what is selected of them."""

    model: type[Base]
    statement: Select[Any]
    viewer: Viewer
    by: tuple[By, ...]
    having: Mapping[str, Any]
    order: tuple[tuple[Measured, bool], ...]  # what, and whether the greatest comes first
    size: int

    def answer(self, executor: SelectExecutor, type_: GraphQLObjectType, details: Details) -> tuple[Any, bool]:
        """Answer what is selected of the groups."""
        from schema.aggregate.answer import Answer  # it needs this class

        made = Answer(executor, type_, details, self)
        found = made.answered()
        return (made.loaded(), False) if found is None else (found, True)

    def asked(self) -> Iterator[Measured]:
        """Yield what having and the order need besides what is selected."""
        yield from (measured for measured, _ in self.order)
        for at, measured in enumerate(_named(self.model, self.having, 0)):
            bounded(at + 1, MOST_CONDITIONS, "having", "conditions")
            yield measured


def groups(
    model: type[Base],
    statement: Select[Any],
    viewer: Viewer,
    by: Sequence[Mapping[str, Any]] = (),
    having: Mapping[str, Any] | None = None,
    order_by: Sequence[Mapping[str, Any]] = (),
    first: int | None = None,
) -> Groups:
    """Return what was asked, as GraphQL gave it; Refusal for keys, parts and sizes that make no sense or may not be seen."""
    size = USUAL if first is None else first
    if not 1 <= size <= MOST:
        raise Refusal(f"first is {size}; ask for 1 to {MOST} groups.", code="invalid")
    if len(by) > MOST_KEYS:
        raise Refusal(f"by has {len(by)} keys; at most {MOST_KEYS} are allowed.", code="too_large")
    keys = tuple(_by(model, viewer, one) for one in by)
    if len({one.key.name for one in keys}) < len(keys):
        raise Refusal("by names a key twice; name each once.", code="invalid")
    if len(order_by) > MOST_ORDERS:
        raise Refusal(f"orderBy has {len(order_by)} entries; at most {MOST_ORDERS} are allowed.", code="too_large")
    order = tuple(_order(model, keys, at, one) for at, one in enumerate(order_by))
    bounded_lists(having, "having")
    found = Groups(model, statement, viewer, keys, having or {}, order, size)
    for measure, name in found.asked():
        check(found, measure, name, "orderBy or having")
    return found


def check(asked: Groups, measure: str, name: str, where: str) -> None:
    """Raise a Refusal (forbidden) for what is computed of a key that the viewer may not see."""
    if measure == "distinct" or name in dates_of(asked.model):
        permitted(keys_of(asked.model)[name].kind, asked.viewer, f"{where}: {measure}.{name}")


def _by(model: type[Base], viewer: Viewer, given: Mapping[str, Any]) -> By:
    name = given["field"].value
    key = keys_of(model)[name]
    permitted(key.kind, viewer, f"by.{name}")
    part, as_of = given.get("part"), given.get("asOf")
    if part is not None and not key.parted:
        raise Refusal(f"by: {name.upper()} is no date, and has no part.", code="invalid")
    if key.dated != (as_of is not None):
        need = "needs the day asOf" if key.dated else "takes no asOf"
        raise Refusal(f"by: {name.upper()} {need}.", code="invalid")
    return By(key, part or (DatePart.DAY if key.parted else None), as_of)


def names_of(model: type[Base]) -> Mapping[str, str]:
    """Return the Python name of every key and number by its name in GraphQL."""
    return {to_camel_case(name): name for name in (*keys_of(model), *numbers_of(model))} | {"": "", "count": "count"}


def _order(model: type[Base], keys: Sequence[By], at: int, given: Mapping[str, Any]) -> tuple[Measured, bool]:
    names = names_of(model)
    entries = [
        ((measure, names[name]), direction)
        for measure, value in given.items()
        for name, direction in ([("", value)] if measure == "count" else (value or {}).items())
    ]
    if len(entries) != 1 or entries[0][1] is None:
        raise Refusal(f"orderBy[{at}] must name exactly one value; write several entries instead.", code="invalid")
    ((measured, direction),) = entries
    if measured[0] == "key" and measured[1] not in {one.key.name for one in keys}:
        raise Refusal(f"orderBy[{at}]: {measured[1]} is not among by.", code="invalid")
    return measured, direction.value == "desc"


def _named(model: type[Base], having: Mapping[str, Any], depth: int) -> Iterator[Measured]:
    """Yield what a condition on groups compares; a null in it is refused where it is compared."""
    bounded(depth, MOST_DEPTH, "having", "levels")
    names = names_of(model)
    for name, value in having.items():
        if name in ("and", "or"):
            for inner in value or ():
                yield from _named(model, inner, depth + 1)
        elif name == "not":
            yield from _named(model, value or {}, depth + 1)
        elif name == "count":
            yield "count", ""
        else:
            yield from ((name, names[inner]) for inner in value or {})
